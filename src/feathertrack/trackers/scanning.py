"""Where to look for a target that is lost: at its last place, and further and further around it.

Every region has the usual scale, since a network that was trained on targets of one size in its
crops does not know them in others (docs/absences.md): instead of one larger region, regions of the
usual size are looked at in turn, one a frame, so a frame costs what it always does.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from feathertrack.trackers.proposals import Array


def scan_place(
    looks: int, center_xy: Array, *, step_xy: Array, frame_wh: Array, reach: int, turns: int
) -> Array:
    """The middle of the next region to look at, (x, y) in pixels of the frame.

    Every ``turns``-th look goes to the last place, the others to the places around it within the
    frame, the nearest first; after the last of them it begins again with the first.

    Args:
        looks: how often was looked since the target was lost.
        center_xy: where it was last.
        step_xy: distance between neighbouring places on each axis, in pixels.
        frame_wh: width and height of the frame.
        reach: how many steps away from the last place places lie at most, on each axis.
        turns: of so many looks one goes to the last place; 1 looks nowhere else.
    """
    around, turn = divmod(looks, turns)
    if turn == 0:
        return center_xy
    places = center_xy + _offsets(reach) * step_xy
    places = places[((places >= 0) & (places <= frame_wh)).all(axis=1)]
    if not len(places):
        return center_xy
    place: Array = places[(around * (turns - 1) + turn - 1) % len(places)]
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
