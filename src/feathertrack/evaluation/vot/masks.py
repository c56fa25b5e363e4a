"""Masks: run lengths as VOT files hold them, to and from pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.regions import (
    Flags,
    Floats,
    Integers,
    RegionKind,
    Regions,
    offsets,
)
from feathertrack.evaluation.vot.spans import Spans, spans_of_runs

PIXELS_LIMIT = 1 << 28
"""A mask of more pixels is refused before anything of its size is made."""


def encode_mask(mask: Flags, *, corner_xy: tuple[int, int] = (0, 0)) -> Floats:
    """The numbers of a mask region: x, y, width, height, then run lengths, zeros first.

    Args:
        mask: bool (height, width).
        corner_xy: where its first pixel lies in the image.

    >>> encode_mask(np.array([[0, 1], [1, 0]], dtype=bool), corner_xy=(5, 6))
    array([5., 6., 2., 2., 1., 2., 1.])
    """
    pixels = np.asarray(mask, dtype=np.bool_)
    flat = pixels.reshape(-1)
    edges = np.flatnonzero(np.diff(flat)) + 1
    runs = np.diff(np.r_[0, edges, len(flat)])
    if len(flat) and flat[0]:
        runs = np.r_[0, runs]
    height, width = pixels.shape
    return np.asarray(np.r_[corner_xy, width, height, runs], dtype=np.float64)


def decode_mask(region: Floats) -> Flags:
    """Pixels (height, width) of the numbers of a mask region; missing run lengths are zeros.

    Raises:
        InputError: the runs do not fit the size, or the mask has over ``PIXELS_LIMIT`` pixels.
    """
    width, height = check_mask(region)
    runs = region[4:].astype(np.int64)
    flat = np.zeros(width * height, dtype=np.bool_)
    painted = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    flat[: len(painted)] = painted
    return flat.reshape(height, width)


def check_mask(region: Floats) -> tuple[int, int]:
    """Width and height of the numbers of a mask region.

    Raises:
        InputError: they are no mask, or one that is too large.
    """
    if len(region) < 4 or not np.isfinite(region).all() or (region[2:] < 0).any():
        raise InputError(f"a mask of {len(region)} numbers is not x, y, width, height, runs")
    width, height = int(region[2]), int(region[3])
    if width * height > PIXELS_LIMIT:
        raise InputError(f"a mask of {width} x {height} pixels is too large")
    if region[4:].sum() > width * height:
        raise InputError(
            f"the runs of a mask hold {region[4:].sum():g} pixels, its size is {width} x {height}"
        )
    return width, height


def mask_extents(regions: Regions) -> Integers:
    """First column, first row, last column, last row of each mask's own array, shape (N, 4)."""
    x, y, w, h = regions.values[regions.start[:-1][:, None] + np.arange(4)].astype(np.int64).T
    return np.stack([x, y, x + w - 1, y + h - 1], axis=1)


def spans_of_masks(regions: Regions) -> Spans:
    """Pixels of N regions that are all masks.

    Raises:
        InputError: one of them is not a mask, or is malformed.
    """
    if (regions.kind != RegionKind.MASK).any():
        raise InputError("a region that is not a mask stands among masks")
    for index in range(len(regions)):
        check_mask(regions.row(index))
    if not len(regions):
        return spans_of_runs(*_no_runs(), num=0)
    corner = regions.values[regions.start[:-1][:, None] + np.arange(4)].astype(np.int64)
    owner, begin, end = _painted_runs(regions)
    width = corner[owner, 2]
    first, last = begin // width, (end - 1) // width
    num = last - first + 1
    nth = np.arange(num.sum()) - np.repeat(offsets(num)[:-1], num)
    owner, begin, end, width = (np.repeat(a, num) for a in (owner, begin, end, width))
    row = np.repeat(first, num) + nth
    left = np.maximum(begin, row * width) - row * width
    right = np.minimum(end, (row + 1) * width) - row * width - 1
    columns = (left + corner[owner, 0], right + corner[owner, 0])
    return spans_of_runs(owner, row + corner[owner, 1], columns, num=len(regions))


def _painted_runs(regions: Regions) -> tuple[Integers, Integers, Integers]:
    """Owner, begin and end (in pixels of the flat mask) of all runs of ones that are not empty."""
    size = np.diff(regions.start)
    position = np.arange(regions.start[-1]) - np.repeat(regions.start[:-1], size)
    runs = np.where(position < 4, 0, regions.values).astype(np.int64)
    end = np.cumsum(runs)
    before = np.r_[0, end][regions.start[:-1]]
    owner = np.repeat(np.arange(len(regions)), size)
    end -= before[owner]
    painted = (position > 4) & (position % 2 == 1) & (runs > 0)
    return owner[painted], (end - runs)[painted], end[painted]


def _no_runs() -> tuple[Integers, Integers, tuple[Integers, Integers]]:
    empty: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    return empty, empty, (empty, empty)
