"""Whether a target that comes back is found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feathertrack.evaluation.absences.followed import GOOD, Followed


@dataclass(frozen=True, kw_only=True)
class Return:
    """One time that a target came back.

    Attributes:
        sequence: its name.
        frame: number of the first frame in which something of the target is seen again.
        away: frames that it was away for.
        delay: frames from there until the box overlaps it by more than one half, None for never
            within the time that is given.
        kept: whether the box does so at the end of that time.
        was_followed: whether the box overlapped it by more than one half in one of the frames
            before it went: a target that was lost long before can hardly return.
    """

    sequence: str
    frame: int
    away: int
    delay: int | None
    kept: bool
    was_followed: bool


@dataclass(frozen=True, kw_only=True)
class ReturnScore:
    """What became of all returns.

    Attributes:
        returns: how many there were.
        found: share of them that were found in time.
        kept: share on which the box is at the end of that time.
        found_if_followed: share found among those whose target was followed until it went.
        delay: median of frames until it was found, of those that were; NaN for none.
    """

    returns: int
    found: float
    kept: float
    found_if_followed: float
    delay: float


_BEFORE = 20
"""Frames before an absence in one of which the box should have been on the target."""


def find_returns(run: Followed, *, within: int = 30) -> tuple[Return, ...]:
    """All times that the target of a sequence came back.

    Args:
        run: the sequence. A return near its end counts with the frames that are left.
        within: frames in which the target is to be found, the first one with it included.
    """
    good = run.overlap > GOOD
    changes = np.diff(run.absent.astype(np.int8), prepend=0)
    gone, back = np.flatnonzero(changes == 1), np.flatnonzero(changes == -1)
    found = []
    for went, frame in zip(gone[: len(back)].tolist(), back.tolist(), strict=True):
        time = good[frame : frame + within]
        found.append(
            Return(
                sequence=run.name,
                frame=frame,
                away=frame - went,
                delay=int(time.argmax()) if time.any() else None,
                kept=bool(time[-1]),
                was_followed=bool(good[max(went - _BEFORE, 0) : went].any()),
            )
        )
    return tuple(found)


def score_returns(returns: Sequence[Return]) -> ReturnScore:
    """Shares of all returns; NaN where there are none."""
    in_time = np.array([one.delay is not None for one in returns], np.bool_)
    followed = np.array([one.was_followed for one in returns], np.bool_)
    delays = [one.delay for one in returns if one.delay is not None]
    return ReturnScore(
        returns=len(returns),
        found=_share(in_time),
        kept=_share(np.array([one.kept for one in returns], np.bool_)),
        found_if_followed=_share(in_time[followed]),
        delay=float(np.median(delays)) if delays else float("nan"),
    )


def _share(flags: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    return float(flags.mean()) if flags.size else float("nan")
