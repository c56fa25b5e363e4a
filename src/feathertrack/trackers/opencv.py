"""The trackers that come with OpenCV, as trackers of this package: the floor of every comparison.

OpenCV counts in whole pixels and in BGR, keeps no record of where a target was lost, and leaves
its trackers in a state of their own after a failure: a fresh one is made for every target.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import Boxes, as_box, check_box_in_frame
from feathertrack.errors import FeathertrackError, InputError
from feathertrack.results import Result
from feathertrack.trackers.tracker import NOT_STARTED, Image, check_frame, check_image

Rectangle = tuple[int, int, int, int]

SMALLEST = 4
"""Pixels. TrackerMIL never comes back from a target of 1 x 1, TrackerCSRT fails."""


class CvTracker(Protocol):
    """The methods of every ``cv2.Tracker``; some have ``getTrackingScore() -> float`` besides."""

    def init(self, image: NDArray[np.uint8], boundingBox: Rectangle, /) -> object:
        """Start on a BGR image with a box of whole pixels."""

    def update(self, image: NDArray[np.uint8], /) -> tuple[bool, Rectangle]:
        """Whether the target was found, and its box."""


class FromOpenCV:
    """A tracker of OpenCV's as one of this package.

    A target that OpenCV does not find stays where it was last, with the score 0 and the state
    "lost". Where OpenCV gives no score it is 1.

    Args:
        make: returns a new tracker with OpenCV's methods, such as ``cv2.TrackerKCF.create``.
        is_deterministic: whether it does the same in every run. TrackerMIL does not, not even
            with the same ``cv2.setRNGSeed``.
        model: the file that its network is read from, for messages; "" for none.
    """

    def __init__(
        self, make: Callable[[], CvTracker], *, is_deterministic: bool = True, model: str = ""
    ) -> None:
        self.make = make
        self.model = f" with the model {model}" if model else ""
        self.is_deterministic = is_deterministic
        self.tracker: CvTracker | None = None

    def init(self, image: Image, box: ArrayLike) -> None:
        """Start on an RGB uint8 image (H, W, 3) with a box (x, y, w, h).

        Raises:
            InputError: the image is no picture, or OpenCV cannot start on the box.
        """
        box_xywh = as_box(box)
        height, width = check_image(image).shape[:2]
        check_box_in_frame(box_xywh, width=width, height=height)
        rectangle = whole_pixels(box_xywh, width=width, height=height)
        self.tracker = self.make()
        self.shape = image.shape
        self.box = box_xywh
        if min(rectangle[2:]) < SMALLEST:
            raise InputError(
                f"box {rectangle} is too small for {_name(self.tracker)}: it needs at least "
                f"{SMALLEST} x {SMALLEST} pixels inside the frame"
            )
        try:
            self.tracker.init(to_bgr(image), rectangle)
        except cv2.error as error:
            raise InputError(
                f"{_name(self.tracker)}{self.model} cannot start on the box {rectangle} in a "
                f"frame of {width} x {height}: {_reason(error)}"
            ) from error

    def update(self, image: Image) -> Result:
        """The target in the next image.

        Raises:
            InputError: the image has another shape than the first.
            FeathertrackError: OpenCV failed; the text is OpenCV's.
        """
        if self.tracker is None:
            raise InputError(NOT_STARTED)
        check_frame(image, self.shape)
        try:
            found, rectangle = self.tracker.update(to_bgr(image))
        except cv2.error as error:
            name = f"{_name(self.tracker)}{self.model}"
            raise FeathertrackError(f"{name} failed: {_reason(error)}") from error
        if not found or min(rectangle[2:]) <= 0:
            return Result(box=self.box, score=0.0, state="lost")
        self.box = np.array(rectangle, dtype=np.float64)
        return Result(box=self.box, score=self._score(), state="tracking")

    def _score(self) -> float:
        """OpenCV's own score in [0, 1]; those trackers that have none answer -1."""
        read: Any = getattr(self.tracker, "getTrackingScore", None)
        score = float(read()) if read is not None else -1.0
        return min(score, 1.0) if score >= 0 else 1.0


def whole_pixels(box_xywh: Boxes, *, width: int, height: int) -> Rectangle:
    """The part of a box inside a frame, its corner and size rounded: OpenCV takes nothing else.

    >>> whole_pixels(np.array([-3.0, 2.4, 10.0, 5.6]), width=20, height=20)
    (0, 2, 7, 6)
    """
    x, y, w, h = (round(value) for value in box_xywh.tolist())
    left, top = max(x, 0), max(y, 0)
    return left, top, max(min(x + w, width) - left, 0), max(min(y + h, height) - top, 0)


def to_bgr(image: Image) -> Image:
    """RGB uint8 (H, W, 3) in the order of OpenCV; always a copy."""
    bgr: Image = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return bgr


def _name(tracker: CvTracker) -> str:
    return f"OpenCV's {type(tracker).__name__}"


def _reason(error: cv2.error) -> str:
    return " ".join(str(getattr(error, "err", "") or error).split())
