"""Sets of pixels as runs within rows: areas and intersections without painting any mask.

A shape is a set of pixels. It is stored as one or more pieces; a piece covers consecutive rows and
holds one run of pixels, or none, in each. A convex shape is one piece. The pieces of one shape
never share a pixel, so that areas and intersections of pieces add up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feathertrack.evaluation.vot.regions import Integers, offsets

Columns = NDArray[np.int32]

ROWS_AT_ONCE = 1 << 16
"""Rows that one vectorised step handles: what its temporaries need stays in the CPU's cache."""
NO_RUN = (1, 0)


@dataclass(frozen=True, eq=False)
class Spans:
    """The pixels of ``num`` shapes.

    Attributes:
        num: how many shapes there are; some may have no pixel and no piece.
        owner: int64 (K,), the shape that each piece belongs to.
        top: int64 (K,), the row each piece begins with.
        start: int64 (K + 1,), the rows of piece k are ``start[k]:start[k + 1]``.
        left, right: int32, first and last column of each row's run; left > right where it is empty.
    """

    num: int
    owner: Integers
    top: Integers
    start: Integers
    left: Columns
    right: Columns

    def areas(self) -> Integers:
        """Number of pixels of each shape, shape (num,)."""
        width = np.maximum(self.right - self.left + 1, 0)
        return self._by_owner(_sum_rows(width, self.start))

    def shared_with_boxes(self, boxes: Integers) -> Integers:
        """Number of pixels that each shape shares with its box, shape (num,).

        Args:
            boxes: (num, 4) first column, first row, last column, last row; empty if last < first.
        """
        left, top, right, bottom = boxes[self.owner].T
        size = np.diff(self.start)
        first = np.clip(top - self.top, 0, size)
        last = np.clip(bottom - self.top + 1, first, size)
        sums = np.zeros(len(self.owner), dtype=np.int64)
        low, high = left.astype(np.int32), right.astype(np.int32)
        for some in chunks(self.start):
            rows = slice(self.start[some.start], self.start[some.stop])
            width = np.minimum(self.right[rows], np.repeat(high[some], size[some]))
            width -= np.maximum(self.left[rows], np.repeat(low[some], size[some]))
            width += 1
            np.maximum(width, 0, out=width)
            begin = self.start[some] - rows.start
            sums[some] = _sum_ranges(width, begin + first[some], begin + last[some])
        return self._by_owner(sums)

    def shared(self, other: Spans) -> Integers:
        """Number of pixels that each shape shares with the shape of the same number, (num,)."""
        mine, theirs = _pairs_of_pieces(self, other)
        top = np.maximum(self.top[mine], other.top[theirs])
        end = np.minimum(_ends(self)[mine], _ends(other)[theirs])
        size = np.maximum(end - top, 0)
        total = np.zeros(len(mine), dtype=np.int64)
        start = offsets(size)
        row_a = self.start[mine] + top - self.top[mine] - start[:-1]
        row_b = other.start[theirs] + top - other.top[theirs] - start[:-1]
        for some in chunks(start):
            rows = np.arange(start[some.start], start[some.stop])
            a, b = (rows + np.repeat(row[some], size[some]) for row in (row_a, row_b))
            width = np.minimum(self.right[a], other.right[b])
            width -= np.maximum(self.left[a], other.left[b])
            width += 1
            np.maximum(width, 0, out=width)
            total[some] = _sum_rows(width, start[some.start : some.stop + 1] - start[some.start])
        return _count(self.owner[mine], total, self.num)

    def moved_into(self, window: Integers) -> Spans:
        """The shapes counted from the corner of a window each, without what lies outside.

        Args:
            window: (num, 4) first column, first row, last column, last row.
        """
        x0, y0, x1, y1 = window[self.owner].T
        size = np.diff(self.start)
        shift = np.repeat(x0, size)
        left = np.maximum(self.left - shift, 0)
        right = np.minimum(self.right - shift, np.repeat(x1 - x0, size))
        row = np.arange(self.start[-1]) + np.repeat(self.top - self.start[:-1], size)
        outside = (row < np.repeat(y0, size)) | (row > np.repeat(y1, size)) | (left > right)
        left[outside], right[outside] = NO_RUN
        return Spans(
            self.num,
            self.owner,
            self.top - y0,
            self.start,
            left.astype(np.int32),
            right.astype(np.int32),
        )

    def _by_owner(self, sums: Integers) -> Integers:
        return _count(self.owner, sums, self.num)


