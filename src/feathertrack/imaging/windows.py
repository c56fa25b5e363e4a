"""Which pixels of a frame become a crop, in the conventions of SiamFC, pysot, mmtracking and FEAR.

Places and sizes are rounded to whole pixels before anything is cut, each convention in its way, so
crops of nearly equal places are often equal: where their windows are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Window:
    """Everything that a crop depends on but the frame; equal windows of a frame are equal crops.

    Attributes:
        left: first column; it may lie outside the frame, as the other pixels may.
        top: first row.
        columns: width in pixels, at least 1.
        rows: height in pixels, at least 1.
        out_size: side of the crop.
        color: of what lies outside the frame.
        in_float: the crop is float32, computed in float, and not uint8.
    """

    left: int
    top: int
    columns: int
    rows: int
    out_size: int
    color: tuple[float, ...]
    in_float: bool = False


def square_window(
    *, center_xy: NDArray[np.float64], side: float, out_size: int, fill: NDArray[np.float64]
) -> Window:
    """FDSiamFC's: side, corner and colour are rounded half to even."""
    size = max(round(side), 1)
    return Window(
        left=int(np.round(center_xy[0] - (size - 1) / 2)),
        top=int(np.round(center_xy[1] - (size - 1) / 2)),
        columns=size,
        rows=size,
        out_size=out_size,
        color=tuple(np.rint(fill).tolist()),
    )


def pysot_window(
    *, center_xy: NDArray[np.float64], side: float, out_size: int, fill: NDArray[np.float64]
) -> Window:
    """Return pysot's: the side is rounded half to even, the colour cut to whole numbers."""
    size = max(round(side), 1)
    left, top = (math.floor(float(middle) - (size + 1) / 2 + 0.5) for middle in center_xy)
    return Window(
        left=left,
        top=top,
        columns=size,
        rows=size,
        out_size=out_size,
        color=tuple(np.trunc(fill).tolist()),
    )


def squashed_window(
    *,
    center_xy: NDArray[np.float64],
    size_wh: NDArray[np.float64],
    context: float,
    out_size: int,
    fill: NDArray[np.float64],
) -> Window:
    """A box grown by ``context`` of its sides on every side, to become square (FEAR's crop).

    ``center_xy`` is the middle of a box, (x + w / 2, y + h / 2); sides and corner are rounded half
    to even.
    """
    columns, rows = (max(round(float(side) * (1 + 2 * context)), 1) for side in size_wh)
    return Window(
        left=round(float(center_xy[0]) - columns / 2),
        top=round(float(center_xy[1]) - rows / 2),
        columns=columns,
        rows=rows,
        out_size=out_size,
        color=tuple(np.rint(fill).tolist()),
    )


def mmtracking_window(
    *,
    center_xy: NDArray[np.float64],
    side: float,
    out_size: int,
    fill: NDArray[np.float64],
    frame_hw: tuple[int, ...],
) -> Window:
    """Return mmtracking's: from whole pixel to whole pixel, both included, but at two borders.

    So it is a pixel wider than ``side``; at the right and lower border the reference leaves a
    column and a row out. ``center_xy`` is the middle of a box, (x + w / 2, y + h / 2).
    """
    size = max(round(side), 1)
    (left, columns), (top, rows) = (
        _inclusive(float(middle), size, length)
        for middle, length in zip(center_xy, (frame_hw[1], frame_hw[0]), strict=True)
    )
    return Window(
        left=left,
        top=top,
        columns=columns,
        rows=rows,
        out_size=out_size,
        color=tuple(np.asarray(fill, np.float64).tolist()),
        in_float=True,
    )


def _inclusive(middle: float, size: int, length: int) -> tuple[int, int]:
    """First pixel and number of pixels of a square along an axis of ``length`` pixels."""
    first, last = math.trunc(middle - size / 2), math.trunc(middle + size / 2)
    return first, max(last - first + (1 if last < length else 0), 1)
