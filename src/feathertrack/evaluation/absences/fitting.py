"""How a score is to be read, and from where on a target counts as lost: fitted to what came of it.

The rule. The score becomes the probability that the box overlaps the target by more than one half,
a logistic function of the share (``trackers.confidence``), by maximum likelihood over all frames.
Of all thresholds and patiences with which "lost" is false in few enough frames, the one with the
best balance of precision and recall is taken (F1). And "tracking" begins at the lowest score from
which nearly all frames are good.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from feathertrack.errors import InputError
from feathertrack.evaluation.absences.followed import Floats, Followed, lost_frames
from feathertrack.evaluation.absences.lost import (
    lost_curve,
    thresholds_of,
)
from feathertrack.evaluation.absences.reliability import tracked_frames
from feathertrack.trackers.confidence import ConfidenceSettings, fit_logistic


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is asked of the states.

    Attributes:
        false_lost: largest share of the frames with the target that may be called lost falsely.
        sure: share of the frames called "tracking" whose box is on the target, at least.
        patiences: frames of a low score in a row that are tried.
    """

    false_lost: float = 0.02
    sure: float = 0.9
    patiences: tuple[int, ...] = (1, 2, 3, 5, 8)


def read_as(runs: Sequence[Followed], settings: ConfidenceSettings) -> list[Followed]:
    """The same sequences with scores and states as a tracker with these settings would give them.

    Boxes stay: where the tracker does something else while it is lost, they are those that it gave
    with its own settings.
    """
    return [_read_as(run, settings) for run in runs]


def fit_states(
    runs: Sequence[Followed],
    *,
    made_with: ConfidenceSettings = ConfidenceSettings(),
    rule: Rule = Rule(),
) -> ConfidenceSettings:
    """Settings that make the best of the shares of a tracker, by the rule.

    Args:
        runs: sequences with absences; those that settings are to be chosen on.
        made_with: what is not fitted is kept.
        rule: what is asked.

    Raises:
        InputError: all frames are good, or none; or nothing is ever absent.
    """
    if not any((run.tracked & run.absent).any() for run in runs):
        raise InputError("no target is ever away: thresholds are chosen on sequences with absences")
    _, good_m = tracked_frames(runs)
    share_m = np.concatenate([_shares(run)[run.tracked] for run in runs])
    midpoint, slope = fit_logistic(share_m, good_m)
    calibrated = replace(
        made_with, midpoint=_within("midpoint", midpoint), slope=_within("slope", slope)
    )
    read = read_as(runs, calibrated)
    below, patience = _choose(read, rule)
    tracking = max(lowest_sure(*tracked_frames(read), share=rule.sure), below)
    return replace(
        calibrated,
        lost_below=_within("lost_below", below),
        patience=patience,
        tracking_above=_within("tracking_above", tracking),
    )


def lowest_sure(
    score_m: Floats, good_m: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], *, share: float
) -> float:
    """The lowest score from which on so large a share of the frames is good; 1 where there is none.

    >>> lowest_sure(np.array([0.2, 0.4, 0.6, 0.8]), np.array([0, 1, 0, 1]) > 0, share=0.6)
    0.4
    """
    order = np.argsort(-score_m, kind="stable")
    shares = np.cumsum(good_m[order]) / np.arange(1, len(order) + 1)
    # Frames of one score are called the same: only the last of them says what a threshold gives.
    last = np.append(np.diff(score_m[order]) < 0, True)
    enough = np.flatnonzero((shares >= share) & last)
    return float(score_m[order][enough[-1]]) if len(enough) else 1.0


def _choose(runs: Sequence[Followed], rule: Rule) -> tuple[float, int]:
    """Threshold and patience; where nothing keeps to the limit, what is false least often."""
    below = thresholds_of(runs)
    best: tuple[tuple[float, float], float, int] | None = None
    for patience in rule.patiences:
        curve = lost_curve(runs, below, patience=patience)
        for threshold, point in zip(curve.below.tolist(), curve.points, strict=True):
            kept = point.false_lost <= rule.false_lost
            worth = (0.0, point.balance) if kept else (-point.false_lost, 0.0)
            if best is None or worth > best[0]:
                best = worth, threshold, patience
    assert best is not None, "there is a patience to try"
    return best[1], best[2]


def _shares(run: Followed) -> Floats:
    """What the score is read off, within what is ever read."""
    shares = run.scores if run.shares is None else run.shares
    return np.clip(np.nan_to_num(shares, nan=-2.0), -2.0, 2.0)


def _read_as(run: Followed, settings: ConfidenceSettings) -> Followed:
    logit = np.clip(settings.slope * (_shares(run) - settings.midpoint), -700, 700)
    scores = 1 / (1 + np.exp(-logit))
    lost = lost_frames(scores, [settings.lost_below], patience=settings.patience)
    return replace(run, scores=scores, lost=lost[0])


def _within(name: str, value: float) -> float:
    """A value within the range of its field."""
    (field,) = (one for one in fields(ConfidenceSettings) if one.name == name)
    return min(max(value, float(field.metadata["low"])), float(field.metadata["high"]))
