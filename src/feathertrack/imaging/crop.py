"""The square context crop, in the conventions of SiamFC, pysot and mmtracking.

A box has a context of half its mean side on every side; the square of the same area is cut out,
what lies outside the frame gets one colour, and the square is resized. The three differ in how the
square is rounded to whole pixels, and the last computes in float (``crop_square``: FDSiamFC,
``crop_and_resize``; ``crop_pysot``: ``get_subwindow`` of pysot and SiamKPN; ``crop_mmtracking``).
Coordinates here are pixel centres, the centre of the first pixel is 0, except where it says
otherwise.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Weights = NDArray[np.float64]

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
    return cut_square(
        image,
        left=left,
        top=top,
        size=size,
        out_size=out_size,
        color=np.rint(fill).astype(np.uint8),
        interpolation=interpolation,
    )


def crop_pysot(
    image: Image,
    *,
    center_xy: NDArray[np.float64],
    side: float,
    out_size: int,
    fill: NDArray[np.float64],
) -> Image:
    """Cut a square as pysot does: the side rounded half to even, the fill colour cut to integers.

    Returns:
        uint8 (out_size, out_size, 3), channels in the order of the input.
    """
    size = max(round(side), 1)
    left, top = (math.floor(float(middle) - (size + 1) / 2 + 0.5) for middle in center_xy)
    color = np.asarray(fill).astype(np.uint8)
    return cut_square(image, left=left, top=top, size=size, out_size=out_size, color=color)


def crop_mmtracking(
    image: Image,
    *,
    center_xy: NDArray[np.float64],
    side: float,
    out_size: int,
    fill: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Cut a square as mmtracking does: from whole pixel to whole pixel, both included, in float.

    So it is a pixel wider than ``side``, but at the right and lower border, where the reference
    leaves a column and a row out. ``center_xy`` is the middle of a box, (x + w / 2, y + h / 2).

    Returns:
        float32 (out_size, out_size, 3), 0..255, channels in the order of the input.
    """
    size = max(round(side), 1)
    height, width = image.shape[:2]
    (left, num_columns), (top, num_rows) = (
        _inclusive(float(middle), size, length)
        for middle, length in zip(center_xy, (width, height), strict=True)
    )
    color = np.asarray(fill, dtype=np.float64)
    if size > _LARGEST_PATCH:
        span = (num_columns, num_rows)
        sampled = _sample(image, left=left, top=top, size=span, out_size=out_size, color=color)
        return sampled.astype(np.float32)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + num_columns, width), min(top + num_rows, height)
    if x1 <= x0 or y1 <= y0:
        return np.full((out_size, out_size, 3), color, np.float32)
    patch = image[y0:y1, x0:x1].astype(np.float32)
    margins = (y0 - top, top + num_rows - y1, x0 - left, left + num_columns - x1)
    if any(margins):
        patch = np.asarray(
            cv2.copyMakeBorder(patch, *margins, cv2.BORDER_CONSTANT, value=color.tolist())
        )
    return np.asarray(cv2.resize(patch, (out_size, out_size)), dtype=np.float32)


def _inclusive(middle: float, size: int, length: int) -> tuple[int, int]:
    """First pixel and number of pixels of a square along an axis of ``length`` pixels."""
    first, last = math.trunc(middle - size / 2), math.trunc(middle + size / 2)
    return first, max(last - first + (1 if last < length else 0), 1)


def cut_square(
    image: Image,
    *,
    left: int,
    top: int,
    size: int,
    out_size: int,
    color: Image,
    interpolation: int = cv2.INTER_LINEAR,
) -> Image:
    """Cut the square of whole pixels whose first is (left, top) and resize it to ``out_size``.

    Only the part of the frame that is seen is copied; a square of any size needs bounded memory.

    Args:
        image: uint8 (H, W, 3).
        left: first column; it may lie outside the frame.
        top: first row.
        size: side in pixels, at least 1.
        out_size: side of the result.
        color: of what lies outside the frame, uint8 (3,).
        interpolation: OpenCV's; squares of more than 4096 pixels are always sampled linearly.
    """
    if size > _LARGEST_PATCH:
        span = (size, size)
        sampled = _sample(image, left=left, top=top, size=span, out_size=out_size, color=color)
        return np.asarray(np.rint(sampled), dtype=np.uint8)
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


def _sample(
    image: Image,
    *,
    left: int,
    top: int,
    size: tuple[int, int],
    out_size: int,
    color: NDArray[np.float64] | Image,
) -> NDArray[np.float64]:
    """Bilinear samples of (columns, rows) too large to be built: memory depends on ``out_size``."""
    columns, (first, second, weight) = _between(size[0], out_size), _between(size[1], out_size)
    rows = _rows(image, top + first, left, columns, color) * (1 - weight)[:, None, None]
    rows += _rows(image, top + second, left, columns, color) * weight[:, None, None]
    return rows


def _between(size: int, out_size: int) -> tuple[NDArray[np.int_], NDArray[np.int_], Weights]:
    """The two pixels between which each sample lies, and the weight of the second."""
    place = np.clip((np.arange(out_size) + 0.5) * (size / out_size) - 0.5, 0, size - 1)
    first = np.floor(place).astype(int)
    return first, np.minimum(first + 1, size - 1), place - first


def _rows(
    image: Image,
    rows: NDArray[np.int_],
    left: int,
    columns: tuple[NDArray[np.int_], NDArray[np.int_], Weights],
    color: NDArray[np.float64] | Image,
) -> NDArray[np.float64]:
    first, second, weight = columns
    before = _gather(image, rows, left + first, color) * (1 - weight)[None, :, None]
    return before + _gather(image, rows, left + second, color) * weight[None, :, None]


def _gather(
    image: Image,
    rows: NDArray[np.int_],
    columns: NDArray[np.int_],
    color: NDArray[np.float64] | Image,
) -> NDArray[np.float64]:
    height, width = image.shape[:2]
    pixels = image[np.clip(rows, 0, height - 1)[:, None], np.clip(columns, 0, width - 1)[None, :]]
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))[
        None, :
    ]
    return np.where(inside[..., None], pixels, color).astype(np.float64)
