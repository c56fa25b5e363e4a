"""From the peak of a score map to a score in [0, 1] and a state.

The score is an estimate of the probability that the box overlaps the target by more than one half:
a logistic function of the peak's share, the peak of this frame over the peak of the frame on which
the box was given. The share can be compared between targets and networks, the peak itself cannot.
``fit_confidence`` fits the two numbers; ``scripts/calibrate_score.py`` does so while it runs a
tracker and measures what the states are worth, ``scripts/fit_confidence.py`` from raw results
(docs/score.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.errors import InputError
from feathertrack.results import State
from feathertrack.trackers.settings import check_ranges, ranged


@dataclass(frozen=True, kw_only=True)
class ConfidenceSettings:
    """How a peak is read.

    Attributes:
        midpoint: share of the first frame's peak at which the score is one half.
        slope: how fast the score changes with that share.
        tracking_above: from this score on the state is "tracking".
        lost_below: under this score, for ``patience`` frames in a row, the state is "lost".
        patience: frames of low score before a target counts as lost.
    """

    midpoint: float = ranged(0.71, 0.0, 1.0)
    slope: float = ranged(12.5, 0.1, 100.0)
    tracking_above: float = ranged(0.5, 0.0, 1.0)
    lost_below: float = ranged(0.1, 0.0, 1.0)
    patience: int = ranged(3, 1, 1000)

    def __post_init__(self) -> None:
        check_ranges(self)


class Confidence:
    """The score and the state of one target; ``share`` is the last peak over the first."""

    def __init__(self, settings: ConfidenceSettings) -> None:
        self.settings = settings
        self.first = 1.0
        self.share = 1.0
        self.low_frames = 0

    @property
    def is_lost(self) -> bool:
        """Whether the state is "lost"."""
        return self.low_frames >= self.settings.patience

    def start(self, peak: float) -> None:
        """Remember the peak of the frame on which the box was given."""
        self.first = max(peak, 1e-6) if math.isfinite(peak) else 1e-6
        self.low_frames = 0

    def score_of(self, peak: float) -> float:
        """The score that a peak would have."""
        return self._score(self._share(peak))

    def read(self, peak: float) -> tuple[float, State]:
        """Score and state for the peak of the next frame, a logit."""
        self.share = self._share(peak)
        return self.repeat()

    def repeat(self) -> tuple[float, State]:
        """Score and state for a frame of which no more is known than of the last one."""
        s = self.settings
        score = self._score(self.share)
        self.low_frames = self.low_frames + 1 if score < s.lost_below else 0
        if self.is_lost:
            return score, "lost"
        return score, "tracking" if score >= s.tracking_above else "uncertain"

    def _share(self, peak: float) -> float:
        return min(max(peak / self.first, -2.0), 2.0)

    def _score(self, share: float) -> float:
        return 1.0 / (1.0 + math.exp(-self.settings.slope * (share - self.settings.midpoint)))


GOOD_OVERLAP = 0.5
"""The score is the probability of an overlap above it."""

_NEWTON_STEPS = 50
_EXTREME = 1e-7  # from scores of 0 and 1 no share can be read


def fit_confidence(
    scores: ArrayLike, overlaps: ArrayLike, *, made_with: ConfidenceSettings = ConfidenceSettings()
) -> ConfidenceSettings:
    """Return the settings whose score is the most likely one, given what came of each frame.

    Args:
        scores: (n,) that the tracker gave, 0..1; frames whose score is NaN, as where it was
            started, do not count.
        overlaps: (n,) of its boxes with the true ones; frames without one are NaN.
        made_with: the settings that the scores were made with; all but the two numbers are kept.

    Raises:
        InputError: the numbers do not belong together, or all frames are good, or none.

    >>> fit_confidence([0.2, 0.4, 0.6, 0.8], [0, 0.9, 0, 0.9]).midpoint.__round__(2)
    0.71
    """
    score_n, overlap_n = np.asarray(scores, np.float64), np.asarray(overlaps, np.float64)
    if score_n.shape != overlap_n.shape or score_n.ndim != 1:
        raise InputError(f"{score_n.shape} scores for {overlap_n.shape} overlaps")
    known = np.isfinite(score_n) & np.isfinite(overlap_n)
    likely = np.clip(score_n[known], _EXTREME, 1 - _EXTREME)
    share_n = made_with.midpoint + np.log(likely / (1 - likely)) / made_with.slope
    midpoint, slope = fit_logistic(share_n, overlap_n[known] > GOOD_OVERLAP)
    return replace(
        made_with, midpoint=min(max(midpoint, 0.0), 1.0), slope=min(max(slope, 0.1), 100.0)
    )


def fit_logistic(x: NDArray[np.float64], good: NDArray[np.bool_]) -> tuple[float, float]:
    """Maximum-likelihood (midpoint, slope) of the probability of ``good`` (n,) given x (n,).

    Raises:
        InputError: all are good, or none: then any slope would do.
    """
    if good.all() or not good.any():
        raise InputError(
            f"{int(good.sum())} of {len(good)} frames overlap by more than {GOOD_OVERLAP}: a score "
            "is fitted to frames of both kinds"
        )
    spread = float(x.std()) or 1.0
    design = np.stack([np.ones_like(x), (x - x.mean()) / spread], axis=1)
    weights = np.zeros(2)
    for _ in range(_NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        curvature = design.T @ (design * (chance * (1 - chance))[:, None]) + 1e-6 * np.eye(2)
        step = np.linalg.solve(curvature, design.T @ (good - chance))
        weights += np.clip(step, -4, 4)  # frames of the two kinds that do not mix have no best
    slope = max(float(weights[1]), 1e-6) / spread
    return float(x.mean() - weights[0] / slope), slope
