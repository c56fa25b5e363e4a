"""Boxes that climb their predicted overlap with the target: gradient ascent from several starts.

Specification of ATOM, section 7.4. Boxes are x, y, w, h in pixels of the patch, P of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.engines.protocol import CallingEngine, Features

Array = NDArray[np.float64]
Map = NDArray[np.float32]
Judge = Callable[[Array], tuple[Array, Array]]
"""Overlaps (P,) of boxes (P, 4), and their gradients (P, 4)."""

_CELL = 16
"""Pixels per cell of the coarser map."""

_MARGIN = 16.0
"""Pixels that boxes may move without a new window."""

_HALO = 2
"""Cells along the border of a part of a map that two 3 x 3 convolutions do not get right."""

_PART = 13
"""Cells along a part, which hold a target of the usual size; larger ones take the whole map.

One shape, since OpenVINO prepares itself for a quarter of a second for every shape that it meets.
"""

_WAY = 8.0
"""Pixels that boxes may move without a new part; they rarely move further."""


@dataclass(frozen=True, kw_only=True)
class Climb:
    """How boxes climb.

    Attributes:
        steps: how often; the overlaps are those before the last step.
        lengths: of a step, for positions and for sizes.
        decay: factor on the steps of a box whose overlap did not grow; that step is taken back.
        relative: climb in positions in sides of the first box, and logarithms of sizes.
    """

    steps: int
    lengths: tuple[float, float]
    decay: float
    relative: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Window:
    """The part of the two modulated maps that boxes touch; judging on it is the same, and faster.

    Attributes:
        maps: parts of the maps of strides 8 and 16, (1, h, w, C).
        corner: x, y of the part in pixels of the patch.
        limits: x1, y1, x2, y2 that boxes may not leave, in pixels of the patch.
    """

    maps: tuple[Map, ...]
    corner: Array
    limits: Array

    @classmethod
    def around(cls, boxes_P4: Array, maps: Sequence[Map]) -> Window:
        """The part that boxes touch, with a margin for their way, cut at the maps' borders."""
        cells = np.array(maps[1].shape[2:0:-1])
        low = np.floor((boxes_P4[:, :2].min(0) - _MARGIN) / _CELL)
        high = np.ceil((boxes_P4[:, :2] + boxes_P4[:, 2:]).max(0) / _CELL + _MARGIN / _CELL) + 1
        start = np.clip(low, 0, cells - 1).astype(int)
        end = np.clip(high, start + 1, cells).astype(int)
        parts = []
        for values, fine in zip(maps, (2, 1), strict=True):
            (x0, y0), (x1, y1) = fine * start, fine * end
            parts.append(np.ascontiguousarray(values[:, y0:y1, x0:x1]))
        # A cell reaches one cell further; what is beyond the maps is zero in the part as well.
        first = np.where(start == 0, -np.inf, start * _CELL + 0.0)
        last = np.where(end == cells, np.inf, (end - 1) * _CELL + 0.0)
        return cls(
            maps=tuple(parts), corner=start * float(_CELL), limits=np.concatenate([first, last])
        )

    @classmethod
    def of_levels(
        cls,
        boxes_P4: Array,
        levels: Sequence[Map],
        modulate: Callable[[Map, Map], Sequence[Map]],
    ) -> Window:
        """The part that boxes touch, which the head's convolutions see alone, as a square.

        Args:
            boxes_P4: the boxes.
            levels: the backbone's maps of strides 8 and 16, (1, C, h, w).
            modulate: makes modulated maps of parts of those.
        """
        cells = levels[1].shape[2]
        low = np.floor((boxes_P4[:, :2].min(0) - _WAY) / _CELL)
        high = np.ceil(((boxes_P4[:, :2] + boxes_P4[:, 2:]).max(0) + _WAY) / _CELL) + 1
        if not (np.isfinite(low) & np.isfinite(high)).all():
            low, high = np.zeros(2), np.full(2, float(cells))
        start = np.clip(low - _HALO, 0, cells - 1).astype(int)
        end = np.clip(high + _HALO, start + 1, cells).astype(int)
        side = _PART if (end - start).max() <= _PART <= cells else cells
        start = np.clip(start - (side - (end - start)) // 2, 0, cells - side)
        parts = []
        for level, fine in zip(levels, (2, 1), strict=True):
            (x0, y0), (x1, y1) = fine * start, fine * (start + side)
            parts.append(np.ascontiguousarray(level[:, :, y0:y1, x0:x1]))
        first = np.where(start == 0, -np.inf, (start + _HALO) * float(_CELL))
        last = np.where(start + side == cells, np.inf, (start + side - _HALO - 1) * float(_CELL))
        return cls(
            maps=tuple(modulate(parts[0], parts[1])),
            corner=start * float(_CELL),
            limits=np.concatenate([first, last]),
        )

    @classmethod
    def whole(cls, maps: Sequence[Map]) -> Window:
        """All of the maps."""
        nowhere = np.array([-np.inf, -np.inf, np.inf, np.inf])
        return cls(maps=tuple(maps), corner=np.zeros(2), limits=nowhere)

    def holds(self, boxes_P4: Array) -> bool:
        """Whether the boxes are inside still."""
        low, high = boxes_P4[:, :2].min(0), (boxes_P4[:, :2] + boxes_P4[:, 2:]).max(0)
        return bool((low >= self.limits[:2]).all() and (high <= self.limits[2:]).all())

    def shifted(self, boxes_P4: Array) -> NDArray[np.float32]:
        """The boxes as the part sees them, (1, P, 4)."""
        moved = boxes_P4 - np.concatenate([self.corner, np.zeros(2)])
        return np.asarray(moved[None], np.float32)


WindowOf = Callable[[Array], Window]
"""The window around boxes (P, 4)."""


def look(engine: CallingEngine, features: Features, pictures: NDArray[Any]) -> tuple[Map, WindowOf]:
    """The map for the filter, and what makes windows on the maps for boxes.

    On the processor the head's convolutions wait until it is known where boxes will be. On other
    devices ``predict`` does all at once, which is recorded there and costs next to nothing.

    Args:
        engine: runs a network of the ATOM or DRNet family.
        features: the modulation.
        pictures: the patch, (1, S, S, 3).
    """
    if engine.device == "cpu" and "modulated" in engine.info.further_calls:
        own, fine = engine.call("features", pictures)

        def modulate(fine_part: Map, part: Map) -> Sequence[Map]:
            return engine.call("modulated", features, fine_part, part)

        return own, lambda boxes: Window.of_levels(boxes, (fine, own), modulate)
    own, *maps = engine.predict(features, pictures)
    if engine.name == "torch":
        return own, lambda boxes: Window.around(boxes, maps)
    # The files that other runtimes read take square maps alone.
    return own, lambda _: Window.whole(maps)


def propose(first: Array, draws_P4: Array, *, position_jitter: float, size_jitter: float) -> Array:
    """Return a box and others around it, one for each row of numbers from 0 to 1."""
    middle, size = first[:2] + first[2:] / 2, first[2:]
    side = float(np.sqrt(size.prod()))
    centers = middle + (draws_P4[:, :2] - 0.5) * (position_jitter * side)
    sizes = size + (draws_P4[:, 2:] - 0.5) * (size_jitter * side)
    sizes = np.maximum(sizes, size.min() / 3)
    return np.concatenate([first[None], np.concatenate([centers - sizes / 2, sizes], axis=1)])


def climb(boxes_P4: Array, judge: Judge, how: Climb) -> tuple[Array, Array]:
    """Return boxes after the climb, with the overlaps that were last predicted."""
    reference = boxes_P4[0, 2:].copy()
    lengths = np.repeat(how.lengths, 2) * np.ones((len(boxes_P4), 1))
    before = np.full(len(boxes_P4), -np.inf)
    last = np.zeros_like(boxes_P4)
    overlaps = np.zeros(len(boxes_P4))
    for _ in range(how.steps):
        overlaps, slopes = judge(boxes_P4)
        moves = lengths * (_relative_slopes if how.relative else _scaled_slopes)(
            slopes, boxes_P4, reference
        )
        if how.decay < 1:
            worse = ~(overlaps > before)
            lengths[worse] *= how.decay
            moves = np.where(worse[:, None], -last, moves)
            before, last = overlaps, moves
        boxes_P4 = _moved(boxes_P4, moves, reference) if how.relative else boxes_P4 + moves
    if how.steps == 0:
        overlaps, _ = judge(boxes_P4)
    return boxes_P4, overlaps


def _scaled_slopes(slopes_P4: Array, boxes_P4: Array, _: Array) -> Array:
    return slopes_P4 * np.tile(boxes_P4[:, 2:], 2)


def _relative_slopes(slopes_P4: Array, boxes_P4: Array, reference: Array) -> Array:
    """How the overlap grows with the middle in sides of the reference, and with log sizes."""
    growing = boxes_P4[:, 2:] * (slopes_P4[:, 2:] - slopes_P4[:, :2] / 2)
    return np.concatenate([slopes_P4[:, :2] * reference, growing], axis=1)


def _moved(boxes_P4: Array, moves_P4: Array, reference: Array) -> Array:
    middle = boxes_P4[:, :2] + boxes_P4[:, 2:] / 2 + moves_P4[:, :2] * reference
    sizes = boxes_P4[:, 2:] * np.exp(np.clip(moves_P4[:, 2:], -10, 10))
    return np.concatenate([middle - sizes / 2, sizes], axis=1)
