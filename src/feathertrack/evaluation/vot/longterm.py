"""Precision, recall and F of long-term tracking (VOT-LT), by pysot and by the VOT toolkit.

A long-term tracker says how sure it is that the target is there. At each of 100 thresholds only the
frames it is sure enough of count: precision is their mean overlap, recall the sum of their overlaps
over the frames that have a target. The score is the best F over the thresholds.

Shapes: S sequences of F frames each; T thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.region_overlap import region_overlaps
from feathertrack.evaluation.vot.regions import Floats, RegionKind, Regions

LongtermRule = Literal["pysot", "toolkit"]
NUM_THRESHOLDS = 100


@dataclass(frozen=True, eq=False)
class LongtermRun:
    """One sequence.

    Attributes:
        results: F regions; the first, in which the tracker was started, is special.
        truth: F regions; special where the target is absent.
        confidence: (F,) how sure the tracker is; NaN where it does not say, as in the first frame.
        size_wh: width and height of the images.
    """

    results: Regions
    truth: Regions
    confidence: Floats
    size_wh: tuple[int, int]

    def __post_init__(self) -> None:
        if not len(self.results) == len(self.truth) == len(self.confidence):
            raise InputError(
                f"{len(self.results)} results, {len(self.confidence)} scores and "
                f"{len(self.truth)} regions of ground truth; expected one of each per frame"
            )


@dataclass(frozen=True, kw_only=True, eq=False)
class LongtermScore:
    """What long-term runs score.

    Attributes:
        precision, recall, f: at the threshold of the best F.
        best: index of that threshold.
        thresholds: (T,) from high to low.
        precision_curves, recall_curves: (S, T).
        f_curve: (T,) of the means over sequences.
    """

    precision: float
    recall: float
    f: float
    best: int
    thresholds: Floats
    precision_curves: Floats
    recall_curves: Floats
    f_curve: Floats


def score_longterm(runs: Sequence[LongtermRun], *, rule: LongtermRule = "toolkit") -> LongtermScore:
    """Score runs of S sequences.

    In pysot's rule a frame without a score does not help to choose the thresholds and counts with
    score 0, and a result in a frame without target has overlap 0. In the toolkit's a missing score
    is 0 throughout, and saying nothing where there is no target is an overlap of 1.

    Raises:
        InputError: there is no run.
    """
    if not runs:
        raise InputError("no long-term run was given, so there is nothing to score")
    scores = [np.asarray(run.confidence, dtype=np.float64) for run in runs]
    if rule == "toolkit":
        scores = [np.nan_to_num(score) for score in scores]
    thresholds = _thresholds(np.concatenate(scores), rule=rule)
    curves = [
        _curves(run, np.nan_to_num(score), thresholds, rule=rule)
        for run, score in zip(runs, scores, strict=True)
    ]
    precision = np.stack([curve[0] for curve in curves])
    recall = np.stack([curve[1] for curve in curves])
    mean_precision, mean_recall = precision.mean(axis=0), recall.mean(axis=0)
    both = mean_precision + mean_recall
    f_curve = np.divide(
        2 * mean_precision * mean_recall, both, out=np.zeros_like(both), where=both > 0
    )
    best = int(f_curve.argmax())
    return LongtermScore(
        precision=float(mean_precision[best]),
        recall=float(mean_recall[best]),
        f=float(f_curve[best]),
        best=best,
        thresholds=thresholds,
        precision_curves=precision,
        recall_curves=recall,
        f_curve=f_curve,
    )


def _thresholds(scores: Floats, *, rule: LongtermRule) -> Floats:
    """100 thresholds, from above all scores to below all, that cut the scores in equal parts."""
    known = np.sort(scores[~np.isnan(scores)])
    inner = NUM_THRESHOLDS - 2
    if rule == "toolkit":
        known = known[::-1]
        if len(known) > inner:
            step = len(known) // inner
            places = np.linspace(step, len(known) - step, inner)
            known = known[np.rint(places).astype(np.int64)]
        return np.concatenate([[np.inf], known, [-np.inf]])
    step = len(known) // inner
    places = np.floor(np.linspace(step - 1, len(known) - step, inner) + 0.5).astype(np.int64)
    known = known[np.clip(places, 0, len(known) - 1)] if len(known) else np.zeros(inner)
    return np.concatenate([[-np.inf], known, [np.inf]])[::-1]


def _curves(
    run: LongtermRun, scores: Floats, thresholds: Floats, *, rule: LongtermRule
) -> tuple[Floats, Floats]:
    """Precision and recall of one sequence at every threshold."""
    overlaps = region_overlaps(run.results, run.truth, size_wh=run.size_wh, rule=rule)
    values = np.nan_to_num(np.asarray(overlaps, dtype=np.float64))
    order = np.argsort(scores, kind="stable")
    # Sum of the overlaps of the k frames with the highest scores, for every k.
    sums = np.concatenate([[0.0], np.cumsum(values[order][::-1])])
    selected = len(scores) - np.searchsorted(scores[order], thresholds, side="left")
    if rule == "pysot":
        below_all = np.isneginf(thresholds)
        selected[below_all] = np.count_nonzero(scores > 0)
    total = sums[selected]
    precision = np.divide(total, selected, out=np.ones_like(total), where=selected > 0)
    num_present = int((run.truth.kind != RegionKind.SPECIAL).sum())
    return precision, total / max(num_present, 1)
