"""Boxes that climb their predicted overlap, and the parts of maps that they are judged on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from feathertrack.trackers.refinement import Climb, Window, climb, look, propose
from tests.trackers.plain_engine import engine


def _hill(top: NDArray[Any]) -> Callable[[NDArray[Any]], tuple[NDArray[Any], NDArray[Any]]]:
    def judge(boxes: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
        away = (boxes - top) / 70
        return 1 - (away**2).sum(1), -2 * away / 70

    return judge


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("decay", [1.0, 0.5])
def test_boxes_climb(relative: bool, decay: float) -> None:
    top = np.array([40.0, 50, 60, 70])
    start = propose(
        top + np.array([8, -6, 10, 5]),
        np.random.default_rng(0).random((5, 4)),
        position_jitter=0.1,
        size_jitter=0.5,
    )
    assert (start[:, 2:] >= 60 / 3).all()
    how = Climb(
        steps=40, lengths=(0.2, 0.2) if relative else (1.0, 1.0), decay=decay, relative=relative
    )
    boxes, overlaps = climb(start, _hill(top), how)
    assert (overlaps > _hill(top)(start)[0]).all()
    assert np.abs(boxes - top).max() < np.abs(start - top).max() / 2


def test_relative_slopes_are_those_of_finite_differences() -> None:
    top = np.array([40.0, 50, 60, 70])
    start = np.array([[44.0, 47, 66, 61]])
    how = Climb(steps=1, lengths=(1e-6, 1e-6), decay=1.0, relative=True)
    moved, _ = climb(start, _hill(top), how)
    size = start[0, 2:]

    def coordinates(box: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([(box[:2] + box[2:] / 2) / size, np.log(box[2:])])

    def value(at: NDArray[Any]) -> float:
        grown = np.exp(at[2:])
        return float(_hill(top)(np.concatenate([at[:2] * size - grown / 2, grown])[None])[0][0])

    at = coordinates(start[0])
    slope = [(value(at + d) - value(at - d)) / 2e-5 for d in 1e-5 * np.eye(4)]
    assert np.allclose((coordinates(moved[0]) - at) / 1e-6, slope, rtol=1e-4)


def test_judging_on_a_part_of_the_maps_changes_nothing() -> None:
    one = engine("atom_r18_tiny")
    noise = np.random.default_rng(0)
    maps = [noise.random((1, side, side, 32)).astype(np.float32) for side in (36, 18)]
    for x, y in ((120.0, 110.0), (-30.0, -8.0), (260.0, 250.0), (-5.0, 270.0), (128.0, 144.0)):
        boxes = np.array([[x, y, 48, 40], [x - 3, y + 14, 60, 33.5]])
        window = Window.around(boxes, maps)
        assert window.holds(boxes)
        assert window.maps[0].size < maps[0].size / 2
        whole = one.call("iou", *maps, boxes[None].astype(np.float32))
        part = one.call("iou", *window.maps, window.shifted(boxes))
        for found, wanted in zip(part, whole, strict=True):
            assert np.abs(found - wanted).max() <= 1e-5 * np.abs(wanted).max()
        assert not window.holds(boxes + np.array([60, 0, 0, 0])) or x > 200
        assert not window.holds(boxes - np.array([0, 60, 0, 0])) or y < 0


@pytest.mark.parametrize("corner", [(130.0, 120.0), (-30.0, -8.0), (250.0, 240.0), (-5.0, 270.0)])
def test_convolving_a_part_of_the_levels_changes_nothing(corner: tuple[float, float]) -> None:
    one = engine("atom_r18_tiny")
    pictures = np.random.default_rng(0).integers(0, 256, (1, 288, 288, 3), np.uint8)
    features = one.embed(pictures, np.array([[120, 120, 50, 60]], np.float32))
    own, window_of = look(one, features, pictures)
    whole, *maps = one.predict(features, pictures)
    assert np.array_equal(own, whole)
    x, y = corner
    boxes = np.array([[x, y, 48, 40], [x - 3, y + 14, 40, 33.5]])
    window = window_of(boxes)
    assert window.holds(boxes)
    assert window.maps[0].shape[1:3] == (26, 26)
    wanted = one.call("iou", *maps, boxes[None].astype(np.float32))
    found = one.call("iou", *window.maps, window.shifted(boxes))
    for part, each in zip(found, wanted, strict=True):
        assert np.abs(part - each).max() <= 1e-5 * np.abs(each).max()


def test_boxes_that_are_no_numbers_see_the_whole_map() -> None:
    levels = np.zeros((1, 4, 36, 36), np.float32), np.zeros((1, 4, 18, 18), np.float32)
    nowhere = np.array([[np.nan, 3, 4, np.inf]])
    window = Window.of_levels(nowhere, levels, lambda *parts: parts)
    assert window.maps[0].shape == levels[0].shape
