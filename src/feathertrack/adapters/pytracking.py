"""The tracker of pytracking: ``initialize(image, info)``, ``track(image) -> dict``; RGB arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from feathertrack.adapters._origin import shift_of
from feathertrack.boxes import as_box
from feathertrack.errors import InputError
from feathertrack.results import Result
from feathertrack.trackers.foreign import ForeignTracker
from feathertrack.trackers.tracker import Image, Tracker


class PytrackingTracker(Protocol):
    """What is used of a tracker of pytracking's; boxes are [x, y, w, h]."""

    def initialize(self, image: NDArray[np.uint8], info: dict[str, Any], /) -> object:
        """Start on an RGB image with ``info["init_bbox"]``."""

    def track(self, image: NDArray[np.uint8], /) -> Mapping[str, Any]:
        """``target_bbox`` in the next one."""


class ToPytracking:
    """A tracker of this package for the tools of pytracking.

    Args:
        tracker: the tracker.
        origin: number of the first pixel in the boxes that come and go.
    """

    def __init__(self, tracker: Tracker, *, origin: int = 0) -> None:
        self.tracker = tracker
        self.shift = shift_of(origin)

    def initialize(self, image: Image, info: Mapping[str, Any]) -> dict[str, Any]:
        """Start on an RGB uint8 image (H, W, 3) with ``info["init_bbox"]``; nothing is returned.

        Raises:
            InputError: there is no ``init_bbox``, or it cannot be used.
        """
        if "init_bbox" not in info:
            raise InputError(f"info has no 'init_bbox', only {', '.join(info) or 'nothing'}")
        self.tracker.init(image, as_box(info["init_bbox"]) - self.shift)
        return {}

    def track(self, image: Image, info: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """``target_bbox``, a list of four floats, and ``object_presence_score`` in [0, 1]."""
        result = self.tracker.update(image)
        return {
            "target_bbox": (result.box + self.shift).tolist(),
            "object_presence_score": result.score,
        }


class FromPytracking(ForeignTracker):
    """A tracker of pytracking's as one of this package.

    The score is ``object_presence_score`` where the tracker gives one, else 1; the state is always
    "tracking".

    Args:
        tracker: an object with ``initialize(image, info)`` and ``track(image)``.
    """

    def __init__(self, tracker: PytrackingTracker) -> None:
        super().__init__(_OnInfo(tracker))


class _OnInfo:
    def __init__(self, tracker: PytrackingTracker) -> None:
        self.tracker = tracker

    def init(self, image: Image, box: NDArray[np.float64]) -> None:
        self.tracker.initialize(image, {"init_bbox": box.tolist()})

    def update(self, image: Image) -> Result:
        answer = self.tracker.track(image)
        score = float(answer.get("object_presence_score", 1.0))
        score = min(max(score, 0.0), 1.0) if np.isfinite(score) else 0.0
        return Result(box=as_box(answer["target_bbox"]), score=score, state="tracking")
