"""Anybody's class with ``init(image, box)`` and ``update(image)`` as a tracker of this package."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import as_box, check_box_in_frame
from feathertrack.results import Result
from feathertrack.trackers.tracker import Image, check_image


class BoxTracker(Protocol):
    """What a foreign tracker must have; boxes are (x, y, w, h), 0-based pixels."""

    def init(self, image: Image, box: NDArray[np.float64]) -> object:
        """Start on an RGB uint8 image."""

    def update(self, image: Image) -> ArrayLike | Result:
        """The box, or a result, in the next image."""


class ForeignTracker:
    """Wraps a foreign tracker: a bare box becomes a result with score 1 and state "tracking"."""

    def __init__(self, tracker: BoxTracker) -> None:
        self.tracker = tracker

    def init(self, image: Image, box: ArrayLike) -> None:
        """Start the wrapped tracker on a checked image and box."""
        box_xywh = as_box(box)
        height, width = check_image(image).shape[:2]
        check_box_in_frame(box_xywh, width=width, height=height)
        self.tracker.init(image, box_xywh)

    def update(self, image: Image) -> Result:
        """What the wrapped tracker says, as a result."""
        answer = self.tracker.update(image)
        if isinstance(answer, Result):
            return answer
        return Result(box=as_box(answer), score=1.0, state="tracking")
