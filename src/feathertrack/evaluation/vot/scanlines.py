"""Scan conversion of polygons by the rules of the VOT evaluators, exact, many polygons at once.

Corners are integers. A row Y of pixels crosses an edge at a node: xi + (Y - yi) / (yj - yi) *
(xj - xi) in float64, cut to an integer toward zero, for corner i and the one before it, j. The
nodes of a row are sorted, and a walk over them fills the pixels between. Two walks exist; both
treat the row of a corner, where two edges yield the same node, in a way of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.regions import Flags, Integers, offsets
from feathertrack.evaluation.vot.spans import NO_RUN, Spans, chunks, join, spans_of_runs

Walk = Literal["pysot", "toolkit"]
"""Whose walk: ``toolkit`` also counts a horizontal edge as a node and fills runs of one pixel."""

ROWS_LIMIT = 1 << 20
"""A polygon of more rows is refused: a result that is not bounded by an image may be any size."""
_BEYOND = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class Polygons:
    """N polygons with integer corners.

    Attributes:
        x, y: int64, the corners of all polygons one after another.
        start: int64 (N + 1,), where the corners of each begin.
    """

    x: Integers
    y: Integers
    start: Integers

    def __len__(self) -> int:
        return len(self.start) - 1

    def part(self, some: slice) -> Polygons:
        """Some consecutive polygons."""
        corners = slice(self.start[some.start], self.start[some.stop])
        start = self.start[some.start : some.stop + 1] - self.start[some.start]
        return Polygons(self.x[corners], self.y[corners], start)


@dataclass(frozen=True, eq=False)
class _Edges:
    """Edges that meet a row that is kept, with one node for each of their ``num_rows`` rows.

    Corner i of the edge is ``x, y``; the other corner is ``dx, dy`` away; ``first`` is its first
    row; ``owner`` its polygon. Edges that go down come first, ``num_down`` nodes in all.
    """

    owner: Integers
    x: Integers
    y: Integers
    dx: Integers
    dy: Integers
    first: Integers
    num_rows: Integers

    @property
    def num_down(self) -> int:
        """Nodes of the edges that go down."""
        return int(self.num_rows[self.dy > 0].sum())


def scan(polygons: Polygons, last: Integers, *, walk: Walk) -> tuple[Spans, Flags]:
    """Pixels of polygons that lie in the window from column 0, row 0 to ``last``.

    Args:
        polygons: their corners.
        last: (N, 2) last column and last row that are kept of each.
        walk: whose rule fills the pixels.

    Returns:
        The spans, and which polygons (N,) are fragile: a node of them lies so close to an integer
        that it would be cut to another one if columns were counted from further right. The
        evaluators count from the left edge of what they compare, so the spans of a fragile polygon
        hold only where that edge is column 0.

    Raises:
        InputError: a polygon has more than ``ROWS_LIMIT`` rows inside its window.
    """
    if not len(polygons):
        return join([], num=0), np.zeros(0, dtype=np.bool_)
    top = np.maximum(np.minimum.reduceat(polygons.y, polygons.start[:-1]), 0)
    end = np.minimum(np.maximum.reduceat(polygons.y, polygons.start[:-1]), last[:, 1]) + 1
    size = np.maximum(end - top, 0)
    if size.max() > ROWS_LIMIT:
        raise InputError(
            f"a region is {size.max()} rows high; give the size of the images as bounds"
        )
    start = offsets(size)
    parts, fragile = [], np.zeros(len(polygons), dtype=np.bool_)
    for some in chunks(start):
        part = polygons.part(some)
        edges = _edges(part, top[some], end[some], walk=walk)
        node, fragile[some] = _nodes(part, edges)
        rows = start[some.start : some.stop + 1] - start[some.start]
        spans = _fill(node, edges, (top[some], rows), last[some, 0], walk=walk)
        parts.append((np.arange(some.start, some.stop), spans))
    return join(parts, num=len(polygons)), fragile


def _edges(polygons: Polygons, top: Integers, end: Integers, *, walk: Walk) -> _Edges:
    owner = np.repeat(np.arange(len(polygons)), np.diff(polygons.start))
    before = np.arange(len(owner)) - 1
    before[polygons.start[:-1]] = polygons.start[1:] - 1
    x, y = polygons.x, polygons.y
    dx, dy = x[before] - x, y[before] - y
    first = np.maximum(np.minimum(y, y[before]), top[owner])
    num_rows = np.minimum(np.maximum(y, y[before]) + 1, end[owner]) - first
    flat = dy == 0
    if walk == "pysot":
        num_rows[flat] = 0
    dx, dy = np.where(flat, 0, dx), np.where(flat, -1, dy)  # the node of a flat edge is its corner
    order = np.argsort(dy < 0, kind="stable")
    order = order[num_rows[order] > 0]
    return _Edges(*(a[order] for a in (owner, x, y, dx, dy, first, num_rows)))


def _nodes(polygons: Polygons, edges: _Edges) -> tuple[Integers, Flags]:
    """The nodes of all edges, and which polygons are fragile."""
    size = edges.num_rows
    start = offsets(size)
    down = np.arange(start[-1]) + np.repeat(edges.first - edges.y - start[:-1], size)
    aside = down / np.repeat(edges.dy.astype(np.float64), size)
    aside *= np.repeat(edges.dx.astype(np.float64), size)
    node = (np.repeat(edges.x.astype(np.float64), size) + aside).astype(np.int64)
    whole = np.rint(aside)
    close = np.flatnonzero((np.abs(aside - whole) < 1e-6) & (aside != whole))
    edge = np.searchsorted(start, close, side="right") - 1
    shift = np.maximum(np.minimum.reduceat(polygons.x, polygons.start[:-1]), 0)[edges.owner[edge]]
    shifted = (edges.x[edge] - shift + aside[close]).astype(np.int64) + shift
    fragile = np.zeros(len(polygons), dtype=np.bool_)
    fragile[edges.owner[edge[shifted != node[close]]]] = True
    return node, fragile


def _fill(
    node: Integers,
    edges: _Edges,
    rows: tuple[Integers, Integers],
    last: Integers,
    *,
    walk: Walk,
) -> Spans:
    """Runs of pixels between the nodes; ``rows`` are the first row and the flat start of each."""
    top, start = rows
    size = np.diff(start)
    shift = start[edges.owner] + edges.first - top[edges.owner] - offsets(edges.num_rows)[:-1]
    row = np.arange(len(node)) + np.repeat(shift, edges.num_rows)
    count = np.bincount(row, minlength=start[-1])
    # A row with two nodes crosses one edge that goes down and one that goes up.
    pair = np.zeros((2, start[-1]), dtype=np.int64)
    pair[0, row[: edges.num_down]] = node[: edges.num_down]
    pair[1, row[edges.num_down :]] = node[edges.num_down :]
    left, right = pair.min(axis=0), pair.max(axis=0)
    limit = np.repeat(last, size)
    filled = (count == 2) & (left <= limit) & (right >= 0)
    if walk == "pysot":
        filled &= left < right
    left, right = np.maximum(left, 0), np.minimum(right, limit)
    left[~filled], right[~filled] = NO_RUN
    simple = Spans(
        len(top),
        np.arange(len(top)),
        top,
        start,
        left.astype(np.int32),
        right.astype(np.int32),
    )
    some = np.flatnonzero((count > 2)[row])
    crowded = _walk(row[some], node[some], limit, walk=walk)
    return _with_runs(simple, crowded)


def _walk(
    row: Integers, node: Integers, limit: Integers, *, walk: Walk
) -> tuple[Integers, Integers, Integers]:
    """Row, first and last column of the runs in rows that have any number of nodes."""
    order = np.lexsort((node, row))
    row, node = row[order], node[order]
    line, first, count = np.unique(row, return_index=True, return_counts=True)
    table = np.full((len(line), count.max(initial=0) + 2), _BEYOND)
    table[np.repeat(np.arange(len(line)), count), np.arange(len(row)) - np.repeat(first, count)] = (
        node
    )
    limit = limit[line]
    at, done = np.zeros(len(line), dtype=np.int64), np.full(len(line), -1)
    runs = []
    going = np.flatnonzero(at < count - 1)
    while len(going):
        k, num = at[going], count[going]
        a, b = table[going, k], table[going, k + 1]
        if walk == "pysot":
            k = k + (a == b)
            a, b = table[going, k], table[going, k + 1]
            keep = (k < num - 1) & (a <= limit[going])
            paint = keep & (b >= 0)
            step = np.full(len(going), 2)
        else:
            keep = a <= limit[going]
            skip = (a == b) & (k < num - 2)
            paint = keep & ~skip & (b >= 0)
            step = np.where(skip, 1, 2)
        here = going[paint]
        left = np.maximum(np.maximum(a[paint], 0), done[here] + 1)
        right = np.minimum(b[paint], limit[here])
        done[here] = np.maximum(done[here], right)
        runs.append((line[here], left, right))
        at[going] = k + step
        going = going[keep & (at[going] < count[going] - 1)]
    found = np.concatenate([np.stack(run) for run in runs], axis=1) if runs else np.zeros((3, 0))
    found = found[:, found[1] <= found[2]].astype(np.int64)
    return found[0], found[1], found[2]


def _with_runs(simple: Spans, runs: tuple[Integers, Integers, Integers]) -> Spans:
    """First runs go into the pieces, whose rows are empty there; more runs make new pieces."""
    row, left, right = runs
    rows, first = np.unique(row, return_index=True)
    simple.left[rows], simple.right[rows] = left[first], right[first]
    more = np.ones(len(row), dtype=np.bool_)
    more[first] = False
    if not more.any():
        return simple
    order = np.lexsort((left[more], row[more]))
    row, left, right = (a[more][order] for a in runs)
    owner = np.searchsorted(simple.start, row, side="right") - 1
    extra = spans_of_runs(
        owner, simple.top[owner] + row - simple.start[owner], (left, right), num=simple.num
    )
    everyone = np.arange(simple.num)
    return join([(everyone, simple), (everyone, extra)], num=simple.num)
