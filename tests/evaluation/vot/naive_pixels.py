"""Both rules of region overlap, pixel by pixel and pair by pair, as the specification says.

Slow and plain on purpose: what the fast form is held against.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

single = np.float32


def pysot_overlap(
    one: Sequence[float], two: Sequence[float], bounds: Sequence[int] | None
) -> np.float32:
    if len(one) == 1 or len(two) == 1:
        return single(np.nan)
    polygons = [_pysot_polygon(one), _pysot_polygon(two)]
    boxes = [_pysot_box(x, y, bounds) for x, y in polygons]
    (left1, top1, right1, bottom1), (left2, top2, right2, bottom2) = boxes
    x0, y0 = min(left1, left2), min(top1, top2)
    width = int(max(right1, right2) - x0) + 1
    height = int(max(bottom1, bottom2) - y0) + 1
    area1 = (right1 - left1) * (bottom1 - top1)
    area2 = (right2 - left2) * (bottom2 - top2)
    with np.errstate(all="ignore"):
        if area1 / area2 < 1e-10 or area2 / area1 < 1e-10 or width < 1 or height < 1:
            return single(0)
        inter = (min(right1, right2) - max(left1, left2)) * (
            min(bottom1, bottom2) - max(top1, top2)
        )
        ratio = inter / (area1 + area2 - inter)
    if not np.isnan(ratio) and max(single(0), ratio) == 0:
        return single(0)
    masks = [
        _paint(
            [round_half_away(x - x0) for x in xs],
            [round_half_away(y - y0) for y in ys],
            (width, height),
            flat_edges=False,
            walk=_pysot_walk,
        )
        for xs, ys in polygons
    ]
    shared, union = (masks[0] & masks[1]).sum(), (masks[0] | masks[1]).sum()
    return single(shared) / single(union) if union else single(np.nan)


def toolkit_overlap(
    one: Sequence[float], two: Sequence[float], bounds: Sequence[int] | None
) -> float:
    whole = [[int(np.rint(single(value))) for value in region] for region in (one, two)]
    extents = [_toolkit_extent(region) for region in whole]
    left, top = (min(extents[0][k], extents[1][k]) for k in (0, 1))
    right, bottom = (max(extents[0][k], extents[1][k]) for k in (2, 3))
    if left >= right or top >= bottom:
        return 1.0
    if bounds is not None:
        left, top = max(0, left), max(0, top)
        right, bottom = min(bounds[0] - 1, right), min(bounds[1] - 1, bottom)
        if left >= right or top >= bottom:
            return 0.0
    size = (right - left + 1, bottom - top + 1)
    masks = []
    for region, extent in zip(whole, extents, strict=True):
        mask = np.zeros(size[::-1], dtype=bool)
        if len(region) == 4:
            rows = slice(max(0, extent[1] - top), max(0, extent[3] - top + 1))
            columns = slice(max(0, extent[0] - left), max(0, extent[2] - left + 1))
            mask[rows, columns] = True
        elif len(region) > 4:
            xs, ys = [x - left for x in region[::2]], [y - top for y in region[1::2]]
            mask = _paint(xs, ys, size, flat_edges=True, walk=_toolkit_walk)
        masks.append(mask)
    union = (masks[0] | masks[1]).sum()
    return float((masks[0] & masks[1]).sum() / union) if union else 0.0


def round_half_away(value: float) -> int:
    value = float(value)
    return math.floor(value + 0.5) if value >= 0 else -math.floor(-value + 0.5)


def _pysot_polygon(region: Sequence[float]) -> tuple[list[np.float32], list[np.float32]]:
    values = [single(value) for value in region]
    if len(values) == 4:
        x, y, w, h = values
        return [x, x + w, x + w, x], [y, y, y + h, y + h]
    return values[::2], values[1::2]


def _pysot_box(
    xs: list[np.float32], ys: list[np.float32], bounds: Sequence[int] | None
) -> tuple[np.float32, np.float32, np.float32, np.float32]:
    left, top = np.floor(min(xs)), np.floor(min(ys))
    right, bottom = np.ceil(max(xs)), np.ceil(max(ys))
    if bounds is not None:
        left, top = max(left, single(0)), max(top, single(0))
        right, bottom = min(right, single(bounds[0])), min(bottom, single(bounds[1]))
    return left, top, right, bottom


def _toolkit_extent(region: list[int]) -> tuple[int, int, int, int]:
    if len(region) == 1:
        return 0, 0, 0, 0
    if len(region) == 4:
        x, y, w, h = region
        return x, y, x + w - 1, y + h - 1
    return min(region[::2]), min(region[1::2]), max(region[::2]), max(region[1::2])


Run = tuple[int, int]


def _paint(
    xs: list[int],
    ys: list[int],
    size: tuple[int, int],
    *,
    flat_edges: bool,
    walk: Callable[[list[int], int], list[Run]],
) -> np.ndarray:
    width, height = size
    mask = np.zeros((height, width), dtype=bool)
    for row in range(height):
        nodes = []
        for i in range(len(xs)):
            j = i - 1
            if min(ys[i], ys[j]) <= row <= max(ys[i], ys[j]):
                if ys[i] != ys[j]:
                    slope = (row - ys[i]) / (ys[j] - ys[i])
                    nodes.append(int(xs[i] + slope * (xs[j] - xs[i])))
                elif flat_edges:
                    nodes.append(xs[i])
        for first, last in walk(sorted(nodes), width):
            mask[row, min(max(first, 0), width - 1) : min(max(last, 0), width - 1) + 1] = True
    return mask


def _pysot_walk(nodes: list[int], width: int) -> list[Run]:
    runs, k = [], 0
    while k < len(nodes) - 1:
        if nodes[k] == nodes[k + 1]:
            k += 1
        if k + 1 >= len(nodes) or nodes[k] >= width:
            break
        if nodes[k + 1] >= 0:
            runs.append((nodes[k], nodes[k + 1]))
        k += 2
    return runs


def _toolkit_walk(nodes: list[int], width: int) -> list[Run]:
    runs, k = [], 0
    while k < len(nodes) - 1 and nodes[k] < width:
        if nodes[k] == nodes[k + 1] and k < len(nodes) - 2:
            k += 1
            continue
        if nodes[k + 1] >= 0:
            runs.append((nodes[k], nodes[k + 1]))
        k += 2
    return runs
