"""The keypoint targets of SiamKPN: a bump at the target, and box numbers around its middle."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.data.targets.centers import center_boxes

OFFSET_SCALE = 64.0
"""Pixels per unit of a predicted offset."""


class KeypointTargets(NamedTuple):
    """Targets of B pairs, K stages, on an S x S map.

    Attributes:
        heat: float32 (B, K, S, S), 0..1; exactly 1 at the peak, 0 outside a radius of S / 8 cells.
        offset: float32 (B, 2, S, S): from a cell to the target's centre, x and y, in 64 pixels;
            0 outside the radius.
        size: float32 (B, 2, S, S): width and height of the target in pixels; 0 outside the radius.
    """

    heat: NDArray[np.float32]
    offset: NDArray[np.float32]
    size: NDArray[np.float32]


def keypoint_targets(
    boxes_xywh: ArrayLike,
    positive: ArrayLike,
    *,
    stages: int = 1,
    decay: float = 1.0,
    labels: Literal["intended", "code"] = "intended",
    size: int = 31,
    stride: int = 8,
) -> KeypointTargets:
    """Targets of a batch; those of a negative pair are all zero.

    Args:
        boxes_xywh: the object in each search region of 255 pixels, boxes of this package (B, 4).
        positive: whether it is the target (B,).
        stages: K.
        decay: factor on the bump's deviation from stage to stage; 0.9 in the "variance decay" rows.
        labels: ``code`` gives every stage the bump of the last one, as the published code does by
            mistake; ``intended`` what it means.
        size: S.
        stride: pixels per cell.
    """
    boxes = center_boxes(boxes_xywh)
    middle = 127.0
    cell = size // 2 + (boxes[:, :2] - middle) / stride  # (B, 2), fractions of a cell
    line = np.arange(size)
    across = line - cell[:, 0, None]
    down = line - cell[:, 1, None]
    squared = down[:, :, None] ** 2 + across[:, None, :] ** 2
    radius = size / 8
    near = (squared < radius**2) & np.asarray(positive, dtype=bool)[:, None, None]

    stage = np.full(stages, stages - 1.0) if labels == "code" else np.arange(float(stages))
    deviation = radius / 2 * decay**stage
    heat = np.exp(-squared[:, None] / (2 * deviation[None, :, None, None] ** 2)) * near[:, None]
    peak = np.rint(cell).astype(int)
    sample = np.flatnonzero(near.any((1, 2)) & ((peak >= 0) & (peak < size)).all(1))
    heat[sample, :, peak[sample, 1], peak[sample, 0]] = 1.0

    place = middle + stride * (line - size // 2.0)
    offset = np.empty((len(boxes), 2, size, size))
    offset[:, 0] = ((boxes[:, 0, None] - place) / OFFSET_SCALE)[:, None, :]
    offset[:, 1] = ((boxes[:, 1, None] - place) / OFFSET_SCALE)[:, :, None]
    sizes = np.broadcast_to(boxes[:, 2:, None, None], offset.shape)
    return KeypointTargets(
        heat.astype(np.float32),
        (offset * near[:, None]).astype(np.float32),
        (sizes * near[:, None]).astype(np.float32),
    )
