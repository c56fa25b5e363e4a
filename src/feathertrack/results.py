"""What a tracker says about one frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

State = Literal["tracking", "uncertain", "lost"]
STATES: tuple[State, ...] = get_args(State)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Result:
    """The target in one frame.

    Attributes:
        box: (x, y, w, h), float64 pixels, 0-based, continuous; may reach outside the frame.
        score: how sure the tracker is that the box covers the target, 0 to 1.
        state: "tracking", "uncertain" or "lost".
        frame: index of the frame in its source, from 0.
        time: seconds since the start of the source, None where the source has no clock.
        given: the box was given by the user on this frame, not predicted.
    """

    box: NDArray[np.float64]
    score: float
    state: State
    frame: int = 0
    time: float | None = None
    given: bool = False
