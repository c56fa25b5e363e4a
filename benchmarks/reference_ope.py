"""One-pass evaluation in the form of the official evaluators: loops over sequences and thresholds.

Restated from the rules of pysot's ``OPEBenchmark`` (one comparison for each threshold) and got10k's
experiments (one table of frames times thresholds for each sequence), to be timed beside the
package. Boxes are (n, 4) arrays x, y, w, h.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]
Curve = NDArray[np.float64]


def pysot_curves(
    tracks: Sequence[Boxes], truths: Sequence[Boxes], present: Sequence[NDArray[np.bool_]] | None
) -> list[Curve]:
    """Success, precision and normalised precision, each (S, thresholds), each in its own pass."""
    flags = present if present is not None else [None] * len(truths)
    rows = list(zip(tracks, truths, flags, strict=True))
    success, precision, normalised = [], [], []
    for track, truth, shown in rows:
        pred, gt, length = _present(track, truth, shown)
        success.append(_success_overlap(gt, pred, length))
    for track, truth, shown in rows:
        pred, gt, length = _present(track, truth, shown)
        thresholds = np.arange(0, 51, 1)
        precision.append(_success_error(_center(gt), _center(pred), thresholds, length))
    for track, truth, shown in rows:
        pred, gt, length = _present(track, truth, shown)
        size = gt[:, 2:4] + 1e-16
        hundredths = np.arange(0, 51, 1) / 100
        normalised.append(
            _success_error(_center(gt) / size, _center(pred) / size, hundredths, length)
        )
    return [np.array(success), np.array(precision), np.array(normalised)]


def _present(
    track: Boxes, truth: Boxes, shown: NDArray[np.bool_] | None
) -> tuple[Boxes, Boxes, int]:
    if shown is None:
        return track, truth, len(truth)
    return track[shown], truth[shown], len(truth)


def _center(boxes: Boxes) -> Boxes:
    return np.array([boxes[:, 0] + (boxes[:, 2] - 1) / 2, boxes[:, 1] + (boxes[:, 3] - 1) / 2]).T


def _success_overlap(truth: Boxes, track: Boxes, length: int) -> Curve:
    thresholds = np.arange(0, 1.05, 0.05)
    success = np.zeros(len(thresholds))
    iou = np.ones(len(truth)) * (-1)
    mask = np.sum(truth[:, 2:] > 0, axis=1) == 2
    iou[mask] = _overlap_ratio(truth[mask], track[mask])
    for i in range(len(thresholds)):
        success[i] = np.sum(iou > thresholds[i]) / float(length)
    return success


def _success_error(truth: Boxes, track: Boxes, thresholds: NDArray[Any], length: int) -> Curve:
    success = np.zeros(len(thresholds))
    distance = np.ones(len(truth)) * (-1)
    mask = np.sum(truth > 0, axis=1) == 2
    distance[mask] = np.sqrt(np.sum(np.power(truth[mask] - track[mask], 2), axis=1))
    for i in range(len(thresholds)):
        success[i] = np.sum(distance <= thresholds[i]) / float(length)
    return success


def _overlap_ratio(first: Boxes, second: Boxes) -> Curve:
    left = np.maximum(first[:, 0], second[:, 0])
    right = np.minimum(first[:, 0] + first[:, 2], second[:, 0] + second[:, 2])
    top = np.maximum(first[:, 1], second[:, 1])
    bottom = np.minimum(first[:, 1] + first[:, 3], second[:, 1] + second[:, 3])
    shared = np.maximum(0, right - left) * np.maximum(0, bottom - top)
    union = first[:, 2] * first[:, 3] + second[:, 2] * second[:, 3] - shared
    clipped: Curve = np.maximum(np.minimum(1, shared / union), 0)
    return clipped


def got10k_curves(tracks: Sequence[Boxes], truths: Sequence[Boxes], *, lasot: bool) -> list[Curve]:
    """Success and precision, and with ``lasot`` normalised precision, each (S, thresholds)."""
    rows = []
    for track, truth in zip(tracks, truths, strict=True):
        pred, gt = track.copy(), truth
        pred[0] = gt[0]
        if lasot:
            valid = ~np.any(np.isnan(gt), axis=1)
            pred, gt = pred[valid], gt[valid]
        iou = _rect_iou(pred, gt)[:, np.newaxis]
        error = np.sqrt(np.sum(np.power(_middle(pred) - _middle(gt), 2), axis=-1))[:, np.newaxis]
        curves = [
            np.mean(np.greater(iou, np.linspace(0, 1, 21)[np.newaxis, :]), axis=0),
            np.mean(np.less_equal(error, np.arange(0, 51)[np.newaxis, :]), axis=0),
        ]
        if lasot:
            apart = (_middle(pred) - _middle(gt)) / np.maximum(np.array([[1.0, 1.0]]), gt[:, 2:])
            normalised = np.sqrt(np.sum(np.power(apart, 2), axis=-1))[:, np.newaxis]
            thresholds = np.linspace(0, 0.5, 51)[np.newaxis, :]
            curves.append(np.mean(np.less_equal(normalised, thresholds), axis=0))
        rows.append(curves)
    return [np.array(column) for column in zip(*rows, strict=True)]


def _middle(boxes: Boxes) -> Boxes:
    return boxes[..., :2] + (boxes[..., 2:] - 1) / 2


def _rect_iou(first: Boxes, second: Boxes) -> Curve:
    left, top = (np.maximum(first[..., i], second[..., i]) for i in (0, 1))
    right, bottom = (
        np.minimum(first[..., i] + first[..., i + 2], second[..., i] + second[..., i + 2])
        for i in (0, 1)
    )
    shared_box = np.stack([left, top, np.maximum(right - left, 0), np.maximum(bottom - top, 0)]).T
    shared = np.prod(shared_box[..., 2:], axis=-1)
    areas = np.prod(first[..., 2:], axis=-1) + np.prod(second[..., 2:], axis=-1)
    iou: Curve = np.clip(shared / (areas - shared + np.finfo(float).eps), 0.0, 1.0)
    return iou
