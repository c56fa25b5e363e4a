"""The square context crop, in the conventions of SiamFC, pysot and mmtracking.

A box has a context of half its mean side on every side; the square of the same area is cut out,
what lies outside the frame gets one colour, and the square is resized. The three differ in how the
square is rounded to whole pixels, and the last computes in float (``crop_square``: FDSiamFC,
``crop_and_resize``; ``crop_pysot``: ``get_subwindow`` of pysot and SiamKPN; ``crop_mmtracking``).
Coordinates here are pixel centres, the centre of the first pixel is 0, except where it says
otherwise.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.imaging.windows import (
    Window,
    mmtracking_window,
    pysot_window,
    square_window,
)

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

    The side and the corner are rounded half to even, as the reference does.

    Returns:
        uint8 (out_size, out_size, 3), channels in the order of the input.
    """
    window = square_window(center_xy=center_xy, side=side, out_size=out_size, fill=fill)
    return _cut_bytes(image, window, interpolation=interpolation)


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
    window = pysot_window(center_xy=center_xy, side=side, out_size=out_size, fill=fill)
    return cut_window(image, window)


def crop_mmtracking(
    image: Image,
    *,
    center_xy: NDArray[np.float64],
    side: float,
    out_size: int,
    fill: NDArray[np.float64],
) -> NDArray[np.float32]:
    """Cut a square as mmtracking does: a pixel wider (see ``mmtracking_window``), in float.

    Returns:
        float32 (out_size, out_size, 3), 0..255, channels in the order of the input.
    """
    window = mmtracking_window(
        center_xy=center_xy, side=side, out_size=out_size, fill=fill, frame_hw=image.shape[:2]
    )
    return cut_window(image, window)


def cut_window(image: Image, window: Window) -> NDArray[Any]:
    """The crop of a frame that a window says.

    Only the part of the frame that is seen is copied; a window of any size needs bounded memory.

    Returns:
        uint8, or float32 where the window says so, (out_size, out_size, 3).
    """
    if window.in_float:
        return _cut_float(image, window)
    return _cut_bytes(image, window)


def _cut_bytes(image: Image, window: Window, *, interpolation: int = cv2.INTER_LINEAR) -> Image:
    """The crop in bytes; one of more than 4096 pixels is always sampled linearly."""
    color, side = np.array(window.color).astype(np.uint8), window.out_size
    left, top, span = window.left, window.top, (window.columns, window.rows)
    if max(span) > _LARGEST_PATCH:
        sampled = _sample(image, left=left, top=top, size=span, out_size=side, color=color)
        return np.asarray(np.rint(sampled), dtype=np.uint8)
    patch = _patch(image, left=left, top=top, size=span, color=color)
    resized = cv2.resize(patch, (side, side), interpolation=interpolation)
    return np.asarray(resized, dtype=np.uint8)


def _cut_float(image: Image, window: Window) -> NDArray[np.float32]:
    height, width = image.shape[:2]
    left, top, out_size = window.left, window.top, window.out_size
    span, color = (window.columns, window.rows), np.array(window.color)
    if min(span) > _LARGEST_PATCH:
        sampled = _sample(image, left=left, top=top, size=span, out_size=out_size, color=color)
        return sampled.astype(np.float32)
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + window.columns, width), min(top + window.rows, height)
    if x1 <= x0 or y1 <= y0:
        return np.full((out_size, out_size, 3), color, np.float32)
    patch = image[y0:y1, x0:x1].astype(np.float32)
    margins = (y0 - top, top + window.rows - y1, x0 - left, left + window.columns - x1)
    if any(margins):
        patch = np.asarray(
            cv2.copyMakeBorder(patch, *margins, cv2.BORDER_CONSTANT, value=color.tolist())
        )
    return np.asarray(cv2.resize(patch, (out_size, out_size)), dtype=np.float32)


def _patch(image: Image, *, left: int, top: int, size: tuple[int, int], color: Image) -> Image:
    height, width = image.shape[:2]
    right, bottom = left + size[0], top + size[1]
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(right, width), min(bottom, height)
    if (x0, y0, x1, y1) == (left, top, right, bottom):
        return image[y0:y1, x0:x1]
    if x1 <= x0 or y1 <= y0:
        return np.full((1, 1, 3), color, np.uint8)  # nothing of the frame: one colour at any size
    margins = (y0 - top, bottom - y1, x0 - left, right - x1)
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
