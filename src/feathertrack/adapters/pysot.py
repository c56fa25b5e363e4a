"""The tracker of pysot: ``init(image, box)``, ``track(image) -> dict``; BGR arrays."""

from __future__ import annotations

from typing import Any

from numpy.typing import ArrayLike

from feathertrack.adapters._origin import shift_of
from feathertrack.adapters.opencv import from_bgr
from feathertrack.boxes import as_box
from feathertrack.trackers.tracker import Image, Tracker


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
