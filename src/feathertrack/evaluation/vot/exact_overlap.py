"""Overlap of regions by exact area, as the got10k toolkit compares polygons.

The area of a polygon within a box is an integral along its edges. The shared area of two polygons
is that of the triangles which both fan out from their first corner, each triangle with the sign of
its direction; this holds for any polygon that does not cross itself, convex or not.

Shapes: N pairs.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.region_overlap import image_sizes
from feathertrack.evaluation.vot.regions import Floats, Integers, RegionKind, Regions, offsets

_PAIRS_AT_ONCE = 1 << 14
_LARGEST = 1e9  # beyond any picture: squares of what a diverged tracker reports stay finite
_UPRIGHT = 1e-200  # edges that go less far to the side are upright, in pixels


def exact_overlaps(first: Regions, second: Regions, *, size_wh: ArrayLike | None = None) -> Floats:
    """Area that two regions share over the area that either covers, both cut to the image.

    Args:
        first: N rectangles, polygons or specials.
        second: N of them.
        size_wh: width and height of the image, of all or one row each; None: nothing is cut.

    Returns:
        (N,) numbers from 0 to 1, NaN where a region is special. As in got10k the smallest float
        step is added to the covered area, so that two regions of no area have the overlap 0.

    Raises:
        InputError: the numbers of regions differ, or one is a mask or a point.

    >>> square, moved = Regions.from_rows([[0, 0, 2, 2]]), Regions.from_rows([[1, 0, 2, 2]])
    >>> exact_overlaps(square, moved).round(6)
    array([0.333333])
    """
    if len(first) != len(second):
        raise InputError(f"{len(first)} regions cannot be compared with {len(second)}")
    overlap = np.full(len(first), np.nan)
    index = np.flatnonzero(_has_area(first) & _has_area(second))
    one, two = (_within_reason(regions[index]) for regions in (first, second))
    if size_wh is None:
        image = _frame_around(one, two)
    else:
        size = image_sizes(size_wh, len(first))[index]
        image = np.concatenate([np.zeros_like(size), size], axis=1).astype(np.float64)
    shared = _shared_areas(one, two, image)
    covered = _areas_within(one, image) + _areas_within(two, image) - shared
    overlap[index] = np.clip(shared / (covered + np.finfo(np.float64).eps), 0.0, 1.0)
    return overlap


def _within_reason(regions: Regions) -> Regions:
    return replace(regions, values=np.clip(regions.values, -_LARGEST, _LARGEST))


def _has_area(regions: Regions) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    for kind in (RegionKind.MASK, RegionKind.POINT):
        if (regions.kind == kind).any():
            index = int(np.argmax(regions.kind == kind))
            raise InputError(
                f"region {index + 1} is a {kind.name.lower()}; areas need rectangles or polygons"
            )
    return np.asarray(regions.kind != RegionKind.SPECIAL)


def _frame_around(first: Regions, second: Regions) -> Floats:
    """A box (N, 4) around each pair, which cuts nothing; areas are measured from its sides."""
    if not len(first):
        return np.zeros((0, 4))
    low, high = [], []
    for regions in (first, second):
        corners, start = _corners(regions)
        low.append(np.minimum.reduceat(corners, start[:-1]))
        high.append(np.maximum.reduceat(corners, start[:-1]))
    return np.concatenate([np.minimum(*low), np.maximum(*high)], axis=1)


def _shared_areas(first: Regions, second: Regions, image: Floats) -> Floats:
    shared = np.zeros(len(first))
    box_first = first.kind == RegionKind.RECTANGLE
    box_second = second.kind == RegionKind.RECTANGLE
    for index, boxes, others in (
        (np.flatnonzero(box_second), second, first),
        (np.flatnonzero(box_first & ~box_second), first, second),
    ):
        within = _cut(_sides(boxes[index]), image[index])
        shared[index] = _areas_within(others[index], within)
    index = np.flatnonzero(~box_first & ~box_second)
    for begin in range(0, len(index), _PAIRS_AT_ONCE):
        some = index[begin : begin + _PAIRS_AT_ONCE]
        shared[some] = _shared_by_triangles(first[some], second[some], image[some])
    return shared


def _sides(boxes: Regions) -> Floats:
    box = boxes.values.reshape(-1, 4)
    end = box[:, :2] + box[:, 2:]
    return np.concatenate([np.minimum(box[:, :2], end), np.maximum(box[:, :2], end)], axis=1)


def _cut(box: Floats, image: Floats) -> Floats:
    low = np.maximum(box[:, :2], image[:, :2])
    return np.concatenate([low, np.maximum(np.minimum(box[:, 2:], image[:, 2:]), low)], axis=1)


def _corners(regions: Regions) -> tuple[Floats, Integers]:
    """Corners (C, 2) of rectangles and polygons, and where those of each begin."""
    is_box = regions.kind == RegionKind.RECTANGLE
    num = np.where(is_box, 4, np.diff(regions.start) // 2)
    start = offsets(num)
    corners = np.empty((start[-1], 2))
    boxes = _sides(regions[np.flatnonzero(is_box)])
    corners[start[:-1][is_box][:, None] + np.arange(4)] = boxes[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]
    rest = np.repeat(~is_box, num)
    corners[rest] = regions[np.flatnonzero(~is_box)].values.reshape(-1, 2)
    return corners, start


def _areas_within(regions: Regions, box: Floats) -> Floats:
    """Area of each region inside a box (N, 4) of left, top, right, bottom."""
    if not len(regions):
        return np.zeros(0)
    corners, start = _corners(regions)
    num = np.diff(start)
    before = np.arange(len(corners)) - 1
    before[start[:-1]] = start[1:] - 1
    left, top, right, bottom = np.repeat(box, num, axis=0).T
    (x0, y0), (x1, y1) = corners[before].T, corners.T
    # An upright edge has nothing below it; one that is all but upright would divide by next to 0.
    run = np.where(np.abs(x1 - x0) < _UPRIGHT, 1.0, x1 - x0)
    begin, end = np.clip(x0, left, right), np.clip(x1, left, right)
    high = _mean_below(
        y0 + (y1 - y0) * ((begin - x0) / run), y0 + (y1 - y0) * ((end - x0) / run), top, bottom
    )
    return np.abs(np.add.reduceat((end - begin) * high, start[:-1]))


def _mean_below(begin: Floats, end: Floats, top: Floats, bottom: Floats) -> Floats:
    """Mean of min(max(y, top), bottom) - top while y goes evenly from ``begin`` to ``end``."""
    rise = np.where(end == begin, 1.0, end - begin)
    at_top, at_bottom = (np.clip((side - begin) / rise, 0.0, 1.0) for side in (top, bottom))
    bends = [np.zeros_like(rise), np.minimum(at_top, at_bottom), np.maximum(at_top, at_bottom)]
    bends.append(np.ones_like(rise))
    heights = [np.clip(begin + (end - begin) * bend, top, bottom) - top for bend in bends]
    return sum(
        (bends[i + 1] - bends[i]) * (heights[i] + heights[i + 1]) / 2 for i in range(3)
    ) + np.zeros_like(rise)


def _shared_by_triangles(first: Regions, second: Regions, image: Floats) -> Floats:
    triangles_a, owner_a = _fans(first)
    triangles_b, owner_b = _fans(second)
    num_a = np.bincount(owner_a, minlength=len(first))
    num_b = np.bincount(owner_b, minlength=len(first))
    pairs = offsets(num_a * num_b)
    owner = np.repeat(np.arange(len(first)), num_a * num_b)
    nth = np.arange(pairs[-1]) - pairs[owner]
    a = triangles_a[offsets(num_a)[owner] + nth // num_b[owner]]
    b = triangles_b[offsets(num_b)[owner] + nth % num_b[owner]]
    sign_b = np.sign(_twice_area(b))
    shared = clip_convex(a, np.where((sign_b < 0)[:, None, None], b[:, ::-1], b))
    left, top, right, bottom = image[owner].T
    frame = np.stack([left, top, right, top, right, bottom, left, bottom], 1).reshape(-1, 4, 2)
    signed = _twice_area(clip_convex(shared, frame)) / 2 * sign_b
    return np.abs(np.bincount(owner, weights=signed, minlength=len(first)))


def _fans(regions: Regions) -> tuple[Floats, Integers]:
    """Triangles (T, 3, 2) from the first corner of each polygon, and whose they are."""
    corners, start = _corners(regions)
    num = np.diff(start) - 2
    owner = np.repeat(np.arange(len(regions)), num)
    second = np.arange(num.sum()) - offsets(num)[owner] + start[owner] + 1
    return np.stack([corners[start[owner]], corners[second], corners[second + 1]], axis=1), owner


def _twice_area(polygons: Floats) -> Floats:
    """Twice the signed area of polygons (N, V, 2); corners may repeat."""
    relative = polygons - polygons[:, :1]
    following = np.roll(relative, -1, axis=1)
    cross = relative[..., 0] * following[..., 1] - relative[..., 1] * following[..., 0]
    return np.asarray(cross.sum(axis=1))


def clip_convex(polygons: Floats, clips: Floats) -> Floats:
    """Cut polygons (N, V, 2) to convex ones (N, W, 2) of positive direction, corner by corner.

    Returns:
        (N, V', 2) in the direction of ``polygons``; corners repeat where there are fewer than V'.
    """
    for nth in range(clips.shape[1]):
        begin, end = clips[:, nth], clips[:, (nth + 1) % clips.shape[1]]
        polygons = _clip_half_plane(polygons, begin[:, None], (end - begin)[:, None])
    return polygons


def _clip_half_plane(polygons: Floats, point: Floats, along: Floats) -> Floats:
    """The part on the left of a line (y down: on the right), Sutherland and Hodgman."""
    offset = polygons - point
    side = along[..., 0] * offset[..., 1] - along[..., 1] * offset[..., 0]
    following, side_after = np.roll(polygons, -1, axis=1), np.roll(side, -1, axis=1)
    inside = side >= 0
    crosses = inside != (side_after >= 0)
    share = np.divide(side, side - side_after, out=np.zeros_like(side), where=crosses)
    crossing = polygons + share[..., None] * (following - polygons)
    count, size = polygons.shape[:2]
    corners = np.stack([polygons, crossing], axis=2).reshape(count, 2 * size, 2)
    kept = np.stack([inside, crosses], axis=2).reshape(count, 2 * size)
    order = np.argsort(~kept, axis=1, kind="stable")[:, : max(int(kept.sum(axis=1).max()), 1)]
    corners = np.take_along_axis(corners, order[..., None], axis=1)
    kept = np.take_along_axis(kept, order, axis=1)
    # What is not kept repeats the first corner; a polygon wholly outside shrinks to a point.
    return np.where(kept[..., None], corners, corners[:, :1])
