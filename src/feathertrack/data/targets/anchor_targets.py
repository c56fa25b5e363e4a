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
    stride: int = 8,
) -> AnchorTargets:
    """Targets of a batch; which anchors count is drawn from the pairs' seeds, uniformly.

    Args:
        boxes_xywh: the object in each search region of 255 pixels, boxes of this package (B, 4).
        positive: whether it is the target (B,).
        seeds: one integer per pair (B,).
        size: side S of the score map: 25 for the ResNet, 17 for the AlexNet.
        settings: how anchors are judged.
        stride: pixels of the search region per cell.
    """
    boxes, is_positive = center_boxes(boxes_xywh), np.asarray(positive, dtype=bool)
    anchors = anchor_grid(size, kind=settings.kind, stride=stride)
    high, low = _judged(overlaps(boxes, anchors).reshape(len(boxes), -1), settings)
    high &= is_positive[:, None]
    low &= is_positive[:, None]
    centered = settings.window == "centered"
    window = negative_window(boxes, size=size, centered=centered, stride=stride)
    elsewhere = np.repeat(window[:, None], len(anchors), axis=1).reshape(len(boxes), -1)
    elsewhere &= ~is_positive[:, None]

    kept = subset(high, seeds, stream=_POSITIVES, most=settings.positives)
    background = subset(
        low, seeds, stream=_NEGATIVES, most=settings.total - settings.positives
    ) | subset(elsewhere, seeds, stream=_ELSEWHERE, most=settings.negatives)
    label = (2 * kept.view(np.int8) + background.view(np.int8) - 1).astype(np.int8)
    weight = kept / np.maximum(kept.sum(1, keepdims=True), 1).astype(np.float32)
    shape = (len(boxes), *anchors.shape[:3])
    delta = deltas(boxes, anchors)
    delta[~is_positive] = 0
    return AnchorTargets(label.reshape(shape), delta, weight.reshape(shape).astype(np.float32))


def _judged(
    overlap: NDArray[np.float64], settings: AnchorTargetSettings
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which anchors overlap much, and which little."""
    if settings.kind == "mmtracking":  # compared in the precision of its code
        single = overlap.astype(np.float32)
        return single >= np.float32(settings.high), single < np.float32(settings.low)
    return overlap > settings.high, overlap < settings.low


def overlaps(boxes: NDArray[np.float64], anchors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of boxes and a grid of anchors -> (B, A, S, S).

    Args:
        boxes: centres and sizes (B, 4).
        anchors: of ``anchor_grid`` (A, S, S, 4), whose columns share x and whose rows share y.
    """
    sides = []
    for axis, line in ((0, anchors[:, 0, :]), (1, anchors[:, :, 0])):
        center, half = line[None, ..., axis], line[None, ..., axis + 2] / 2  # (1, A, S)
        middle, reach = boxes[:, None, None, axis], boxes[:, None, None, axis + 2] / 2
        low = np.maximum(middle - reach, center - half)
        sides.append(np.clip(np.minimum(middle + reach, center + half) - low, 0.0, None))
    shared = sides[1][..., :, None] * sides[0][..., None, :]
    areas = boxes[:, None, 2:].prod(-1) + anchors[None, :, 0, 0, 2:].prod(-1)  # (B, A)
    found: NDArray[np.float64] = shared / np.maximum(areas[..., None, None] - shared, 1e-6)
    return found


def deltas(boxes: NDArray[np.float64], anchors: NDArray[np.float64]) -> NDArray[np.float32]:
    """(dx, dy, dw, dh) from a grid of anchors (A, S, S, 4) to boxes (B, 4) -> (B, 4, A, S, S)."""
    sizes = anchors[None, :, 0, 0, 2:]  # (1, A, 2)
    found = np.empty((len(boxes), 4, *anchors.shape[:3]), dtype=np.float32)
    across = (boxes[:, None, None, 0] - anchors[None, :, 0, :, 0]) / sizes[..., 0, None]
    down = (boxes[:, None, None, 1] - anchors[None, :, :, 0, 1]) / sizes[..., 1, None]
    found[:, 0] = across[..., None, :]
    found[:, 1] = down[..., :, None]
    found[:, 2:] = np.log(boxes[:, None, 2:] / sizes).swapaxes(1, 2)[..., None, None]
    return found


def negative_window(
    boxes: NDArray[np.float64],
    *,
    size: int,
    centered: bool = False,
    middle: float = 127.0,
    stride: int = 8,
) -> NDArray[np.bool_]:
    """The 7 x 7 cells around (B, 4) centres and sizes, cut at the map -> (B, size, size).

    Both codes round up after adding a half, so that a centred object's window is one cell off.
    """
    place = (boxes[:, :2] - middle) / stride
    cell = size // 2 + (np.rint(place) if centered else np.ceil(place + 0.5))
    line = np.arange(size)
    inside = (line >= cell[..., None] - 3) & (line < cell[..., None] + 4)
    return inside[:, 1, :, None] & inside[:, 0, None, :]
