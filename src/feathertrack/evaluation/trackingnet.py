"""TrackingNet: success, precision, normalised precision and coverage as its devkit computes them.

All coordinates are rounded to integers (half to even), the first row is the truth, and each of the
three curves has 21 thresholds and is measured by its area (trapezoids), not by a value on it; an
overlap *equal* to a threshold counts. A sequence without a result counts as boxes of 0,0,0,0 (whose
overlap 0 still reaches the threshold 0); rows missing at the end are misses.
Source: TrackingNet-devkit ``metrics.py``, by its README the code of the evaluation server.

Shapes: S sequences, 21 thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Counts, Floats, counts_above, counts_within, evenly

SUCCESS_THRESHOLDS = evenly(np.linspace(0, 1, 21))
PRECISION_THRESHOLDS = evenly(np.linspace(0, 50, 21))
NORM_PRECISION_THRESHOLDS = evenly(np.linspace(0, 0.5, 21))


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackingNetScore:
    """Scores of a tracker; shares from 0 to 1, where the devkit prints percent.

    Attributes:
        names: of the S sequences.
        success: (S, 21) share of the frames at or above each overlap threshold.
        precision: (S, 21) share of the frames within 0, 2.5, ..., 50 pixels.
        norm_precision: (S, 21) share within 0, 0.025, ..., 0.5 of the true size.
        coverage: share of all frames, of all sequences together, that have a box.
        notes: which results are missing or of another length.
    """

    names: tuple[str, ...]
    success: Floats
    precision: Floats
    norm_precision: Floats
    coverage: float
    notes: tuple[str, ...] = ()

    @property
    def per_sequence(self) -> dict[str, Floats]:
        """Area under each curve of every sequence, (S,) each."""
        return {
            "success": _area(self.success),
            "precision": _area(self.precision),
            "norm_precision": _area(self.norm_precision),
        }

    @property
    def headline(self) -> dict[str, float]:
        """``success``, ``precision`` and ``norm_precision``: mean area over the sequences."""
        return {name: float(values.mean()) for name, values in self.per_sequence.items()}


def score_trackingnet(
    tracks: Sequence[Boxes | None],
    truths: Sequence[Boxes],
    *,
    names: Sequence[str] | None = None,
) -> TrackingNetScore:
    """Score one track of each sequence; None where there is no result.

    Args:
        tracks: (n, 4) predicted boxes of each sequence, the first frame's too, or None.
        truths: (n, 4) true boxes of each sequence.
        names: of the sequences.

    Raises:
        InputError: the shapes do not fit.
    """
    names = tuple(names or (f"sequence {number}" for number in range(1, len(truths) + 1)))
    if not len(tracks) == len(truths) == len(names) > 0:
        raise InputError(
            f"{len(truths)} sequences of true boxes, but {len(tracks)} tracks, {len(names)} names"
        )
    notes: list[str] = []
    rows = [
        _completed(name, track, truth, notes)
        for name, track, truth in zip(names, tracks, truths, strict=True)
    ]
    lengths = np.array([len(truth) for truth in truths], dtype=np.int64)
    sequence = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    track = np.rint(np.concatenate(rows))
    truth = np.rint(np.concatenate(truths, dtype=np.float64))
    first = np.cumsum(lengths) - lengths
    track[first] = truth[first]
    overlap, distance, normalised = _measure(track, truth)
    num = len(names)

    def shares(counts: Counts) -> Floats:
        return np.asarray(counts / lengths[:, None])

    return TrackingNetScore(
        names=names,
        success=shares(
            counts_above(overlap, SUCCESS_THRESHOLDS, sequence=sequence, num=num, equal_too=True)
        ),
        precision=shares(counts_within(distance, PRECISION_THRESHOLDS, sequence=sequence, num=num)),
        norm_precision=shares(
            counts_within(normalised, NORM_PRECISION_THRESHOLDS, sequence=sequence, num=num)
        ),
        coverage=float((track.sum(axis=1) > 0).mean()),
        notes=tuple(notes),
    )


def _completed(name: str, track: Boxes | None, truth: Boxes, notes: list[str]) -> Boxes:
    """One row a frame: 0,0,0,0 without a result, NaN after its end."""
    if np.ndim(truth) != 2 or np.shape(truth)[1] != 4 or not len(truth):
        raise InputError(f"the truth of {name} has shape {np.shape(truth)}, expected (frames, 4)")
    if track is None:
        notes.append(f"{name} has no result and counts as 0,0,0,0")
        return np.zeros((len(truth), 4))
    if np.ndim(track) != 2 or np.shape(track)[1] != 4:
        raise InputError(f"the track of {name} has shape {np.shape(track)}, expected (frames, 4)")
    if len(track) == len(truth):
        return np.asarray(track, dtype=np.float64)
    missing = len(truth) - len(track)
    what = f"the last {missing} are misses" if missing > 0 else "the rest is cut"
    notes.append(f"{name}: the track has {len(track)} boxes for {len(truth)} frames; {what}")
    rows = np.full((len(truth), 4), np.nan)
    rows[: len(track)] = track[: len(truth)]
    return rows


def _measure(track_xywh: Boxes, truth_xywh: Boxes) -> tuple[Floats, Floats, Floats]:
    """Overlap, distance of the centres, and distance in true sizes, of rounded boxes."""
    with np.errstate(divide="ignore", invalid="ignore"):
        end = np.minimum(
            track_xywh[:, :2] + track_xywh[:, 2:] - 1, truth_xywh[:, :2] + truth_xywh[:, 2:] - 1
        )
        corner = np.maximum(track_xywh[:, :2], truth_xywh[:, :2])
        shared = np.maximum(end - corner + 1, 0).prod(axis=1)
        union = track_xywh[:, 2:].prod(axis=1) + truth_xywh[:, 2:].prod(axis=1) - shared
        apart = _centers(track_xywh) - _centers(truth_xywh)
        distance = np.sqrt((apart**2).sum(axis=1))
        normalised = np.sqrt(((apart / truth_xywh[:, 2:]) ** 2).sum(axis=1))
        return shared / union, distance, normalised


def _centers(boxes_xywh: Boxes) -> Floats:
    return boxes_xywh[:, :2] + (boxes_xywh[:, 2:] + 1) / 2


def _area(curves: Floats) -> Floats:
    """Area under each curve (S, 21) over an axis from 0 to 1."""
    trapezoids = (curves[:, 1:] + curves[:, :-1]) / 2
    return np.asarray(trapezoids.mean(axis=1))
