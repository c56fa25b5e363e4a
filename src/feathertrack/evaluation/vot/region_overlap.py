"""Overlap of regions by counting pixels, as the evaluators of VOT up to 2019 do it, exact.

Two rules: ``pysot`` (bit for bit its float32 numbers) and ``toolkit`` (VOT toolkit 0.8). They
differ by a few hundredths for small objects; ``raster_rules`` says why. Pixels are never painted:
a region is one run per row, and runs are intersected.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.masks import spans_of_masks
from feathertrack.evaluation.vot.raster_rules import (
    PysotRule,
    RuleName,
    Shapes,
    ToolkitRule,
    Windows,
)
from feathertrack.evaluation.vot.regions import Flags, Integers, RegionKind, Regions
from feathertrack.evaluation.vot.scanlines import scan
from feathertrack.evaluation.vot.spans import Spans, join

Overlaps = NDArray[np.float32] | NDArray[np.float64]
Rule = PysotRule | ToolkitRule

RULES: dict[RuleName, Rule] = {"pysot": PysotRule(), "toolkit": ToolkitRule()}


def region_overlaps(
    first: Regions, second: Regions, *, size_wh: ArrayLike | None = None, rule: RuleName = "pysot"
) -> Overlaps:
    """Overlap of each region with the one of the same number.

    Args:
        first: N regions.
        second: N regions.
        size_wh: width and height of the image, of all or one row each; None: there are no bounds.
            pysot passes (w, h) for accuracy and (w - 1, h - 1) for the expected average overlap.
        rule: ``pysot`` or ``toolkit``.

    Returns:
        (N,) numbers from 0 to 1. pysot: float32, NaN where a region is special or neither has a
        pixel. toolkit: float64; a special has no pixel; two regions that together are one pixel
        wide or high, or both empty, count as equal.

    Raises:
        InputError: the numbers of regions differ, or a kind of region has no pixels in this rule.

    >>> box, moved = Regions.from_rows([[0, 0, 10, 10]]), Regions.from_rows([[5, 0, 10, 10]])
    >>> region_overlaps(box, moved, rule="pysot"), region_overlaps(box, moved, rule="toolkit")
    (array([0.375], dtype=float32), array([0.33333333]))
    """
    if len(first) != len(second):
        raise InputError(f"{len(first)} regions cannot be compared with {len(second)}")
    size = None if size_wh is None else image_sizes(size_wh, len(first))
    chosen = RULES[rule]
    return overlaps_of_shapes(chosen.shapes(first), chosen.shapes(second), size, chosen)


def image_sizes(size_wh: ArrayLike, count: int) -> Integers:
    """Width and height as one row for each of ``count`` regions, int64 (count, 2).

    Raises:
        InputError: neither one size nor one for each.
    """
    size = np.asarray(size_wh, dtype=np.int64)
    if size.shape not in ((2,), (count, 2)):
        raise InputError(f"image sizes of shape {size.shape}, expected (2,) or ({count}, 2)")
    return np.broadcast_to(size, (count, 2))


def overlaps_of_shapes(
    first: Shapes, second: Shapes, size_wh: Integers | None, rule: Rule
) -> Overlaps:
    """Overlap of regions that a rule has prepared."""
    windows = rule.windows(first, second, size_wh)
    value = windows.value.copy()
    box_first, box_second = first.is_box, second.is_box
    for is_box_first in (True, False):
        for is_box_second in (True, False):
            here = windows.is_open & (box_first == is_box_first) & (box_second == is_box_second)
            index = np.flatnonzero(here)
            if len(index):
                some = windows[index]
                one, two = (_Painted(shapes[index], some, rule) for shapes in (first, second))
                shared = one.shared(two)
                value[index] = rule.ratio(shared, one.area + two.area - shared)
    return value


class _Painted:
    """N shapes in their windows, all of them boxes or none."""

    def __init__(self, shapes: Shapes, windows: Windows, rule: Rule) -> None:
        self.boxes: Integers | None = None
        if shapes.is_box[0]:
            self.boxes = rule.boxes(shapes, windows)
            self.area = box_areas(self.boxes)
        else:
            self.spans, _ = paint(shapes, windows, rule)
            self.area = self.spans.areas()

    def shared(self, other: _Painted) -> Integers:
        """Pixels that lie in both, one number a region."""
        if self.boxes is None:
            if other.boxes is None:
                return self.spans.shared(other.spans)
            return self.spans.shared_with_boxes(other.boxes)
        if other.boxes is None:
            return other.spans.shared_with_boxes(self.boxes)
        low = np.maximum(self.boxes[:, :2], other.boxes[:, :2])
        high = np.minimum(self.boxes[:, 2:], other.boxes[:, 2:])
        return box_areas(np.concatenate([low, high], axis=1))


def paint(shapes: Shapes, windows: Windows, rule: Rule) -> tuple[Spans, Flags]:
    """Pixels of shapes that are no rectangles, and which are fragile (see ``scanlines.scan``)."""
    kind = shapes.regions.kind
    polygons = np.flatnonzero(kind == RegionKind.POLYGON)
    masks = np.flatnonzero(kind == RegionKind.MASK)
    fragile = np.zeros(len(kind), dtype=np.bool_)
    corners = rule.polygons(shapes[polygons], windows.origin[polygons])
    scanned, fragile[polygons] = scan(corners, windows.last[polygons], walk=rule.walk)
    window = np.concatenate([windows.origin, windows.origin + windows.last], axis=1)
    copied = spans_of_masks(shapes.regions[masks]).moved_into(window[masks])
    return join([(polygons, scanned), (masks, copied)], num=len(kind)), fragile


def box_areas(boxes: Integers) -> Integers:
    """Pixels in boxes (N, 4) of first and last columns and rows."""
    size = np.maximum(boxes[:, 2:] - boxes[:, :2] + 1, 0)
    return np.asarray(size[:, 0] * size[:, 1])
