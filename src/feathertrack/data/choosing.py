"""Two frames of one track, in the order that a method prescribes.

``frames`` are the numbers of the usable frames of a track, ascending; what is chosen are positions
in that list, template first. None: the track has no two frames that fit.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from feathertrack.data.settings import DataSettings
from feathertrack.errors import InputError

Frames = NDArray[np.int32]
Choose = Callable[[Frames, int, np.random.Generator], tuple[int, int] | None]

_TRIES = 100


def chooser_for(data: DataSettings) -> Choose:
    """The rule of the settings' order; of ``any``, mmtracking has one of its own.

    Raises:
        InputError: no such order.
    """
    if data.order == "any":
        return choose_half_open if data.crop == "mmtracking" else choose_any
    if data.order == "causal":
        return choose_causal
    if data.order == "interval":
        return choose_interval
    raise InputError(f"order is {data.order!r}, expected causal, any or interval")


def choose_causal(frames: Frames, reach: int, rng: np.random.Generator) -> tuple[int, int] | None:
    """The template earlier, fewer than ``reach`` frame numbers apart (FDSiamFC).

    Two frames are taken as they are. A track of one frame pairs with itself where ``reach`` is 0
    or 1, as for still pictures. Unlike the reference, no frame of a video is paired with itself.
    """
    if len(frames) == 1 or reach <= 1:
        only = int(rng.integers(len(frames)))
        return (only, only) if reach <= 1 else None
    if len(frames) == 2:
        return 0, 1
    for _ in range(_TRIES):
        first, second = sorted(int(one) for one in rng.choice(len(frames), 2, replace=False))
        if frames[second] - frames[first] < reach:
            return first, second
    # Few of all pairs are near enough: take a neighbour of the first that has one.
    near = np.flatnonzero(np.diff(frames) < reach)
    if not len(near):
        return None
    first = int(rng.choice(near))
    return first, first + 1


def choose_any(frames: Frames, reach: int, rng: np.random.Generator) -> tuple[int, int]:
    """The search at most ``reach`` places from the template in the list, itself included (pysot).

    Places count annotated frames, not time.
    """
    template = int(rng.integers(len(frames)))
    first, last = max(template - reach, 0), min(template + reach, len(frames) - 1)
    return template, int(rng.integers(first, last + 1))


def choose_half_open(frames: Frames, reach: int, rng: np.random.Generator) -> tuple[int, int]:
    """As ``choose_any``, without the place at ``+reach`` (mmtracking)."""
    template = int(rng.integers(len(frames)))
    first, stop = max(template - reach, 0), min(template + reach, len(frames))
    return template, int(rng.integers(first, stop)) if stop > first else template


def choose_interval(frames: Frames, reach: int, rng: np.random.Generator) -> tuple[int, int] | None:
    """The search less than ``reach`` frame numbers from a drawn base frame (pytracking).

    The base frame is the template; numbers run from -reach up to +reach exclusive and the window
    grows by 5 on either side until it holds a frame. A video with 2 to 4 usable frames is left
    out; one frame, as of a still picture, pairs with itself.
    """
    if len(frames) == 1:
        return 0, 0
    if len(frames) <= 4:
        return None
    base = int(rng.integers(len(frames)))
    while True:
        first, stop = np.searchsorted(frames, [frames[base] - reach, frames[base] + reach])
        if stop > first:
            return base, int(rng.integers(first, stop))
        reach += 5  # with a range of 0 the window is empty at first
