"""The square context crop of the SiamFC convention.

A box has a context of half its mean side on every side; the square of the same area is cut out,
what lies outside the frame gets one colour, and the square is resized (FDSiamFC,
``crop_and_resize``).
Coordinates here are pixel centres: the centre of the first pixel is 0.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_LARGEST_PATCH = 4096


def context_side(width: float, height: float, *, context: float = 0.5) -> float:
    """Side of the square that holds a target with its context, in pixels.

    >>> context_side(10, 10)
    20.0
    """
    border = context * (width + height)
    return float(np.sqrt((width + border) * (height + border)))


def mean_color(image: Image) -> NDArray[np.float64]:
    """Mean of an image per channel, not rounded: what crops beyond the border are filled with."""
    return np.asarray(cv2.mean(image)[:3], dtype=np.float64)


def crop_square(
    image: Image,
    *,
    center_xy: NDArray[np.float64],
    side: float,
    out_size: int,
    fill: NDArray[np.float64],
    interpolation: int = cv2.INTER_LINEAR,
) -> Image:
    """Cut the square of ``side`` pixels around ``center_xy`` and resize it to ``out_size``.

    The side and the corner are rounded half to even, as the reference does; only the part of the
    frame that is seen is copied.

    Returns:
        uint8 (out_size, out_size, 3), channels in the order of the input.
    """
    size = max(round(side), 1)
    left = int(np.round(center_xy[0] - (size - 1) / 2))
    top = int(np.round(center_xy[1] - (size - 1) / 2))
    color = np.rint(fill).astype(np.uint8)
    if size > _LARGEST_PATCH:
        return _sample(image, left=left, top=top, size=size, out_size=out_size, color=color)
    patch = _patch(image, left=left, top=top, size=size, color=color)
    return np.asarray(
        cv2.resize(patch, (out_size, out_size), interpolation=interpolation), dtype=np.uint8
    )


def _patch(image: Image, *, left: int, top: int, size: int, color: Image) -> Image:
    height, width = image.shape[:2]
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + size, width), min(top + size, height)
    if (x0, y0, x1, y1) == (left, top, left + size, top + size):
        return image[y0:y1, x0:x1]
    if x1 <= x0 or y1 <= y0:
        return np.full((1, 1, 3), color, np.uint8)  # nothing of the frame: one colour at any size
    margins = (y0 - top, top + size - y1, x0 - left, left + size - x1)
    seen = image[y0:y1, x0:x1]
    return np.asarray(
        cv2.copyMakeBorder(seen, *margins, cv2.BORDER_CONSTANT, value=color.tolist()), np.uint8
    )


def _sample(image: Image, *, left: int, top: int, size: int, out_size: int, color: Image) -> Image:
    """Bilinear samples of a square too large to be built: memory depends on ``out_size`` alone."""
    place = np.clip((np.arange(out_size) + 0.5) * (size / out_size) - 0.5, 0, size - 1)
    first = np.floor(place).astype(int)
    second = np.minimum(first + 1, size - 1)
    weight = place - first
    rows = (
        _rows(image, top + first, left, (first, second, weight), color)
        * (1 - weight)[:, None, None]
    )
    rows += _rows(image, top + second, left, (first, second, weight), color) * weight[:, None, None]
    return np.asarray(np.rint(rows), dtype=np.uint8)


def _rows(
    image: Image,
    rows: NDArray[np.int_],
    left: int,
    columns: tuple[NDArray[np.int_], NDArray[np.int_], NDArray[np.float64]],
    color: Image,
) -> NDArray[np.float64]:
    first, second, weight = columns
    before = _gather(image, rows, left + first, color) * (1 - weight)[None, :, None]
    return before + _gather(image, rows, left + second, color) * weight[None, :, None]


def _gather(
    image: Image, rows: NDArray[np.int_], columns: NDArray[np.int_], color: Image
) -> NDArray[np.float64]:
    height, width = image.shape[:2]
    pixels = image[np.clip(rows, 0, height - 1)[:, None], np.clip(columns, 0, width - 1)[None, :]]
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))[
        None, :
    ]
    return np.where(inside[..., None], pixels, color).astype(np.float64)
