"""OTB's robustness evaluations: TRE starts a tracker at 20 times, SRE with 12 displaced boxes.

The runs of a sequence are scored as one: their frames are pooled, then sequences averaged.
Boxes count pixels from 1, as OTB's annotations do. Source: OTB's MATLAB code (``main_running.m``,
``shiftInitBB.m``), and for ``rule="python2"`` jwlim/tracker_benchmark.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import count as counting
from itertools import takewhile
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.ope import (
    Convention,
    OpeScore,
    find_convention,
    score_of_tally,
    tally_sequences,
)

TRE_RUNS = 20
TRE_SHORTEST = 20
"""Frames that the last run must have at least."""
SRE_SHIFT = 0.1
"""How far a box is moved, in parts of its size."""
_SCALES = {"scale_8": 0.8, "scale_9": 0.9, "scale_11": 1.1, "scale_12": 1.2}


def usable_starts(
    truth_xywh: Boxes, *, omitted: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Frames (n,) where a run may start: four finite numbers above 0, and not ``omitted`` (n,).

    OTB omits the first five frames of Tiger1.
    """
    usable = np.asarray((np.isfinite(truth_xywh) & (truth_xywh > 0)).all(axis=1))
    return usable if omitted is None else usable & ~omitted


def tre_starts(
    usable: NDArray[np.bool_], *, rule: Literal["official", "python2"] = "official"
) -> tuple[int, ...]:
    """Numbers, from 0, of the frames at which the runs of a sequence start; each runs to the end.

    Args:
        usable: (n,) where a run may start, see ``usable_starts``.
        rule: ``python2`` rounds the step down as that code's division does: 27 runs of 71 frames.

    Raises:
        InputError: no usable frame has 20 frames from it on.

    >>> tre_starts(np.ones(140, dtype=bool))[:5]
    (0, 6, 12, 19, 25)
    """
    frames = np.flatnonzero(usable)
    count = int(np.searchsorted(frames, len(usable) - TRE_SHORTEST, side="right"))
    if not count:
        raise InputError(
            f"TRE needs a usable true box with {TRE_SHORTEST} frames from it on; of "
            f"{len(usable)} frames none has them"
        )
    step = count / (TRE_RUNS - 1) if rule == "official" else count // (TRE_RUNS - 1)
    if not step:
        raise InputError(f"TRE by the python2 rule needs {TRE_RUNS - 1} usable starts, not {count}")
    positions = takewhile(lambda position: position < count, (1 + run * step for run in counting()))
    starts = [math.floor(position) for position in positions]
    return tuple(int(frames[position - 1]) for position in (*starts, count))


def sre_boxes(box_xywh: Boxes, *, width: int, height: int) -> dict[str, Boxes]:
    """The 12 displaced first boxes of a box (4,) in an image, by the name of the displacement.

    Halves are rounded away from zero. ``jwlim``'s python moves ``down`` by changing the width, an
    error that is not repeated here.

    >>> sre_boxes(np.array([51.0, 47, 25, 62]), width=320, height=240)["topLeft"]
    array([49., 41., 27., 68.])
    """
    x, y, w, h = (float(value) for value in box_xywh)
    right, bottom = x + w, y + h
    step_x, step_y = _round(SRE_SHIFT * w + 0.5), _round(SRE_SHIFT * h + 0.5)
    new_left, new_right = _round(x - SRE_SHIFT * w), _round(right + SRE_SHIFT * w)
    new_top, new_bottom = _round(y - SRE_SHIFT * h), _round(bottom + SRE_SHIFT * h)
    boxes = {
        name: (
            _round(x + w / 2 - scale * w / 2),
            _round(y + h / 2 - scale * h / 2),
            _round(scale * w),
            _round(scale * h),
        )
        for name, scale in _SCALES.items()
    } | {
        "left": (x - step_x, y, w, h),
        "right": (x + step_x, y, w, h),
        "up": (x, y - step_y, w, h),
        "down": (x, y + step_y, w, h),
        "topLeft": (new_left, new_top, right - new_left, bottom - new_top),
        "topRight": (x, new_top, new_right - x, bottom - new_top),
        "bottomLeft": (new_left, y, right - new_left, new_bottom - y),
        "bottomRight": (x, y, new_right - x, new_bottom - y),
    }
    return {name: _inside(box, width, height) for name, box in boxes.items()}


def _round(value: float) -> float:
    return math.copysign(math.floor(abs(value) + 0.5), value)


def _inside(box: tuple[float, ...], width: int, height: int) -> Boxes:
    """First the corner is moved into the image, then the size is cut."""
    x, y = max(1.0, box[0]), max(1.0, box[1])
    return np.array([x, y, min(box[2], width - x + 1), min(box[3], height - y + 1)])


def score_pooled(
    runs: Sequence[Sequence[Boxes]],
    truths: Sequence[Boxes],
    *,
    starts: Sequence[Sequence[int]] | None = None,
    convention: Convention | str = "otb_official",
    names: Sequence[str] | None = None,
) -> OpeScore:
    """Score all runs of every sequence, their frames pooled.

    Args:
        runs: for each sequence its runs; a run is (n - start, 4) boxes, its first frame's too.
        truths: (n, 4) true boxes of each sequence.
        starts: for each sequence the frame, from 0, at which each run starts; None: all at 0 (SRE).
        convention: whose rules hold.
        names: of the sequences.

    Raises:
        InputError: the numbers of runs, starts and sequences do not fit, or as
            ``ope.score_sequences`` does.
    """
    names = tuple(names or (f"sequence {number}" for number in range(1, len(truths) + 1)))
    starts = starts if starts is not None else [[0] * len(group) for group in runs]
    if not len(runs) == len(truths) == len(starts) == len(names) > 0:
        raise InputError(
            f"{len(truths)} sequences of true boxes, but {len(runs)} of runs, {len(starts)} of "
            f"starts and {len(names)} names"
        )
    for name, group, begins in zip(names, runs, starts, strict=True):
        if len(group) != len(begins) or not begins:
            raise InputError(f"{name} has {len(group)} runs for {len(begins)} starts")
    rules = find_convention(convention) if isinstance(convention, str) else convention
    parts = [truth[start:] for truth, row in zip(truths, starts, strict=True) for start in row]
    labels = [
        f"{name}, run {number}"
        for name, row in zip(names, starts, strict=True)
        for number in range(1, len(row) + 1)
    ]
    tracks = [track for group in runs for track in group]
    tally, notes = tally_sequences(tracks, parts, convention=rules, names=labels)
    counts = np.array([len(row) for row in starts])
    pooled = tally.pooled(np.cumsum(counts) - counts)
    return score_of_tally(pooled, rules, names=names, notes=notes)
