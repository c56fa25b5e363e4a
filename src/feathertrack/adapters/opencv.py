"""A tracker of this package with the methods of ``cv2.Tracker``: BGR, whole pixels.

The other way round, OpenCV's trackers for this package, is ``feathertrack.trackers.opencv``: they
have names there (``opencv_kcf``).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

from feathertrack.errors import InputError
from feathertrack.trackers.opencv import Rectangle
from feathertrack.trackers.tracker import Image, Tracker


class ToOpenCV:
    """Takes the place of a ``cv2.Tracker`` in a program that has one.

    Args:
        tracker: the tracker.
    """

    def __init__(self, tracker: Tracker) -> None:
        self.tracker = tracker
        self.score = -1.0

    def init(self, image: Image, boundingBox: ArrayLike) -> None:
        """Start on a BGR or grey uint8 image with a box (x, y, w, h), which may have fractions."""
        self.tracker.init(from_bgr(image), boundingBox)
        self.score = 1.0

    def update(self, image: Image) -> tuple[bool, Rectangle]:
        """Whether the target is not lost, and its box in whole pixels."""
        result = self.tracker.update(from_bgr(image))
        self.score = result.score
        x, y, w, h = (round(value) for value in result.box.tolist())
        return result.state != "lost", (x, y, max(w, 1), max(h, 1))

    def getTrackingScore(self) -> float:  # the name is OpenCV's
        """The score of the last frame in [0, 1]; -1 before there is one, as in OpenCV."""
        return self.score


def from_bgr(image: Image) -> Image:
    """BGR uint8 (H, W, 3), or grey (H, W), as RGB uint8 (H, W, 3); always a copy.

    Raises:
        InputError: it is something else.
    """
    grey = isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 2
    color = isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3
    if not image.size or not (grey or (color and image.shape[2] == 3)):
        raise InputError(
            f"an image must be BGR uint8 (H, W, 3) or grey (H, W), got {image.dtype} of shape "
            f"{image.shape}"
        )
    code = cv2.COLOR_GRAY2RGB if grey else cv2.COLOR_BGR2RGB
    rgb: Image = np.asarray(cv2.cvtColor(image, code))
    return rgb
