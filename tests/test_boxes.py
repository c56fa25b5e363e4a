from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box as rectangle

from feathertrack.boxes import (
    check_box_in_frame,
    clip,
    iou,
    one_based,
    xywh_to_xyxy,
    xyxy_to_xywh,
    zero_based,
)
from feathertrack.errors import InputError

BOX = st.tuples(st.floats(-50, 50), st.floats(-50, 50), st.floats(0.5, 60), st.floats(0.5, 60))


@given(BOX, BOX)
def test_iou_equals_polygon_overlap(first: tuple[float, ...], second: tuple[float, ...]) -> None:
    a, b = (np.array(box) for box in (first, second))
    one, two = (rectangle(*xywh_to_xyxy(box)) for box in (a, b))
    expected = one.intersection(two).area / one.union(two).area
    np.testing.assert_allclose(iou(a, b), expected, atol=1e-9)


@given(BOX)
def test_clipped_box_is_the_part_inside(box: tuple[float, ...]) -> None:
    part = clip(np.array(box), width=40, height=30)
    expected = rectangle(*xywh_to_xyxy(np.array(box))).intersection(rectangle(0, 0, 40, 30)).area
    np.testing.assert_allclose(part[2] * part[3], expected, atol=1e-6)


def test_conversions_are_inverse() -> None:
    boxes = np.random.default_rng(0).uniform(0, 99, (5, 4))
    np.testing.assert_allclose(xyxy_to_xywh(xywh_to_xyxy(boxes)), boxes)
    np.testing.assert_allclose(zero_based(one_based(boxes)), boxes)


def test_iou_of_empty_boxes_is_zero() -> None:
    assert iou(np.zeros(4), np.zeros(4)) == 0


@pytest.mark.parametrize("box", [(3.0, 4, 1e-300, 5), (3.0, 4, 5, 0.001), (3.0, 4, 0.9, 0.9)])
def test_a_first_box_of_less_than_a_pixel_is_refused(box: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="smaller than a pixel"):
        check_box_in_frame(np.array(box), width=20, height=10)


def test_the_smallest_picture_holds_a_target() -> None:
    check_box_in_frame(np.array([0.0, 0, 1, 1]), width=1, height=1)
