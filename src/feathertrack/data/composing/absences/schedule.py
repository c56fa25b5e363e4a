"""When targets are away: drawn for a sequence of a given length; and how that is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes

SHORTEST, LONGEST = 10, 50
"""Frames in which nothing at all of the target is to be seen; less than a tenth of it is seen for
up to about ten frames more."""

_FIRST = (20, 40)  # frames before the first absence begins
_RAMP = (4, 12)  # frames of going away, and of coming back
_TAIL = 40  # frames after a return: in so many a tracker should have found the target


@dataclass(frozen=True, kw_only=True)
class Absence:
    """One time away.

    Attributes:
        first: number of the first frame in which nothing is to be seen.
        last: of the last one.
        before: frames from the first trouble to ``first``.
        after: frames from ``last`` until all is well again.
    """

    first: int
    last: int
    before: int
    after: int

    @property
    def hidden(self) -> slice:
        """The frames in which nothing is to be seen."""
        return slice(self.first, self.last + 1)


def draw_absences(rng: np.random.Generator, length: int) -> tuple[Absence, ...]:
    """Draw as many absences as ``length`` frames have room for; none below 80 or so."""
    found: list[Absence] = []
    start = int(rng.integers(*_FIRST))
    while True:
        before, after = (int(one) for one in rng.integers(_RAMP[0], _RAMP[1] + 1, 2))
        room = min(length - start - before - after - _TAIL, LONGEST)
        if room < SHORTEST:
            return tuple(found)
        hidden = round(float(np.exp(rng.uniform(np.log(SHORTEST), np.log(room)))))
        first = start + before
        found.append(Absence(first=first, last=first + hidden - 1, before=before, after=after))
        start = first + hidden + after + _TAIL


def eased(absence: Absence, length: int) -> NDArray[np.float64]:
    """How far gone the target is in each of ``length`` frames: 0 there, 1 away, smooth between.

    >>> eased(Absence(first=3, last=4, before=2, after=1), 7).tolist()
    [0.0, 0.0, 0.5, 1.0, 1.0, 0.0, 0.0]
    """
    frames = np.arange(length)
    going = (frames - absence.first) / absence.before + 1
    coming = (absence.last - frames) / absence.after + 1
    share = np.clip(np.minimum(going, coming), 0.0, 1.0)
    return np.asarray(share * share * (3 - 2 * share))


def labels(visible: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """GOT-10k's labels from visible shares: absence, 1 where nothing is seen, and cover, 0 to 8.

    Less than a tenth counts as nothing; a target that is there has a cover of 1 or more.
    """
    absent = visible < 0.1
    cover = np.where(absent, 0, np.clip(np.rint(8 * visible), 1, 8))
    return absent.astype(np.int64), cover.astype(np.int64)


def seen_share(clear: NDArray[np.float32], box: Boxes) -> float:
    """Share of a box that lies in the frame where nothing is in front; 0 without a box.

    Args:
        clear: (H, W), 1 where nothing is in front, 0 where something opaque is.
        box: x, y, w, h.
    """
    if np.isnan(box[0]) or min(box[2:]) <= 0:
        return 0.0
    left, top = np.rint(box[:2]).astype(int)
    right, bottom = np.rint(box[:2] + box[2:]).astype(int)
    whole = max(right - left, 1) * max(bottom - top, 1)
    part = clear[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    return float(part.sum()) / float(whole)
