"""Sequences made by hand: a target that is away for some frames, and a tracker that says so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feathertrack.evaluation.absences import Followed

ON, NEAR, OFF = (0.0, 0.0, 10.0, 10.0), (6.0, 0.0, 10.0, 10.0), (50.0, 50.0, 10.0, 10.0)
"""Boxes whose overlaps with the target, which never moves, are 1, 0.25 and 0."""


def made(
    where: str,
    scores: Sequence[float],
    *,
    away: range = range(0),
    lost: Sequence[int] | None = None,
    shares: Sequence[float] | None = None,
) -> Followed:
    """One letter a frame says where the box is: o on the target, n near it, x far off."""
    boxes = {"o": ON, "n": NEAR, "x": OFF}
    absent = np.isin(np.arange(len(where)), list(away))
    return Followed(
        name="made",
        boxes=np.array([boxes[letter] for letter in where]),
        scores=np.array(scores, np.float64),
        lost=None if lost is None else np.isin(np.arange(len(where)), list(lost)),
        truth=np.tile(np.array(ON), (len(where), 1)),
        absent=absent,
        shares=None if shares is None else np.array(shares, np.float64),
    )
