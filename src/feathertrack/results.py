"""What a tracker says about one frame."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import xywh_to_xyxy
from feathertrack.errors import MissingExtra

if TYPE_CHECKING:
    from supervision import Detections

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

    def to_supervision(self) -> Detections:
        """The result as ``supervision.Detections`` with one row.

        ``xyxy`` holds the corners, ``confidence`` the score; ``data`` holds ``state``, ``frame``,
        ``time`` (NaN for none) and ``given``. A lost target has a row too: select by ``state``.

        Raises:
            MissingExtra: supervision is not installed.
        """
        if importlib.util.find_spec("supervision") is None:
            raise MissingExtra(
                "this needs supervision, which is not installed: pip install supervision"
            )
        from supervision import Detections

        return Detections(
            xyxy=xywh_to_xyxy(np.asarray(self.box, dtype=np.float64))[None],
            confidence=np.array([self.score], dtype=np.float64),
            data={
                "state": np.array([self.state]),
                "frame": np.array([self.frame]),
                "time": np.array([np.nan if self.time is None else self.time]),
                "given": np.array([self.given]),
            },
        )
