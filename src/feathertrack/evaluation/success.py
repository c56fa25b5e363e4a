"""Success and precision of one track, by the rules of OTB as the GOT-10k toolkit computes them.

The protocol ``otb@got10k``: the first box is given, so it counts as right; a track is cut to the
length of the truth, or the truth to the track's; a frame without a true box is a miss; every frame
counts in the denominator. Scores of several sequences are averaged with equal weight.
Source of the rules: got10k toolkit, ``got10k/utils/metrics.py`` and ``experiments/otb.py``.

Boxes are (F, 4) arrays x, y, width, height of F frames, track and truth in the same convention.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError

Curve = NDArray[np.float64]

OVERLAP_THRESHOLDS = np.linspace(0, 1, 21)
"""0, 0.05, ..., 1: an overlap must be *above* one, so that a perfect track reaches 20 / 21."""
DISTANCE_THRESHOLDS = np.arange(0, 51)
"""0, 1, ..., 50 pixels: a distance counts when it is *at most* that."""
PRECISION_AT = 20
"""The threshold, in pixels, whose precision is reported."""


@dataclass(frozen=True, kw_only=True)
class SuccessScore:
    """What one sequence, or the mean of several, scores; all shares of frames from 0 to 1.

    Attributes:
        auc: mean of the success curve.
        precision: share of frames whose centre is at most 20 pixels off.
        success_curve: share of frames above each of ``OVERLAP_THRESHOLDS``, shape (21,).
        precision_curve: share of frames within each of ``DISTANCE_THRESHOLDS``, shape (51,).
    """

    auc: float
    precision: float
    success_curve: Curve
    precision_curve: Curve


def score_track(track_xywh: Boxes, truth_xywh: Boxes) -> SuccessScore:
    """Compare a track with the truth.

    Raises:
        InputError: one of them has no frame, or not four columns.

    >>> truth = np.array([[0.0, 0, 10, 10], [0, 0, 10, 10]])
    >>> score_track(truth + [3, 0, 0, 0], truth).success_curve[[0, 10, 11, 20]]
    array([1. , 1. , 0.5, 0. ])
    """
    for name, boxes in (("track", track_xywh), ("truth", truth_xywh)):
        if boxes.ndim != 2 or boxes.shape[1] != 4 or not len(boxes):
            raise InputError(f"the {name} has shape {boxes.shape}, expected (frames, 4) boxes")
    length = min(len(track_xywh), len(truth_xywh))
    track, truth = track_xywh[:length].copy(), truth_xywh[:length]
    track[0] = truth[0]
    overlap, distance = overlaps(track, truth), center_distances(track, truth)
    # Comparing with NaN is False: a frame without truth is a miss in both curves.
    success = (overlap[:, None] > OVERLAP_THRESHOLDS).mean(axis=0)
    precision = (distance[:, None] <= DISTANCE_THRESHOLDS).mean(axis=0)
    return _score(success, precision)


def mean_score(scores: list[SuccessScore]) -> SuccessScore:
    """Mean over sequences, each with the same weight.

    Raises:
        InputError: there is none.
    """
    if not scores:
        raise InputError("no sequence was scored, so there is no mean")
    return _score(
        np.mean([score.success_curve for score in scores], axis=0),
        np.mean([score.precision_curve for score in scores], axis=0),
    )


def overlaps(track_xywh: Boxes, truth_xywh: Boxes) -> Curve:
    """Intersection over union per frame, shape (F,); NaN where a box holds a NaN.

    The union has the smallest float step added, so that two empty boxes have the overlap 0: the
    last bit of an overlap decides whether it is above a threshold, hence not ``boxes.iou``.
    """
    corner = np.maximum(track_xywh[:, :2], truth_xywh[:, :2])
    end = np.minimum(track_xywh[:, :2] + track_xywh[:, 2:], truth_xywh[:, :2] + truth_xywh[:, 2:])
    shared = np.maximum(end - corner, 0).prod(axis=1)
    union = track_xywh[:, 2:].prod(axis=1) + truth_xywh[:, 2:].prod(axis=1) - shared
    return np.asarray(np.clip(shared / (union + np.finfo(float).eps), 0.0, 1.0))


def center_distances(track_xywh: Boxes, truth_xywh: Boxes) -> Curve:
    """Distance between the centres per frame, in pixels, shape (F,)."""
    track_center = track_xywh[:, :2] + (track_xywh[:, 2:] - 1) / 2
    truth_center = truth_xywh[:, :2] + (truth_xywh[:, 2:] - 1) / 2
    return np.asarray(np.sqrt(((track_center - truth_center) ** 2).sum(axis=1)))


def _score(success: Curve, precision: Curve) -> SuccessScore:
    return SuccessScore(
        auc=float(success.mean()),
        precision=float(precision[PRECISION_AT]),
        success_curve=success,
        precision_curve=precision,
    )
