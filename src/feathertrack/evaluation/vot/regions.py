"""Regions: what a VOT ground truth or result holds for each frame, many at once.

A region is a special code (one number), a rectangle x,y,w,h, a polygon x1,y1,x2,y2,... of three
or more corners, a mask x,y,w,h and runs of pixels, or a point x,y. Codes of a result: 1 the
tracker was started, 2 it failed, 0 nothing is known. Everything is as annotated, never shifted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.errors import InputError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


class RegionKind(IntEnum):
    """What a region is; the numbers are those of the VOT toolkit's binary files."""

    SPECIAL = 0
    RECTANGLE = 1
    POLYGON = 2
    MASK = 3
    POINT = 4


UNKNOWN, STARTED, FAILED = 0, 1, 2
"""The special codes: no output in this frame, started in it, failed in it."""
NO_CODE = 255
"""The code of a region that is not special."""


@dataclass(frozen=True, eq=False)
class Regions:
    """N regions of any kinds, in one flat array.

    Attributes:
        kind: uint8 (N,), a ``RegionKind`` each.
        start: int64 (N + 1,); region i is ``values[start[i]:start[i + 1]]``.
        values: float64; the code of a special, x,y,w,h of a rectangle, the corners of a polygon,
            x,y,w,h and then run lengths (zeros first, row by row) of a mask, x,y of a point.
    """

    kind: NDArray[np.uint8]
    start: Integers
    values: Floats

    def __len__(self) -> int:
        return len(self.kind)

    def __getitem__(self, which: slice | Integers | Flags | Sequence[int]) -> Regions:
        """Some of the regions, by slice, index array or mask."""
        chosen = np.arange(len(self))[which]
        size = np.diff(self.start)[chosen]
        start = offsets(size)
        index = np.arange(start[-1]) + np.repeat(self.start[chosen] - start[:-1], size)
        return Regions(self.kind[chosen], start, self.values[index])

    def row(self, index: int) -> Floats:
        """The numbers of one region."""
        return self.values[self.start[index] : self.start[index + 1]]

    @property
    def codes(self) -> NDArray[np.uint8]:
        """Special code of each region, ``NO_CODE`` where it is not special, shape (N,)."""
        codes = np.full(len(self), NO_CODE, dtype=np.uint8)
        special = self.kind == RegionKind.SPECIAL
        codes[special] = self.values[self.start[:-1][special]]
        return codes

    def is_empty(self) -> Flags:
        """True where nothing is covered: specials, rectangles of no size, masks of no pixel."""
        empty = self.kind == RegionKind.SPECIAL
        rows = np.flatnonzero(self.kind == RegionKind.RECTANGLE)
        size = self.values[self.start[rows][:, None] + np.array([2, 3])]
        empty[rows] = (size <= 0).any(axis=1)
        for index in np.flatnonzero(self.kind == RegionKind.MASK).tolist():
            empty[index] = not self.row(index)[5::2].any()
        return np.asarray(empty)

    def boxes_xywh(self) -> Floats:
        """Rectangles as they are, the smallest box around the corners of polygons, else NaN."""
        boxes = np.full((len(self), 4), np.nan)
        rows = np.flatnonzero(self.kind == RegionKind.RECTANGLE)
        boxes[rows] = self.values[self.start[rows][:, None] + np.arange(4)]
        rows = np.flatnonzero(self.kind == RegionKind.POLYGON)
        if len(rows):
            polygons = self[rows]
            corners, first = polygons.values.reshape(-1, 2), polygons.start[:-1] // 2
            low = np.minimum.reduceat(corners, first)
            high = np.maximum.reduceat(corners, first)
            boxes[rows] = np.concatenate([low, high - low], axis=1)
        return boxes

    @staticmethod
    def from_rows(rows: ArrayLike) -> Regions:
        """Regions of an array (N, 4) of boxes or (N, 2n) of polygons, padded with NaN.

        A row of 4 numbers is a rectangle, one of 6 or more a polygon, one of 1 a special code;
        a row of NaN, or with a NaN or an infinity between numbers, is the special 0: the target
        is absent.

        >>> Regions.from_rows([[1, 2, 3, 4], [np.nan] * 4]).kind
        array([1, 0], dtype=uint8)
        """
        table = np.asarray(rows, dtype=np.float64)
        if table.ndim != 2:
            raise InputError(f"regions of shape {table.shape}, expected one row each")
        known = np.isfinite(table)
        size = np.where(known.any(axis=1), table.shape[1] - known[:, ::-1].argmax(axis=1), 0)
        whole = (known.sum(axis=1) == size) & (size > 0)
        table, size = np.where(whole[:, None], table, 0.0), np.where(whole, size, 1)
        return _from_flat(table[np.arange(table.shape[1]) < size[:, None]], size)

    @staticmethod
    def from_boxes(boxes_xywh: Floats, codes: NDArray[np.uint8] | None = None) -> Regions:
        """Rectangles (N, 4), and specials where ``codes`` (N,) is not ``NO_CODE``."""
        boxes = np.asarray(boxes_xywh, dtype=np.float64)
        if codes is None:
            return Regions.from_rows(boxes)
        special = np.asarray(codes) != NO_CODE
        table = np.where(special[:, None], np.nan, boxes)
        table[:, 0] = np.where(special, codes, table[:, 0])
        return Regions.from_rows(table)

    @staticmethod
    def from_list(regions: Iterable[Sequence[float] | Floats]) -> Regions:
        """One region for each list of numbers; their count tells the kind (no masks).

        A list with a number that is not finite is the special 0.
        """
        rows = [np.asarray(region, dtype=np.float64).reshape(-1) for region in regions]
        rows = [row if np.isfinite(row).all() else np.zeros(1) for row in rows]
        size = np.array([len(row) for row in rows], dtype=np.int64)
        return _from_flat(np.concatenate([*rows, np.empty(0)]), size)

    @staticmethod
    def specials(count: int, code: int = UNKNOWN) -> Regions:
        """``count`` times the same special code."""
        start = np.arange(count + 1, dtype=np.int64)
        return Regions(np.zeros(count, dtype=np.uint8), start, np.full(count, float(code)))

    @staticmethod
    def concatenate(parts: Sequence[Regions]) -> Regions:
        """All regions of several arrays, one after another."""
        sizes = [np.diff(part.start) for part in parts]
        return Regions(
            np.concatenate([*(part.kind for part in parts), np.empty(0, dtype=np.uint8)]),
            offsets(np.concatenate([*sizes, np.empty(0, dtype=np.int64)])),
            np.concatenate([*(part.values for part in parts), np.empty(0)]),
        )


