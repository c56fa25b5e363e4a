"""From the peak of a score map to a score in [0, 1] and a state.

The score is an estimate of the probability that the box overlaps the target by more than one half:
a logistic function of the peak's share, the peak of this frame over the peak of the frame on which
the box was given. The share can be compared between targets and networks, the peak itself cannot.
``scripts/calibrate_score.py`` fits the two numbers and measures what the states are worth
(docs/score.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

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

    def start(self, peak: float) -> None:
        """Remember the peak of the frame on which the box was given."""
        self.first = max(peak, 1e-6) if math.isfinite(peak) else 1e-6
        self.low_frames = 0

    def read(self, peak: float) -> tuple[float, State]:
        """Score and state for the peak of the next frame, a logit."""
        s = self.settings
        self.share = min(max(peak / self.first, -2.0), 2.0)
        score = 1.0 / (1.0 + math.exp(-s.slope * (self.share - s.midpoint)))
        self.low_frames = self.low_frames + 1 if score < s.lost_below else 0
        if self.low_frames >= s.patience:
            return score, "lost"
        return score, "tracking" if score >= s.tracking_above else "uncertain"
