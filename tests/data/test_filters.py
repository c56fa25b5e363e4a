"""FDSiamFC's conditions of frames against what its crop scripts compute."""

from __future__ import annotations

import json

import numpy as np
import pytest

from feathertrack.data.filters import HIDDEN, RULES, failed_bits, frame_conditions
from feathertrack.imaging.crop import context_side
from tests.shared_data import shared


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(shared("goldens/fdsiamfc/dataset_filter.npz")) as arrays:
        return dict(arrays)


@pytest.fixture(scope="module")
def size_wh() -> tuple[int, int]:
    about = json.loads(shared("goldens/fdsiamfc/dataset_filter.json").read_text())
    height, width = about["image_hw"]
    return width, height


def test_conditions_and_masks_are_those_of_the_reference(
    golden: dict[str, np.ndarray], size_wh: tuple[int, int]
) -> None:
    boxes = golden["anno_ltwh"]
    cover = frame_conditions(boxes, size_wh, golden["cover_got10k"] / 8, floor=1 / 8)
    np.testing.assert_array_equal(cover, golden["conditions_got10k"])
    np.testing.assert_array_equal(cover.all(0), golden["mask_got10k"])
    lasot = frame_conditions(boxes, size_wh, golden["visible_lasot"])
    np.testing.assert_array_equal(lasot.all(0), golden["mask_lasot"])
    ilsvrc = frame_conditions(boxes, size_wh, np.ones(len(boxes)))
    np.testing.assert_array_equal(ilsvrc.all(0), golden["mask_ilsvrc_no_vis"])


def test_sizes_in_the_crop_are_those_of_the_reference(golden: dict[str, np.ndarray]) -> None:
    sides = np.array([context_side(w, h) for w, h in golden["anno_ltwh"][:, 2:]])
    made = golden["anno_ltwh"][:, 2:] * 127 / sides[:, None]
    np.testing.assert_allclose(made, golden["target_wh"], rtol=1e-9)


def test_the_most_visible_frame_is_that_of_its_own_target() -> None:
    boxes = np.tile([0.0, 0, 30, 30], (4, 1))
    together = frame_conditions(boxes, (100, 100), [1.0, 0.25, 0.3, 0.2], starts=[0, 2])
    assert together[7].tolist() == [True, False, True, True]


def test_pictures_of_unknown_size_fulfil_what_asks_for_it() -> None:
    conditions = frame_conditions(np.array([[0.0, 0, 400, 400]]), (0, 0), [1.0])
    assert conditions.all()


def test_bits_say_which_conditions_fail() -> None:
    boxes = np.array([[0.0, 0, 30, 30], [0, 0, 4, 4], [0, 0, 30, 30]])
    visible = np.array([1.0, 1.0, 0.0])
    bits = failed_bits(frame_conditions(boxes, (100, 100), visible), visible)
    assert bits.tolist() == [0, 0b11, 0b10000000 | HIDDEN]
    assert [int(bits[1]) & mask for mask in RULES.values()] == [0, 0, 0b11]
