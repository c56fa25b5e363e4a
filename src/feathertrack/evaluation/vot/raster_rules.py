"""What the two evaluators do to regions before they count pixels: rounding, extents, the window.

Both count the pixels of two regions in a window around them, cut to the image. They differ in
nearly everything else; ``region_overlap`` holds what they share.

- pysot (``region.c``, VOT's own C code of that time): float32; a rectangle is the polygon of its
  corners, x to x + w, so it paints w + 1 columns; corners are rounded half away from zero after the
  window's corner is subtracted; the image reaches to column w and row h.
- VOT toolkit 0.8 (``vot.region.raster``): every number is rounded half to even first; a rectangle
  paints x to x + w - 1; the image reaches to column w - 1 and row h - 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.masks import mask_extents
from feathertrack.evaluation.vot.regions import Flags, Integers, RegionKind, Regions, offsets
from feathertrack.evaluation.vot.scanlines import Polygons

RuleName = Literal["pysot", "toolkit"]
Numbers = NDArray[np.float64] | NDArray[np.float32]

_LARGEST = 1e9  # beyond any picture: what a diverged tracker reports stays within integers


@dataclass(frozen=True, eq=False)
class Shapes:
    """N regions as one rule sees them.

    Attributes:
        regions: what they are made of.
        outline: (N, 4) left, top, right, bottom of each, as it is annotated (pysot) or as its
            pixels lie (toolkit).
    """

    regions: Regions
    outline: Numbers

    @property
    def is_box(self) -> Flags:
        """Which are rectangles, (N,)."""
        return np.asarray(self.regions.kind == RegionKind.RECTANGLE)

    def __getitem__(self, which: Integers) -> Shapes:
        """Some of the shapes."""
        return Shapes(self.regions[which], self.outline[which])


@dataclass(frozen=True, eq=False)
class Windows:
    """Where the pixels of N pairs are counted.

    Attributes:
        origin: int64 (N, 2) first column and row.
        last: int64 (N, 2) last column and row, counted from the origin.
        value: (N,) overlap of the pairs that need no counting.
        is_open: (N,) True where pixels must be counted.
    """

    origin: Integers
    last: Integers
    value: Numbers
    is_open: Flags

    def __getitem__(self, which: Integers) -> Windows:
        """Some of the windows."""
        return Windows(self.origin[which], self.last[which], self.value[which], self.is_open[which])


class PysotRule:
    """pysot's: float32, w + 1 columns, a special compares as NaN."""

    walk: RuleName = "pysot"

    def shapes(self, regions: Regions) -> Shapes:
        """Regions as pysot sees them; the outline is exact, not yet widened to pixels.

        Raises:
            InputError: a mask or a point, which pysot cannot compare.
        """
        _refuse(regions, (RegionKind.MASK, RegionKind.POINT), rule=self.walk)
        outline = np.full((len(regions), 4), np.nan, dtype=np.float32)
        box = _single(_rows_of(regions, RegionKind.RECTANGLE, 4))
        rows = regions.kind == RegionKind.RECTANGLE
        end = box[:, :2] + box[:, 2:]  # before x where the width is negative
        low, high = np.minimum(box[:, :2], end), np.maximum(box[:, :2], end)
        outline[rows] = np.concatenate([low, high], axis=1)
        _outline_polygons(regions, _single(regions.values), outline)
        return Shapes(regions, outline)

    def windows(self, first: Shapes, second: Shapes, size_wh: Integers | None) -> Windows:
        """Where to count; decided are pairs that do not meet, or differ in size beyond measure."""
        one, two = (self._extent(shapes, size_wh) for shapes in (first, second))
        low, high = np.fmin(one[:, :2], two[:, :2]), np.fmax(one[:, 2:], two[:, 2:])
        origin = _integers(low)
        last = _integers(high - low)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            area_one, area_two = ((e[:, 2] - e[:, 0]) * (e[:, 3] - e[:, 1]) for e in (one, two))
            tiny = (area_one / area_two < 1e-10) | (area_two / area_one < 1e-10)
            sides = np.minimum(one[:, 2:], two[:, 2:]) - np.maximum(one[:, :2], two[:, :2])
            shared = sides[:, 0] * sides[:, 1]
            # Two areas of 0 make both quotients NaN, which is neither tiny nor 0: such a pair is
            # painted. So is one whose two sides are both negative (their product is not).
            apart = np.maximum(shared / (area_one + area_two - shared), 0) == 0
        special = np.isnan(one[:, 0]) | np.isnan(two[:, 0])
        value = np.where(special, np.float32(np.nan), np.float32(0))
        is_open: Flags = ~(special | tiny | apart | _either(last < 0))
        return Windows(origin, last, value, is_open)

    def last_pixel(self, size_wh: Integers) -> Integers:
        """Last column w and row h: one more than the image has."""
        return size_wh

    def boxes(self, shapes: Shapes, windows: Windows) -> Integers:
        """Painted pixels of rectangles: none where two opposite sides fall on the same pixels."""
        corner = np.tile(windows.origin.astype(np.float32), 2)
        low, high = np.split(_integers(_half_away(shapes.outline - corner)), 2, axis=1)
        return _cut(low, np.where(_either(low == high)[:, None], -1, high), windows.last)

    def polygons(self, shapes: Shapes, origin: Integers) -> Polygons:
        """Corners of shapes that are all polygons, counted from the origin of each."""
        regions = shapes.regions
        corners = _single(regions.values).reshape(-1, 2)
        shift = np.repeat(origin.astype(np.float32), np.diff(regions.start) // 2, axis=0)
        x, y = _integers(_half_away(corners - shift)).T
        return Polygons(x, y, regions.start // 2)

    def ratio(self, shared: Integers, union: Integers) -> NDArray[np.float32]:
        """Overlap in float32; NaN where neither region has a pixel."""
        with np.errstate(invalid="ignore"):
            quotient = shared.astype(np.float32) / union.astype(np.float32)
        return np.asarray(quotient, dtype=np.float32)

    def _extent(self, shapes: Shapes, size_wh: Integers | None) -> NDArray[np.float32]:
        low, high = np.floor(shapes.outline[:, :2]), np.ceil(shapes.outline[:, 2:])
        if size_wh is not None:
            low, high = np.maximum(low, 0), np.minimum(high, size_wh.astype(np.float32))
        return np.concatenate([low, high], axis=1)


class ToolkitRule:
    """The VOT toolkit's: integers first, w columns, a special has no pixel."""

    walk: RuleName = "toolkit"

    def shapes(self, regions: Regions) -> Shapes:
        """Regions as the toolkit sees them; the outline holds first and last columns and rows.

        Raises:
            InputError: a point, which has no pixels.
        """
        _refuse(regions, (RegionKind.POINT,), rule=self.walk)
        outline = np.zeros((len(regions), 4))
        box = np.rint(_single(_rows_of(regions, RegionKind.RECTANGLE, 4)))
        rows = regions.kind == RegionKind.RECTANGLE
        outline[rows] = np.concatenate([box[:, :2], box[:, :2] + box[:, 2:] - 1], axis=1)
        _outline_polygons(regions, np.rint(_single(regions.values)), outline)
        masks = np.flatnonzero(regions.kind == RegionKind.MASK)
        outline[masks] = mask_extents(regions[masks])
        return Shapes(regions, outline)

    def windows(self, first: Shapes, second: Shapes, size_wh: Integers | None) -> Windows:
        """Where to count; pairs that together are one pixel wide or high count as equal (1)."""
        low = np.minimum(first.outline[:, :2], second.outline[:, :2])
        high = np.maximum(first.outline[:, 2:], second.outline[:, 2:])
        thin = _either(low >= high)
        if size_wh is not None:
            low, high = np.maximum(low, 0), np.minimum(high, size_wh - 1)
        is_open = ~(thin | _either(low >= high))
        value = np.where(thin, 1.0, 0.0)
        return Windows(_integers(low), _integers(high - low), value, is_open)

    def last_pixel(self, size_wh: Integers) -> Integers:
        """Last column w - 1 and row h - 1."""
        return size_wh - 1

    def boxes(self, shapes: Shapes, windows: Windows) -> Integers:
        """Painted pixels of rectangles."""
        sides = _integers(shapes.outline) - np.tile(windows.origin, 2)
        return _cut(sides[:, :2], sides[:, 2:], windows.last)

    def polygons(self, shapes: Shapes, origin: Integers) -> Polygons:
        """Corners of shapes that are all polygons, counted from the origin of each."""
        regions = shapes.regions
        corners = _integers(np.rint(_single(regions.values))).reshape(-1, 2)
        x, y = (corners - np.repeat(origin, np.diff(regions.start) // 2, axis=0)).T
        return Polygons(x, y, regions.start // 2)

    def ratio(self, shared: Integers, union: Integers) -> NDArray[np.float64]:
        """Overlap; 0 where neither region has a pixel."""
        quotient = np.divide(shared, union, out=np.zeros(len(union)), where=union > 0)
        return np.asarray(quotient, dtype=np.float64)


def _refuse(regions: Regions, kinds: tuple[RegionKind, ...], *, rule: RuleName) -> None:
    for kind in kinds:
        if (regions.kind == kind).any():
            index = int(np.argmax(regions.kind == kind))
            raise InputError(
                f"region {index + 1} is a {kind.name.lower()}, which the overlap rule {rule!r} "
                "cannot compare"
            )


def _rows_of(regions: Regions, kind: RegionKind, size: int) -> NDArray[np.float64]:
    first = regions.start[:-1][regions.kind == kind]
    return np.asarray(regions.values[first[:, None] + np.arange(size)])


def _outline_polygons(regions: Regions, values: Numbers, outline: Numbers) -> None:
    """Write the outline of polygons into their rows."""
    rows = np.flatnonzero(regions.kind == RegionKind.POLYGON)
    if not len(rows):
        return
    size = np.diff(regions.start)[rows]
    start = offsets(size)
    index = np.arange(start[-1]) + np.repeat(regions.start[rows] - start[:-1], size)
    corners, first = values[index].reshape(-1, 2), start[:-1] // 2
    outline[rows, :2] = np.minimum.reduceat(corners, first)
    outline[rows, 2:] = np.maximum.reduceat(corners, first)


def _either(pairs: Flags) -> Flags:
    """Whether one of two columns is True; several times faster than any(axis=1)."""
    return np.asarray(pairs[:, 0] | pairs[:, 1])


def _single(values: Numbers) -> NDArray[np.float32]:
    return np.asarray(np.clip(values, -_LARGEST, _LARGEST), dtype=np.float32)


def _half_away(values: Numbers) -> NDArray[np.float64]:
    """Round to integers, halves away from zero, as C's round()."""
    exact = values.astype(np.float64)
    return np.asarray(np.copysign(np.floor(np.abs(exact) + 0.5), exact))


def _integers(values: Numbers) -> Integers:
    whole = np.clip(np.nan_to_num(values, nan=0.0), -_LARGEST, _LARGEST)
    return np.asarray(whole).astype(np.int64)


def _cut(low: Integers, high: Integers, last: Integers) -> Integers:
    """Boxes of first and last pixels, cut to a window that begins at 0."""
    return np.concatenate([np.maximum(low, 0), np.minimum(high, last)], axis=1)
