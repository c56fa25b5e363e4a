"""The tracker of pysot: ``init(image, box)``, ``track(image) -> dict``; BGR arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.adapters._origin import shift_of
from feathertrack.adapters.opencv import from_bgr
from feathertrack.boxes import as_box
from feathertrack.results import Result
from feathertrack.trackers.foreign import ForeignTracker
from feathertrack.trackers.opencv import to_bgr
from feathertrack.trackers.tracker import Image, Tracker


class PysotTracker(Protocol):
    """What is used of a tracker of pysot's; boxes are (x, y, w, h)."""

    def init(self, img: NDArray[np.uint8], bbox: list[float], /) -> object:
        """Start on a BGR image."""

    def track(self, img: NDArray[np.uint8], /) -> Mapping[str, Any]:
        """``bbox`` and ``best_score`` in the next one."""


class ToPysot:
    """A tracker of this package for the tools of pysot.

    Args:
        tracker: the tracker.
        origin: number of the first pixel in the boxes that come and go.
    """

    def __init__(self, tracker: Tracker, *, origin: int = 0) -> None:
        self.tracker = tracker
        self.shift = shift_of(origin)

    def init(self, img: Image, bbox: ArrayLike) -> None:
        """Start on a BGR uint8 image (H, W, 3)."""
        self.tracker.init(from_bgr(img), as_box(bbox) - self.shift)

    def track(self, img: Image) -> dict[str, Any]:
        """``bbox``, a list of four floats, and ``best_score`` in [0, 1]."""
        result = self.tracker.update(from_bgr(img))
        return {"bbox": (result.box + self.shift).tolist(), "best_score": result.score}


class FromPysot(ForeignTracker):
    """A tracker of pysot's as one of this package.

    ``best_score`` is the score where it lies in [0, 1], as it does for SiamRPN; the state is always
    "tracking". Masks and polygons are left alone.

    Args:
        tracker: what pysot's ``build_tracker`` returns.
    """

    def __init__(self, tracker: PysotTracker) -> None:
        super().__init__(_OnBgr(tracker))


class _OnBgr:
    def __init__(self, tracker: PysotTracker) -> None:
        self.tracker = tracker

    def init(self, image: Image, box: NDArray[np.float64]) -> None:
        self.tracker.init(to_bgr(image), box.tolist())

    def update(self, image: Image) -> Result:
        answer = self.tracker.track(to_bgr(image))
        score = float(answer.get("best_score", 1.0))
        score = min(max(score, 0.0), 1.0) if np.isfinite(score) else 0.0
        return Result(box=as_box(answer["bbox"]), score=score, state="tracking")
