"""One sequence with absences as a tracker followed it: what it said, and what was true.

Shapes: n frames, T thresholds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import Boxes, iou
from feathertrack.errors import InputError
from feathertrack.results import State

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

GOOD = 0.5
"""A box that overlaps the target by more is on it: what the score is the probability of."""

MISSED = 0.2
"""A box that overlaps the target by less is not on it, and "lost" is the truth about it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Followed:
    """What became of one sequence.

    Attributes:
        name: of the sequence.
        boxes: (n, 4) the tracker's, x, y, w, h; the first is the given one.
        scores: (n,) the tracker's, 0..1; what is no number counts as 0.
        lost: (n,) whether it said "lost"; None for a tracker that only gives a score.
        truth: (n, 4) boxes; NaN where there is none.
        absent: (n,) whether nothing of the target is to be seen.
        shares: (n,) what the score was read off, see ``trackers.confidence``; None where nobody
            says, and the score itself is taken.
    """

    name: str
    boxes: Boxes
    scores: Floats
    lost: Flags | None
    truth: Boxes
    absent: Flags
    shares: Floats | None = None

    def __post_init__(self) -> None:
        several = {
            "boxes": self.boxes,
            "scores": self.scores,
            "true boxes": self.truth,
            "labels": self.absent,
            "states": self.scores if self.lost is None else self.lost,
            "shares": self.scores if self.shares is None else self.shares,
        }
        counts = {what: len(values) for what, values in several.items()}
        if len(set(counts.values())) > 1 or not len(self.scores):
            said = ", ".join(f"{count} {what}" for what, count in counts.items())
            raise InputError(f"{self.name}: {said}: every frame has one of each")

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.scores)

    @cached_property
    def tracked(self) -> Flags:
        """(n,) the frames that count: all but the first, on which the box was given."""
        return np.arange(len(self)) > 0

    @cached_property
    def present(self) -> Flags:
        """(n,) the frames that count in which the target is there and has a box."""
        return self.tracked & ~self.absent & (self.truth[:, 2:] > 0).all(axis=1)

    @cached_property
    def overlap(self) -> Floats:
        """(n,) overlap of the box with the target; 0 where it is not there."""
        there = self.present[:, None]
        overlap = iou(np.where(there, self.boxes, 0.0), np.where(there, self.truth, 0.0))
        return np.where(np.isfinite(overlap), overlap, 0.0)

    @cached_property
    def gone(self) -> Flags:
        """(n,) the frames of which "lost" is true: the target is away, or the box is not on it."""
        missed = self.present & (self.overlap < MISSED)
        return (self.tracked & self.absent) | missed


def lost_frames(scores: ArrayLike, below: ArrayLike, *, patience: int = 1) -> Flags:
    """When a tracker with these scores would have said "lost", (T, n), by ``Confidence``'s rule.

    Args:
        scores: (n,) of one sequence; the first is that of the frame on which the box was given.
        below: (T,) thresholds.
        patience: frames of a lower score in a row that it takes.

    >>> lost_frames([1, 0.1, 0.1, 0.1, 0.9], [0.2], patience=2).tolist()
    [[False, False, True, True, False]]
    """
    score_n = np.nan_to_num(np.asarray(scores, np.float64), nan=0.0)
    below_T = np.asarray(below, np.float64)
    low_T = np.zeros(len(below_T), np.int64)
    said = np.zeros((len(below_T), len(score_n)), np.bool_)
    for number in range(1, len(score_n)):
        low_T = np.where(score_n[number] < below_T, low_T + 1, 0)
        said[:, number] = low_T >= patience
    return said


def followed_to_json(
    boxes: Sequence[Sequence[float]],
    scores: Sequence[float],
    states: Sequence[State] | None,
    shares: Sequence[float] | None,
) -> dict[str, Any]:
    """What a tracker said about a sequence, for a file; ``followed_from_json`` reads it."""
    return {
        "boxes_xywh": [[float(value) for value in box] for box in boxes],
        "scores": [float(score) for score in scores],
        "states": None if states is None else list(states),
        "shares": None if shares is None else [float(share) for share in shares],
    }


def followed_from_json(
    said: Mapping[str, Any], *, name: str, truth: Boxes, absent: Flags
) -> Followed:
    """What ``followed_to_json`` wrote, beside the truth.

    Raises:
        InputError: something is missing, is no number or no state, or has another length.
    """
    try:
        states, shares = said["states"], said["shares"]
        boxes = np.asarray(said["boxes_xywh"], np.float64)
        scores = np.asarray(said["scores"], np.float64)
        read = None if shares is None else np.asarray(shares, np.float64)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{name}: these are no results of a tracker ({error!r})") from error
    wrong = sorted({str(one) for one in states or ()} - set(get_args(State)))
    if wrong or boxes.ndim != 2 or boxes.shape[1] != 4:
        why = f"no state is called {wrong[0]!r}" if wrong else f"boxes of shape {boxes.shape}"
        raise InputError(f"{name}: these are no results of a tracker ({why})")
    return Followed(
        name=name,
        boxes=boxes,
        scores=scores,
        lost=None if states is None else np.array([one == "lost" for one in states]),
        truth=truth,
        absent=absent,
        shares=read,
    )
