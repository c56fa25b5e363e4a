"""Boxes: formats, conversions, clipping and overlap.

A box is (x, y, w, h) in float64 pixels: 0-based, continuous, top-left corner and size. Pixel (0, 0)
covers the square from 0 to 1, so a frame of width W reaches from 0 to W. Every other convention is
converted at the edge by a named function of this file.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.errors import InputError

Boxes = NDArray[np.float64]

_SMALLEST_SIDE = 1 - 1e-6  # a pixel, less what arithmetic may lose of it


def as_box(value: ArrayLike) -> Boxes:
    """Four finite numbers x, y, w, h with a positive size, as a float64 array.

    Raises:
        InputError: not four numbers, not finite, or no positive size.

    >>> as_box((10, 20, 30, 40))
    array([10., 20., 30., 40.])
    """
    try:
        box = np.array(value, dtype=np.float64).reshape(-1)
    except (TypeError, ValueError) as error:
        raise InputError(f"box {value!r} is not four numbers x, y, width, height") from error
    if box.shape != (4,):
        raise InputError(f"box {value!r} has {box.size} numbers, expected 4: x, y, width, height")
    if not np.isfinite(box).all():
        raise InputError(f"box {_text(box)} holds a number that is not finite")
    if box[2] <= 0 or box[3] <= 0:
        raise InputError(f"box {_text(box)} has no area: width and height must be above 0")
    return box


def check_box_in_frame(box_xywh: Boxes, *, width: int, height: int) -> None:
    """Refuse a first box that shows nothing of the frame or is larger than any target in it can be.

    Raises:
        InputError: the box does not meet the frame, is over four times as wide or high, or has a
            side of less than a pixel.
    """
    x, y, w, h = box_xywh
    frame = f"the frame of {width} x {height} pixels"
    if x >= width or y >= height or x + w <= 0 or y + h <= 0:
        raise InputError(f"box {_text(box_xywh)} lies outside {frame}")
    if min(w, h) < _SMALLEST_SIDE:
        raise InputError(
            f"box {_text(box_xywh)} is smaller than a pixel: width and height must be 1 or more"
        )
    if w > 4 * width or h > 4 * height:
        raise InputError(f"box {_text(box_xywh)} is more than four times as large as {frame}")


def _text(box_xywh: Boxes) -> str:
    return ",".join(f"{value:g}" for value in box_xywh)


def xywh_to_xyxy(boxes_xywh: Boxes) -> Boxes:
    """(..., 4) top-left and size -> top-left and bottom-right.

    >>> xywh_to_xyxy(np.array([1.0, 2, 3, 4]))
    array([1., 2., 4., 6.])
    """
    return np.concatenate([boxes_xywh[..., :2], boxes_xywh[..., :2] + boxes_xywh[..., 2:]], axis=-1)


def xyxy_to_xywh(boxes_xyxy: Boxes) -> Boxes:
    """(..., 4) top-left and bottom-right -> top-left and size."""
    return np.concatenate([boxes_xyxy[..., :2], boxes_xyxy[..., 2:] - boxes_xyxy[..., :2]], axis=-1)


def zero_based(boxes_xywh: Boxes) -> Boxes:
    """Boxes of a file that counts pixels from 1 (OTB, MOT, SiamFC) in this package's convention."""
    return np.subtract(boxes_xywh, [1.0, 1.0, 0.0, 0.0], dtype=np.float64)


def one_based(boxes_xywh: Boxes) -> Boxes:
    """Boxes of this package for a file that counts pixels from 1 (OTB, MOT, SiamFC)."""
    return np.add(boxes_xywh, [1.0, 1.0, 0.0, 0.0], dtype=np.float64)


def clip(box_xywh: Boxes, *, width: int, height: int) -> Boxes:
    """The part of (..., 4) boxes inside the frame; its size is 0 where there is none.

    >>> clip(np.array([-5.0, 2, 10, 4]), width=20, height=20)
    array([0., 2., 5., 4.])
    """
    limits = np.array([width, height, width, height], dtype=np.float64)
    return xyxy_to_xywh(np.clip(xywh_to_xyxy(box_xywh), 0.0, limits))


def iou(first_xywh: Boxes, second_xywh: Boxes) -> NDArray[np.float64]:
    """Intersection over union of (..., 4) boxes, broadcast; 0 where both are empty.

    >>> float(iou(np.array([0.0, 0, 2, 2]), np.array([1.0, 0, 2, 2])))
    0.3333333333333333
    """
    first, second = xywh_to_xyxy(first_xywh), xywh_to_xyxy(second_xywh)
    corner = np.maximum(first[..., :2], second[..., :2])
    size = np.clip(np.minimum(first[..., 2:], second[..., 2:]) - corner, 0.0, None)
    intersection = size[..., 0] * size[..., 1]
    union = (
        np.clip(first_xywh[..., 2:], 0.0, None).prod(-1)
        + np.clip(second_xywh[..., 2:], 0.0, None).prod(-1)
        - intersection
    )
    overlap: NDArray[np.float64] = np.zeros_like(union)
    np.divide(intersection, union, out=overlap, where=union > 0)
    return overlap
