"""What "lost" is worth: its precision and recall, and how often it is false, over thresholds.

Frames of all sequences count alike; the first of each does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feathertrack.errors import InputError
from feathertrack.evaluation.absences.followed import Flags, Floats, Followed, lost_frames


@dataclass(frozen=True, kw_only=True)
class LostScore:
    """What "lost" is worth.

    Attributes:
        precision: share of the frames called lost of which it is true: the target is away, or the
            box is not on it (overlap below 0.2). NaN where none is called so.
        precision_by_label: the same by the label of absence alone.
        recall: share of the frames in which the target is away that are called lost.
        false_lost: share of the frames in which the target is there that are called lost although
            the box is on it.
        false_lost_by_label: the same wherever the box is.
        lost: share of all frames that are called lost.
    """

    precision: float
    precision_by_label: float
    recall: float
    false_lost: float
    false_lost_by_label: float
    lost: float

    @property
    def balance(self) -> float:
        """F1: the harmonic mean of precision and recall; 0 where nothing is called lost."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total > 0 else 0.0


@dataclass(frozen=True, kw_only=True, eq=False)
class LostCurve:
    """``LostScore`` over thresholds of the score: how the tracker would do if it said so.

    The boxes stay those that the tracker gave with its own threshold.

    Attributes:
        below: (T,) thresholds, rising.
        patience: frames of a lower score in a row.
        points: a score for each threshold.
    """

    below: Floats
    patience: int
    points: tuple[LostScore, ...]


def score_lost(runs: Sequence[Followed], said: Iterable[Flags]) -> LostScore:
    """Hold what was said against what was true.

    Args:
        runs: the sequences.
        said: of each, (n,) whether the frame was called lost.
    """
    counts = np.zeros((7, 1))
    for run, lost in zip(runs, said, strict=True):
        counts += _counts(run, np.asarray(lost)[None])
    return _scores(counts)[0]


def lost_curve(runs: Sequence[Followed], below: ArrayLike, *, patience: int) -> LostCurve:
    """What "lost" would be worth at other thresholds.

    Args:
        runs: the sequences.
        below: (T,) thresholds of the score, rising.
        patience: frames of a lower score in a row.
    """
    below_T = np.asarray(below, np.float64)
    counts = np.zeros((7, len(below_T)))
    for run in runs:
        said = lost_frames(run.scores, below_T, patience=patience)
        counts += _counts(run, said)
    return LostCurve(below=below_T, patience=patience, points=_scores(counts))


def said_lost(runs: Sequence[Followed]) -> list[Flags]:
    """Of each sequence, the frames that the tracker itself called lost.

    Raises:
        InputError: it only gave scores.
    """
    said = [run.lost for run in runs if run.lost is not None]
    if len(said) < len(runs):
        raise InputError("the tracker gave scores alone, no states")
    return said


def thresholds_of(runs: Sequence[Followed], *, most: int = 200) -> Floats:
    """Thresholds at which something changes: scores that were given, evenly by their rank.

    Raises:
        InputError: there are no frames.
    """
    if not runs:
        raise InputError("there are no sequences to measure")
    scores = np.concatenate([np.nan_to_num(run.scores[run.tracked], nan=0.0) for run in runs])
    if not len(scores):
        raise InputError("no frame follows the first one in any sequence")
    # Above the highest everything is lost, at the lowest nothing is.
    ranks = np.quantile(scores, np.linspace(0, 1, most), method="lower")
    return np.unique(np.append(ranks, np.nextafter(scores.max(), math.inf)))


def _counts(run: Followed, said_Tn: Flags) -> Floats:
    """(7, T) frames called lost, truly, and absent; absent ones; present, called falsely, or so."""
    away = run.tracked & run.absent
    called = said_Tn & run.tracked
    there = called & run.present
    rows = [
        called.sum(axis=1),
        (called & run.gone).sum(axis=1),
        (called & away).sum(axis=1),
        np.full(len(said_Tn), away.sum()),
        np.full(len(said_Tn), run.present.sum()),
        (there & ~run.gone).sum(axis=1),
        there.sum(axis=1),
    ]
    return np.array(rows, np.float64)


def _scores(counts_7T: Floats) -> tuple[LostScore, ...]:
    called, true, by_label, away, present, false, there = counts_7T
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = {
            "precision": true / called,
            "precision_by_label": by_label / called,
            "recall": by_label / away,
            "false_lost": false / present,
            "false_lost_by_label": there / present,
            "lost": called / (away + present),
        }
    numbers = range(counts_7T.shape[1])
    return tuple(
        LostScore(**{name: float(values[number]) for name, values in columns.items()})
        for number in numbers
    )
