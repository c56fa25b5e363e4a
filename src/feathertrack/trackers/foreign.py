"""Anybody's class with ``init(image, box)`` and ``update(image)`` as a tracker of this package."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import as_box, check_box_in_frame
from feathertrack.errors import InputError, TrackerFailed, blaming
from feathertrack.results import Result
from feathertrack.trackers.tracker import NOT_STARTED, Image, check_image


class BoxTracker(Protocol):
    """What a foreign tracker must have; boxes are (x, y, w, h), 0-based pixels."""

    def init(self, image: Image, box: NDArray[np.float64]) -> object:
        """Start on an RGB uint8 image."""

    def update(self, image: Image) -> ArrayLike | Result:
        """The box, or a result, in the next image."""


class ForeignTracker:
    """Wraps a foreign tracker: a bare box becomes a result with score 1 and state "tracking".

    Args:
        tracker: the tracker.
        name: what to call it where it fails; "" takes the name of its class.
    """

    def __init__(self, tracker: BoxTracker, *, name: str = "") -> None:
        self.tracker = tracker
        self.name = name or type(getattr(tracker, "tracker", tracker)).__name__
        self.started = False

    def init(self, image: Image, box: ArrayLike) -> None:
        """Start the wrapped tracker on a checked image and box.

        Raises:
            InputError: the image is no picture, or the box cannot be a target in it.
            TrackerFailed: the wrapped tracker raised.
        """
        box_xywh = as_box(box)
        height, width = check_image(image).shape[:2]
        check_box_in_frame(box_xywh, width=width, height=height)
        self.started = False
        with blaming(self.name, "failed"):
            self.tracker.init(image, box_xywh)
        self.started = True

    def update(self, image: Image) -> Result:
        """What the wrapped tracker says, as a result.

        Raises:
            InputError: there was no ``init``, or the image is no picture.
            TrackerFailed: the wrapped tracker raised, or answered with no box.
        """
        if not self.started:
            raise InputError(NOT_STARTED)
        check_image(image)
        with blaming(self.name, "failed"):
            answer = self.tracker.update(image)
        return self._as_result(answer)

    def _as_result(self, answer: ArrayLike | Result | None) -> Result:
        if isinstance(answer, Result):
            return answer
        if answer is None:
            reason = "it returned None, expected a box x, y, width, height or a Result"
            raise TrackerFailed(self.name, "failed", reason)
        try:
            return Result(box=as_box(answer), score=1.0, state="tracking")
        except InputError as error:
            raise TrackerFailed(self.name, "failed", f"it returned: {error}") from error
