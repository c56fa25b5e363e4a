"""Boxes around the target for the box heads of ATOM and DRNet, and what these should answer."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import iou
from feathertrack.data.targets.streams import normals, uniforms

DEVIATIONS = (0.01, 0.05, 0.1, 0.2, 0.3)
"""Standard deviations of a proposal, as shares of the target's mean side; one is drawn for each."""

_TRIES = 100
_CHOICE = 10
_FIRST_TRY = 16


class Proposals(NamedTuple):
    """N boxes for each of B targets.

    Attributes:
        boxes: float32 (B, N, 4), x, y, w, h in the crop.
        overlap: float32 (B, N): ``2 * IoU - 1`` with the target, what ATOM predicts.
        delta: float32 (B, N, 4): dx, dy, dw, dh from proposal to target, what DRNet predicts.
    """

    boxes: NDArray[np.float32]
    overlap: NDArray[np.float32]
    delta: NDArray[np.float32]


def proposals(
    boxes_xywh: ArrayLike, seeds: ArrayLike, *, count: int = 16, smallest_overlap: float = 0.1
) -> Proposals:
    """Draw boxes around each target, with numbers that depend on its seed alone.

    Each proposal draws one of five deviations, then centre and size with Gaussian noise. A side of
    one pixel or less becomes 0.15..0.5 of the target's; corner and size are rounded to whole
    numbers, the corner as ATOM counts, in pixel centres; a side of one pixel or less is drawn again
    as before, not rounded. A proposal with too little overlap is drawn anew with a deviation a
    tenth smaller, 100 times at most; then the last one stays (pytracking, ``perturb_box``).

    Args:
        boxes_xywh: targets in their crops (B, 4), in this package's boxes, as is the result; for
            ATOM's networks, which count pixel centres, subtract half a pixel from x and y.
        seeds: one integer per pair (B,).
        count: N.
        smallest_overlap: intersection over union that a proposal must exceed.
    """
    target = np.asarray(boxes_xywh, dtype=np.float64)
    shape = (len(target), count)
    place = np.broadcast_to(target[:, None], (*shape, 4))
    choice = (uniforms(seeds, stream=_CHOICE, count=count) * len(DEVIATIONS)).astype(int)
    deviation = np.array(DEVIATIONS)[choice] * np.sqrt(place[..., 2] * place[..., 3])
    found = np.empty((*shape, 4))
    waiting = np.ones(shape, dtype=bool)
    for attempt in range(_TRIES):
        drawn = _perturbed(place, deviation, seeds, attempt=attempt)
        found[waiting] = drawn[waiting]
        waiting &= iou(drawn, place) <= smallest_overlap
        if not waiting.any():
            break
        deviation *= 0.9
    return Proposals(
        found.astype(np.float32),
        (2 * iou(found, place) - 1).astype(np.float32),
        box_deltas(found, place).astype(np.float32),
    )


def box_deltas(
    proposals_xywh: NDArray[np.float64], target_xywh: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(dx, dy, dw, dh) that lead from (..., 4) proposals to (..., 4) targets."""
    size, target_size = proposals_xywh[..., 2:], target_xywh[..., 2:]
    center = proposals_xywh[..., :2] + size / 2
    target_center = target_xywh[..., :2] + target_size / 2
    return np.concatenate([(target_center - center) / size, np.log(target_size / size)], axis=-1)


def _perturbed(
    place: NDArray[np.float64], deviation: NDArray[np.float64], seeds: ArrayLike, *, attempt: int
) -> NDArray[np.float64]:
    """One try for all proposals (B, N, 4); tries have streams of their own."""
    stream, count = _FIRST_TRY + 2 * attempt, place.shape[1]
    noise = normals(seeds, stream=stream, count=4 * count).reshape(place.shape)
    noise *= deviation[..., None]
    shares = uniforms(seeds, stream=stream + 1, count=4 * count).reshape(place.shape) * 0.35 + 0.15
    target_size = place[..., 2:]
    center = place[..., :2] + target_size / 2 - 0.5 + noise[..., :2]
    size = target_size + noise[..., 2:]
    size = np.where(size <= 1, target_size * shares[..., :2], size)
    corner = np.rint(center - size / 2) + 0.5
    size = np.rint(size)
    size = np.where(size <= 1, target_size * shares[..., 2:], size)
    return np.concatenate([corner, size], axis=-1)