def offsets(size: Integers) -> Integers:
    """Where each of several stretches of the given sizes begins, and the end of the last.

    >>> offsets(np.array([2, 3]))
    array([0, 2, 5])
    """
    start = np.zeros(len(size) + 1, dtype=np.int64)
    np.cumsum(size, out=start[1:])
    return start


def kind_of_size(size: Integers) -> NDArray[np.uint8]:
    """Kind of a region (no mask) that has this many numbers: 1, 2, 4, or 6 and more, even.

    Raises:
        InputError: no region has so many numbers.
    """
    wrong = (size < 1) | (size == 3) | ((size > 4) & (size % 2 == 1))
    if wrong.any():
        index = int(wrong.argmax())
        raise InputError(
            f"region {index + 1} has {size[index]} numbers, expected 1 (a code), 2 (a point), "
            "4 (x,y,w,h) or 6, 8, ... (a polygon)"
        )
    kind = np.full(size.shape, RegionKind.POLYGON, dtype=np.uint8)
    kind[size == 1] = RegionKind.SPECIAL
    kind[size == 2] = RegionKind.POINT
    kind[size == 4] = RegionKind.RECTANGLE
    return kind


def _from_flat(values: Floats, size: Integers) -> Regions:
    return Regions(kind_of_size(size), offsets(size), values)
