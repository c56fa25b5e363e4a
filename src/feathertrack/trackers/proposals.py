"""What a network proposes in a search region, and how far each proposal can be the target.

Shapes: K proposals, m n rows and columns of the score map.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.imaging.crop import context_side

Array = NDArray[np.float64]
Map = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """What a network proposes, in pixels of the search region; all arrays have K entries.

    K is a multiple of the cells of the score map, and cells count row by row.

    Attributes:
        score: probability of "target", 0..1.
        x: centre from the middle of the region, to the right.
        y: the same, downwards.
        width: of the box.
        height: of the box.
        window: the cosine window at the proposal, 0..1.
        offered: which of them count; None for all.
    """

    score: NDArray[np.floating[Any]]
    x: NDArray[np.floating[Any]]
    y: NDArray[np.floating[Any]]
    width: NDArray[np.floating[Any]]
    height: NDArray[np.floating[Any]]
    window: Array
    offered: NDArray[np.bool_] | None = None


def size_penalty(
    proposals: Proposals, size_wh: Array, *, strength: float
) -> NDArray[np.floating[Any]]:
    """Factor in 0..1 by which a change of size and of shape counts against each proposal.

    Args:
        proposals: the boxes.
        size_wh: of the target, in pixels of the search region.
        strength: 0 punishes nothing.
    """
    width, height = proposals.width, proposals.height
    border = (width + height) * 0.5
    side = np.sqrt((width + border) * (height + border))
    grown = side / context_side(float(size_wh[0]), float(size_wh[1]))
    shape = float(size_wh[0] / size_wh[1]) / (width / height)
    change = np.maximum(grown, 1 / grown) * np.maximum(shape, 1 / shape)
    penalty: NDArray[np.floating[Any]] = np.exp(strength * (1 - change))
    return penalty


def sensible(proposals: Proposals, penalty: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Which proposals are boxes at all: finite, and of a positive size."""
    total = proposals.x + proposals.y + proposals.width + proposals.height
    finite = np.isfinite(total) & np.isfinite(penalty) & np.isfinite(proposals.score)
    good: NDArray[np.bool_] = finite & (proposals.width > 0) & (proposals.height > 0)
    return good if proposals.offered is None else good & proposals.offered


def best_of_cells(rank: Array, shape: tuple[int, ...]) -> Map:
    """The best rank of every cell, (m, n); cells without a proposal get the lowest."""
    cells = rank.reshape(-1, *shape).max(axis=0)
    finite = cells[np.isfinite(cells)]
    lowest = float(finite.min()) if finite.size else 0.0
    return np.asarray(np.where(np.isfinite(cells), cells, lowest), dtype=np.float32)


@lru_cache(maxsize=16)
def cosine_window(rows: int, columns: int) -> Array:
    """Outer product of two symmetric Hann windows, (rows * columns,); not to be written to."""
    window = np.outer(np.hanning(rows), np.hanning(columns)).reshape(-1)
    window.flags.writeable = False
    return np.asarray(window, dtype=np.float64)


def logistic(logit: Map) -> Map:
    """1 / (1 + exp(-logit)), without overflow.

    >>> logistic(np.array([-1e3, 0, 1e3], np.float32)).round(3).tolist()
    [0.0, 0.5, 1.0]
    """
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -80, 80))), dtype=np.float32)
