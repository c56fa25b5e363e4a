"""Which anchors are the target, which are not, and how each has to move onto it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.data.targets.anchors import AnchorKind, anchor_grid
from feathertrack.data.targets.centers import center_boxes
from feathertrack.data.targets.streams import subset

_POSITIVES, _NEGATIVES, _ELSEWHERE = 0, 1, 2  # streams of a pair's choices


class AnchorTargets(NamedTuple):
    """Targets of B pairs for A anchors on an S x S map.

    Attributes:
        label: int8 (B, A, S, S): 1 target, 0 background, -1 not counted.
        delta: float32 (B, 4, A, S, S): dx, dy, dw, dh from every anchor to the target of a positive
            pair; 0 for a negative pair.
        weight: float32 (B, A, S, S): of the box loss; 1 / number of kept positives on them, else 0.
    """

    label: NDArray[np.int8]
    delta: NDArray[np.float32]
    weight: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class AnchorTargetSettings:
    """How anchors are judged.

    Attributes:
        kind: anchors and comparison of pysot (overlap > high) or of mmtracking (>= high).
        high: overlap from which an anchor is the target.
        low: overlap below which it is background.
        positives: most anchors of the target that count, per pair.
        total: target and background anchors that count; background ones are at most
            ``total - positives``, however few positives there are.
        negatives: background anchors of a negative pair that count, of the window around the
            wrong object.
        window: ``code`` puts that window one cell right of and below a centred object, as both
            codes do; ``centered`` puts it around the object.
    """

    kind: AnchorKind = "pysot"
    high: float = 0.6
    low: float = 0.3
    positives: int = 16
    total: int = 64
    negatives: int = 16
    window: Literal["code", "centered"] = "code"


def anchor_targets(
    boxes_xywh: ArrayLike,
    positive: ArrayLike,
    seeds: ArrayLike,
    *,
    size: int,
    settings: AnchorTargetSettings = AnchorTargetSettings(),
) -> AnchorTargets:
    """Targets of a batch; which anchors count is drawn from the pairs' seeds, uniformly.

    Args:
        boxes_xywh: the object in each search region of 255 pixels, boxes of this package (B, 4).
        positive: whether it is the target (B,).
        seeds: one integer per pair (B,).
        size: side S of the score map: 25 for the ResNet, 17 for the AlexNet.
        settings: how anchors are judged.
    """
    boxes, is_positive = center_boxes(boxes_xywh), np.asarray(positive, dtype=bool)
    anchors = anchor_grid(size, kind=settings.kind)
    flat = anchors.reshape(-1, 4)
    overlap = overlaps(boxes, flat)
    if settings.kind == "mmtracking":  # compared in the precision of its code
        high = overlap.astype(np.float32) >= np.float32(settings.high)
        low = overlap.astype(np.float32) < np.float32(settings.low)
    else:
        high, low = overlap > settings.high, overlap < settings.low
    high &= is_positive[:, None]
    low &= is_positive[:, None]
    window = negative_window(boxes, size=size, centered=settings.window == "centered")
    elsewhere = np.repeat(window[:, None], len(anchors), axis=1).reshape(len(boxes), -1)
    elsewhere &= ~is_positive[:, None]

    kept = subset(high, seeds, stream=_POSITIVES, most=settings.positives)
    background = subset(
        low, seeds, stream=_NEGATIVES, most=settings.total - settings.positives
    ) | subset(elsewhere, seeds, stream=_ELSEWHERE, most=settings.negatives)
    label = np.where(kept, 1, np.where(background, 0, -1)).astype(np.int8)
    weight = kept / np.maximum(kept.sum(1, keepdims=True), 1)
    delta = deltas(boxes, flat) * is_positive[:, None, None]
    shape = (len(boxes), *anchors.shape[:3])
    return AnchorTargets(
        label.reshape(shape),
        np.moveaxis(delta, 2, 1).reshape(len(boxes), 4, *anchors.shape[:3]).astype(np.float32),
        weight.reshape(shape).astype(np.float32),
    )


def overlaps(boxes: NDArray[np.float64], anchors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of (B, 4) with (N, 4) centres and sizes -> (B, N)."""
    half, anchor_half = boxes[:, None, 2:] / 2, anchors[None, :, 2:] / 2
    center, anchor_center = boxes[:, None, :2], anchors[None, :, :2]
    low = np.maximum(center - half, anchor_center - anchor_half)
    high = np.minimum(center + half, anchor_center + anchor_half)
    shared = np.clip(high - low, 0.0, None).prod(-1)
    union = boxes[:, None, 2:].prod(-1) + anchors[None, :, 2:].prod(-1) - shared
    found: NDArray[np.float64] = shared / np.maximum(union, 1e-6)
    return found


def deltas(boxes: NDArray[np.float64], anchors: NDArray[np.float64]) -> NDArray[np.float64]:
    """(dx, dy, dw, dh) that lead from (N, 4) anchors to (B, 4) boxes -> (B, N, 4)."""
    moved = (boxes[:, None, :2] - anchors[None, :, :2]) / anchors[None, :, 2:]
    grown = np.log(boxes[:, None, 2:] / anchors[None, :, 2:])
    return np.concatenate([moved, grown], axis=-1)


def negative_window(
    boxes: NDArray[np.float64], *, size: int, centered: bool = False, middle: float = 127.0
) -> NDArray[np.bool_]:
    """The 7 x 7 cells around (B, 4) centres and sizes, cut at the map -> (B, size, size).

    Both codes round up after adding a half, so that a centred object's window is one cell off.
    """
    place = (boxes[:, :2] - middle) / 8
    cell = size // 2 + (np.rint(place) if centered else np.ceil(place + 0.5))
    line = np.arange(size)
    inside = (line >= cell[..., None] - 3) & (line < cell[..., None] + 4)
    return inside[:, 1, :, None] & inside[:, 0, None, :]
