"""The crops of pysot and of mmtracking, against the reference code and against the plain way."""

from __future__ import annotations

import json
import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from feathertrack.imaging.crop import context_side, crop_mmtracking, crop_pysot, mean_color
from tests.golden_fill import fill_image
from tests.shared_data import shared

RNG = np.random.default_rng(0)
PICTURE = cv2.resize(RNG.integers(0, 256, (12, 16, 3), dtype=np.uint8), (200, 150))
FILL = np.array([10.25, 200.75, 30.5])


def plain(image: NDArray[np.uint8], center: tuple[float, float], side: float) -> NDArray[np.uint8]:
    """pysot's way: the whole frame is copied into a larger one of the fill colour."""
    size = round(side)
    pad = size + 700
    large = np.empty((image.shape[0] + 2 * pad, image.shape[1] + 2 * pad, 3), np.uint8)
    large[:] = FILL.astype(np.uint8)
    large[pad : pad + image.shape[0], pad : pad + image.shape[1]] = image
    left, top = (math.floor(middle - (size + 1) / 2 + 0.5) + pad for middle in center)
    return large[top : top + size, left : left + size]


@settings(deadline=None)
@given(x=st.floats(-300, 500), y=st.floats(-300, 450), side=st.floats(1, 300))
def test_pysot_crop_equals_the_plain_way(x: float, y: float, side: float) -> None:
    crop = crop_pysot(PICTURE, center_xy=np.array([x, y]), side=side, out_size=31, fill=FILL)
    np.testing.assert_array_equal(crop, cv2.resize(plain(PICTURE, (x, y), side), (31, 31)))


def test_pysot_crops_equal_the_reference_code() -> None:
    folder = shared("goldens/subwindow")
    about = json.loads((folder / "subwindow.json").read_text())["cases"]
    picture = fill_image("subwindow_image", (3, 240, 320)).transpose(1, 2, 0)
    image = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
    np.testing.assert_allclose(mean_color(image), about["channel_average"], atol=1e-9)
    with np.load(folder / "subwindow.npz") as golden:
        for name, expected in golden.items():
            case = about[name]
            side = context_side(*case["box_xywh"][2:]) * case["model_sz"] / 127
            assert round(side) == case["original_sz"]
            crop = crop_pysot(
                image,
                center_xy=np.array(case["center"]),
                side=side,
                out_size=case["model_sz"],
                fill=mean_color(image),
            )
            stride = case["stride"]
            np.testing.assert_array_equal(crop[::stride, ::stride].transpose(2, 0, 1), expected)
            whole = [crop.mean(), crop.std(), crop.max()]
            np.testing.assert_allclose(whole, [case[key] for key in ("mean", "std", "absmax")])


def test_mmtracking_crops_equal_the_reference_code() -> None:
    folder = shared("goldens/siamrpnpp_mmtracking")
    image = fill_image("frame", (3, 120, 160)).transpose(1, 2, 0)
    with np.load(folder / "crop.npz") as golden:
        for number, (x, y, side, out_size) in enumerate(golden["args"]):
            crop = crop_mmtracking(
                image,  # type: ignore[arg-type]  # the reference was given a float picture
                center_xy=np.array([x, y]),
                side=side,
                out_size=int(out_size),
                fill=golden["avg"],
            )
            expected = golden[f"crop{number}"]
            assert np.abs(crop[::9, ::9].transpose(2, 0, 1) - expected).max() < 1e-3


def test_mmtracking_crop_is_a_pixel_wider_than_its_side() -> None:
    crop = crop_mmtracking(
        PICTURE, center_xy=np.array([80.0, 60.0]), side=30.0, out_size=31, fill=FILL
    )
    np.testing.assert_array_equal(crop, PICTURE[45:76, 65:96].astype(np.float32))


@pytest.mark.parametrize("center", [(-5000.0, 60.0), (80.0, 9e5)])
def test_a_square_outside_the_frame_has_one_colour(center: tuple[float, float]) -> None:
    where = {"center_xy": np.array(center), "side": 50.0, "out_size": 15, "fill": FILL}
    np.testing.assert_array_equal(crop_pysot(PICTURE, **where)[7, 7], [10, 200, 30])  # type: ignore[arg-type]
    np.testing.assert_array_equal(crop_mmtracking(PICTURE, **where)[7, 7], FILL)  # type: ignore[arg-type]


def test_huge_squares_need_little_memory() -> None:
    where = {"center_xy": np.array([80.0, 60.0]), "side": 1e7, "out_size": 31, "fill": FILL}
    np.testing.assert_array_equal(crop_pysot(PICTURE, **where)[0, 0], [10, 200, 30])  # type: ignore[arg-type]
    np.testing.assert_allclose(crop_mmtracking(PICTURE, **where)[0, 0], FILL)  # type: ignore[arg-type]
