"""The tracker of pytracking: ``initialize(image, info)``, ``track(image) -> dict``; RGB arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feathertrack.adapters._origin import shift_of
from feathertrack.boxes import as_box
from feathertrack.errors import InputError
from feathertrack.trackers.tracker import Image, Tracker


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
