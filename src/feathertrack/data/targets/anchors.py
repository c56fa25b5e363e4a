"""The anchors of SiamRPN: five shapes on every cell of the score map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

AnchorKind = Literal["pysot", "mmtracking"]

RATIOS = (0.33, 0.5, 1.0, 2.0, 3.0)


def anchor_sizes(
    *,
    kind: AnchorKind = "pysot",
    stride: int = 8,
    scale: int = 8,
    ratios: Sequence[float] = RATIOS,
) -> NDArray[np.float64]:
    """Width and height of the anchors of one cell, float64 (A, 2).

    The two codes round the heights differently: pysot from the rounded width, mmtracking from the
    unrounded one. Weights belong to the anchors they were trained with.

    Args:
        kind: whose rounding.
        stride: pixels per cell.
        scale: sides in strides of a square anchor.
        ratios: height over width.

    >>> anchor_sizes()[3:].tolist(), anchor_sizes(kind="mmtracking")[3:].tolist()
    ([[40.0, 80.0], [32.0, 96.0]], [[40.0, 88.0], [32.0, 104.0]])
    """
    shape = np.asarray(ratios, dtype=np.float64)
    widths = np.floor(stride / np.sqrt(shape))
    heights = np.floor(widths * shape if kind == "pysot" else stride * np.sqrt(shape))
    return np.stack([widths, heights], axis=1) * scale


def anchor_grid(
    size: int,
    *,
    kind: AnchorKind = "pysot",
    middle: float = 127.0,
    stride: int = 8,
) -> NDArray[np.float64]:
    """Anchors of a score map -> centre x, centre y, width, height, float64 (A, size, size, 4).

    ``stride`` is the distance of the cells in pixels; the shapes are the same whatever it is.
    Coordinates count pixel centres: ``middle`` is 127 in a search region of 255 and 0 where places
    are relative to the middle, as in trackers. The order is that of pysot's networks: shape, row,
    column; mmtracking's flat order is row, column, shape.
    """
    sizes = anchor_sizes(kind=kind)
    line = middle + stride * (np.arange(size) - size // 2.0)
    grid = np.empty((len(sizes), size, size, 4))
    grid[..., 0] = line[None, None, :]
    grid[..., 1] = line[None, :, None]
    grid[..., 2:] = sizes[:, None, None, :]
    return grid