def join(parts: Sequence[tuple[Integers, Spans]], *, num: int) -> Spans:
    """One set of ``num`` shapes from parts; each part comes with the numbers its shapes get."""
    empty = np.empty(0, dtype=np.int64)
    sizes = [np.diff(spans.start) for _, spans in parts]
    columns = np.empty(0, dtype=np.int32)
    return Spans(
        num,
        np.concatenate([*(numbers[spans.owner] for numbers, spans in parts), empty]),
        np.concatenate([*(spans.top for _, spans in parts), empty]),
        offsets(np.concatenate([*sizes, empty])),
        np.concatenate([*(spans.left for _, spans in parts), columns]),
        np.concatenate([*(spans.right for _, spans in parts), columns]),
    )


def spans_of_boxes(boxes: Integers) -> Spans:
    """Boxes (N, 4) of first column, first row, last column, last row as spans."""
    left, top, right, bottom = boxes.T
    size = np.where(right < left, 0, np.maximum(bottom - top + 1, 0))
    return Spans(
        len(boxes),
        np.arange(len(boxes)),
        top.copy(),
        offsets(size),
        np.repeat(left, size).astype(np.int32),
        np.repeat(right, size).astype(np.int32),
    )


def spans_of_runs(
    owner: Integers, row: Integers, columns: tuple[Integers, Integers], *, num: int
) -> Spans:
    """Spans of runs sorted by owner, row and column that share no pixel.

    The first run of every row makes one piece of its shape, the second runs another, and so on.
    """
    left, right = columns
    if not len(owner):
        return join([], num=num)
    line = np.flatnonzero(np.r_[True, (np.diff(owner) != 0) | (np.diff(row) != 0)])
    rank = np.arange(len(owner)) - np.repeat(line, np.diff(np.r_[line, len(owner)]))
    order = np.lexsort((row, rank, owner))
    owner, row, rank, left, right = (a[order] for a in (owner, row, rank, left, right))
    begins = np.r_[True, (np.diff(owner) != 0) | (np.diff(rank) != 0)]
    first = np.flatnonzero(begins)
    last = np.r_[first[1:], len(owner)] - 1
    start = offsets(row[last] - row[first] + 1)
    index = start[:-1][np.cumsum(begins) - 1] + row - row[first][np.cumsum(begins) - 1]
    runs = np.empty((2, start[-1]), dtype=np.int32)
    runs[0], runs[1] = NO_RUN
    runs[0, index], runs[1, index] = left, right
    return Spans(num, owner[first], row[first], start, runs[0], runs[1])


def chunks(start: Integers) -> Iterator[slice]:
    """Cut stretches, given by where they start, into groups of about ``ROWS_AT_ONCE`` rows."""
    begin, count = 0, len(start) - 1
    while begin < count:
        limit = np.searchsorted(start, start[begin] + ROWS_AT_ONCE, side="right") - 1
        end = min(max(int(limit), begin + 1), count)
        yield slice(begin, end)
        begin = end


def _sum_rows(width: Columns, start: Integers) -> Integers:
    return _sum_ranges(width, start[:-1], start[1:])


def _sum_ranges(width: Columns, begin: Integers, end: Integers) -> Integers:
    """Sums of ``width[begin:end]`` for many increasing, disjoint ranges; 0 where one is empty."""
    padded = np.append(width, np.int32(0))
    edges = np.stack([begin, end], axis=1).reshape(-1)
    sums = np.add.reduceat(padded, edges)[::2] if len(edges) else np.empty(0)
    return np.where(end > begin, sums, 0).astype(np.int64)


def _count(owner: Integers, sums: Integers, num: int) -> Integers:
    # Sums of pixels stay far below 2 ** 53, so the float weights of bincount are exact.
    return np.bincount(owner, weights=sums, minlength=num).astype(np.int64)


def _ends(spans: Spans) -> Integers:
    return spans.top + np.diff(spans.start)


def _pairs_of_pieces(first: Spans, second: Spans) -> tuple[Integers, Integers]:
    """Every piece of every shape with every piece of the other set's shape of the same number."""
    order_a, order_b = (
        np.argsort(first.owner, kind="stable"),
        np.argsort(second.owner, kind="stable"),
    )
    num_a = np.bincount(first.owner, minlength=first.num)
    num_b = np.bincount(second.owner, minlength=first.num)
    pairs = offsets(num_a * num_b)
    nth = np.arange(pairs[-1]) - np.repeat(pairs[:-1], num_a * num_b)
    shape = np.repeat(np.arange(first.num), num_a * num_b)
    a = order_a[offsets(num_a)[shape] + nth // num_b[shape]]
    b = order_b[offsets(num_b)[shape] + nth % num_b[shape]]
    return a, b
