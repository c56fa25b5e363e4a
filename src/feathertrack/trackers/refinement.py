"""Boxes that climb their predicted overlap with the target: gradient ascent from several starts.

Specification of ATOM, section 7.4. Boxes are x, y, w, h in pixels of the patch, P of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Judge = Callable[[Array], tuple[Array, Array]]
"""Overlaps (P,) of boxes (P, 4), and their gradients (P, 4)."""


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
