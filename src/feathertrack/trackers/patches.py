"""The patch of a frame that ATOM and DRNet look at: whole pixels, borders repeated.

The patch holds exactly as many pixels as it should, counted in whole numbers (specification of
ATOM, section 7.2); large ones are read at every second, third, ... pixel and resized from there.
Positions here are (y, x); the centre of the first pixel is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pixels = NDArray[Any]
"""(H, W, 3): uint8, or float32 from 0 to 255."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Patch:
    """A square part of a frame, resized.

    Attributes:
        pixels: (S, S, 3).
        center: (y, x) of the patch's centre in the frame, which is (S - 1) / 2 in the patch.
        step: pixels of the frame per pixel of the patch.
        corners: top, left, bottom, right in pixels of the frame; the last two are not in it.
    """

    pixels: Pixels
    center: Array
    step: float
    corners: tuple[int, int, int, int]


def cut_patch(
    image: NDArray[np.uint8], *, center_yx: Array, side: float, size: int, rounded: bool
) -> Patch:
    """Cut a square of ``side`` pixels around a position and resize it to ``size``.

    Args:
        image: RGB (H, W, 3).
        center_yx: where, not rounded; the fraction is dropped.
        side: of the square in the frame.
        size: of the patch.
        rounded: uint8 pixels, as cameras have them, rather than float32 ones, 0..255.
    """
    stride = max(int(side / size - 0.1), 1)
    first = np.trunc(center_yx).astype(int)
    offset = first % stride
    middle = (first - offset) // stride
    sides = max(round(side / stride), 2)
    top, left = (int(place) for place in middle - (sides - 1) // 2)
    seen = image[offset[0] :: stride, offset[1] :: stride] if stride > 1 else image
    pixels = crop_repeated(seen, top=top, left=left, height=sides, width=sides)
    if sides != size:
        source = pixels if rounded else pixels.astype(np.float32)
        pixels = cv2.resize(source, (size, size), interpolation=cv2.INTER_LINEAR)
    corners = [stride * place for place in (top, left, top + sides, left + sides)]
    return Patch(
        pixels=pixels if rounded else np.asarray(pixels, np.float32),
        center=offset + stride * (np.array([top, left]) + (sides - 1) / 2),
        step=stride * sides / size,
        corners=(corners[0], corners[1], corners[2], corners[3]),
    )


def crop_repeated(image: Pixels, *, top: int, left: int, height: int, width: int) -> Pixels:
    """A part of an image that may reach outside, where the image's border is repeated."""
    rows = _Span.of(top, height, image.shape[0])
    columns = _Span.of(left, width, image.shape[1])
    inside = image[rows.begin : rows.end, columns.begin : columns.end]
    margins = (rows.before, rows.after, columns.before, columns.after)
    if not any(margins):
        return np.ascontiguousarray(inside)
    bordered = cv2.copyMakeBorder(np.ascontiguousarray(inside), *margins, cv2.BORDER_REPLICATE)
    return np.asarray(bordered)


@dataclass(frozen=True)
class _Span:
    """A stretch of rows or columns: which of them there are, and how many are repeated."""

    begin: int
    end: int
    before: int
    after: int

    @classmethod
    def of(cls, first: int, length: int, available: int) -> _Span:
        """What of ``length`` pixels from ``first`` on lies in ``available``, and what does not."""
        begin = min(max(first, 0), available - 1)
        end = min(max(first + length, 1), available)
        before = min(max(begin - first, 0), length - 1)
        return cls(begin, end, before, length - (end - begin) - before)


def blurred(pixels: NDArray[np.float32], *, sigma_yx: tuple[float, float]) -> NDArray[np.float32]:
    """Smooth by Gaussians of two widths; outside the picture is black."""
    kernels = [_gaussian(sigma) for sigma in sigma_yx]
    smooth = cv2.sepFilter2D(pixels, -1, kernels[1], kernels[0], borderType=cv2.BORDER_CONSTANT)
    return smooth  # type: ignore[no-any-return]


def _gaussian(sigma: float) -> Array:
    radius = math.ceil(2 * sigma)
    values = np.exp(-(np.arange(-radius, radius + 1) ** 2) / (2 * sigma**2))
    kernel: Array = values / values.sum()
    return kernel
