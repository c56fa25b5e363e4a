"""Where to look for a target that is lost: at its last place, and further and further around it.

Every region has the usual scale, since a network that was trained on targets of one size in its
crops does not know them in others (docs/absences.md): instead of one larger region, regions of the
usual size are looked at in turn, one a frame, so a frame costs what it always does.

What is found far from its last place may be something else. It is followed, but on probation: when
it is lost soon, the search goes on where it was, around the last place that was sure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from feathertrack.results import State
from feathertrack.trackers.proposals import Array
from feathertrack.trackers.target import Target


@dataclass(slots=True)
class LostSearch:
    """What a tracker keeps in mind of a target that may be lost.

    Attributes:
        sure: the target as it was when nothing was in doubt.
        probation: frames called "tracking" until a target that was found is sure again.
        looks: how often was looked for it, the next time included; 0 while it is not lost.
        paused: ``looks`` when it was found, for the case that it was not the target.
        owed: frames of probation that are left.
    """

    sure: Target
    probation: int
    looks: int = 0
    paused: int = 0
    owed: int = 0

    def goes_on(self, target: Target, state: State) -> Target:
        """Take note of a frame; returns the target to go on with, which is the sure one if lost."""
        if state == "lost":
            if not self.looks:
                self.looks = self.paused if self.owed else 0
            self.looks += 1
            return self.sure
        if self.looks:
            self.paused, self.owed, self.looks = self.looks, self.probation, 0
        elif state == "tracking":
            self.owed = max(self.owed - 1, 0)
        if state == "tracking" and not self.owed:
            self.sure = target
        return target


def is_elsewhere(looks: int, turns: int) -> bool:
    """Whether a look, counted from 1, goes to another place than the last one; 0 is no search."""
    return looks > 0 and (looks - 1) % turns != 0


def scan_place(
    looks: int, center_xy: Array, *, step_xy: Array, frame_wh: Array, reach: int, turns: int
) -> Array:
    """The middle of the next region to look at, (x, y) in pixels of the frame.

    Every ``turns``-th look goes to the last place, the others to the places around it within the
    frame, the nearest first; after the last of them it begins again with the first.

    Args:
        looks: which look for the lost target it is, counted from 1.
        center_xy: where it was last.
        step_xy: distance between neighbouring places on each axis, in pixels.
        frame_wh: width and height of the frame.
        reach: how many steps away from the last place places lie at most, on each axis.
        turns: of so many looks one goes to the last place; 1 looks nowhere else.
    """
    if not is_elsewhere(looks, turns):
        return center_xy
    places = center_xy + _offsets(reach) * step_xy
    places = places[((places >= 0) & (places <= frame_wh)).all(axis=1)]
    if not len(places):
        return center_xy
    rounds, turn = divmod(looks - 1, turns)
    place: Array = places[(rounds * (turns - 1) + turn - 1) % len(places)]
    return place


@lru_cache(maxsize=8)
def _offsets(reach: int) -> NDArray[np.float64]:
    """Steps to all places around the middle, (P, 2), the nearest first, opposite ones in turn."""
    line = np.arange(-reach, reach + 1)
    x, y = (each.reshape(-1) for each in np.meshgrid(line, line))
    order = np.lexsort((np.abs(y) < np.abs(x), x * x + y * y))[1:]
    offsets = np.stack([x, y], axis=1)[order].astype(np.float64)
    offsets.flags.writeable = False
    return offsets
