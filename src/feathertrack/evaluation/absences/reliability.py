"""Whether a score means what it says: against the share of frames whose box is on the target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feathertrack.errors import InputError
from feathertrack.evaluation.absences.followed import GOOD, Flags, Floats, Followed


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Frames whose scores are much alike.

    Attributes:
        score: their mean.
        good: share of them whose box overlaps the target by more than one half.
        frames: how many they are.
    """

    score: float
    good: float
    frames: int


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """How well scores are calibrated.

    Attributes:
        bins: of evenly spaced scores, those that have frames.
        error: expected calibration error: the mean distance of score and share over all frames.
        ranking: probability that a good frame scores above another one (area under the ROC curve,
            ties count half); NaN where all frames are of one kind.
    """

    bins: tuple[Bin, ...]
    error: float
    ranking: float


def tracked_frames(runs: Sequence[Followed]) -> tuple[Floats, Flags]:
    """Scores (m,) of all frames that count, and whether the box is on the target.

    Raises:
        InputError: there are none.
    """
    if not sum(int(run.tracked.sum()) for run in runs):
        raise InputError("there are no frames to hold a score against")
    scores = np.concatenate([run.scores[run.tracked] for run in runs])
    good = np.concatenate([run.overlap[run.tracked] > GOOD for run in runs])
    return np.nan_to_num(scores, nan=0.0), good


def measure_reliability(runs: Sequence[Followed], *, bins: int = 10) -> Reliability:
    """Hold scores from 0 to 1 against what came of the frames, in ``bins`` of equal width.

    Raises:
        InputError: there are no frames.
    """
    score_m, good_m = tracked_frames(runs)
    place_m = np.clip((score_m * bins).astype(np.int64), 0, bins - 1)
    filled = [place_m == number for number in range(bins) if (place_m == number).any()]
    rows = tuple(
        Bin(
            score=float(score_m[here].mean()),
            good=float(good_m[here].mean()),
            frames=int(here.sum()),
        )
        for here in filled
    )
    away = sum(row.frames * abs(row.score - row.good) for row in rows)
    return Reliability(bins=rows, error=away / len(score_m), ranking=rank_quality(score_m, good_m))


def rank_quality(score_m: Floats, good_m: Flags) -> float:
    """Probability that a good frame scores above another one; a tie is half of one.

    >>> rank_quality(np.array([0.1, 0.5, 0.5, 0.9]), np.array([False, False, True, True]))
    0.875
    """
    num_good = int(good_m.sum())
    pairs = num_good * (len(good_m) - num_good)
    if not pairs:
        return float("nan")
    _, place, counts = np.unique(score_m, return_inverse=True, return_counts=True)
    rank_m = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((rank_m[good_m].sum() - num_good * (num_good + 1) / 2) / pairs)
