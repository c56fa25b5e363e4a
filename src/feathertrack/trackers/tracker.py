"""What a tracker is: two methods, and what may be asked of one besides."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.engines.protocol import Engine, Features, Images, Outputs
from feathertrack.errors import InputError
from feathertrack.imaging.windows import Window
from feathertrack.results import Result

Image = NDArray[np.uint8]

NOT_STARTED = "no target: init the tracker with a box first (call init(image, box))"
"""What ``update`` says before ``init``."""


@runtime_checkable
class Tracker(Protocol):
    """Follow one object: ``init`` once, ``update`` per frame; ``init`` again starts afresh."""

    def init(self, image: Image, box: ArrayLike) -> None:
        """Start on an RGB uint8 image (H, W, 3) with a box (x, y, w, h), 0-based pixels.

        Raises:
            InputError: the image is no picture, or the box cannot be a target in it.
        """

    def update(self, image: Image) -> Result:
        """The target in the next image of the same size."""


def check_frame(image: object, started_on: tuple[int, ...]) -> None:
    """Refuse what cannot follow the image of ``init``, which had the shape ``started_on``.

    Raises:
        InputError: there was no ``init`` (``started_on`` is ()), or the image is no picture or of
            another size; the text says what would do.
    """
    if not started_on:
        raise InputError(NOT_STARTED)
    height, width, _ = shape = check_image(image).shape
    if shape != started_on:
        raise InputError(
            f"the frame is {width} x {height}, the target was given on "
            f"{started_on[1]} x {started_on[0]}: start again with a box"
        )


def check_image(image: object) -> Image:
    """An RGB uint8 (H, W, 3) array with at least one pixel.

    Raises:
        InputError: it is something else; the text says what it is.
    """
    if not isinstance(image, np.ndarray):
        raise InputError(f"an image must be an array, got {type(image).__name__}")
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise InputError(
            f"an image must be RGB uint8 (H, W, 3), got {image.dtype} of shape {image.shape}"
        )
    return image


class EngineTracker(Tracker, Protocol):
    """A tracker that runs a network of this package."""

    engine: Engine


@runtime_checkable
class SplitTracker(Protocol):
    """A tracker whose ``update`` is ``decode(engine.predict(features, search(image)))``.

    Several targets can share one call of the network, and each part can be timed.
    """

    engine: Engine
    features: Features

    def init(self, image: Image, box: ArrayLike) -> None:
        """Start on an image with a box."""

    def search(self, image: Image) -> Images:
        """The search regions of a frame, (S, H, W, 3)."""

    def decode(self, outputs: Outputs) -> Result:
        """The result for what the network said about them."""


@runtime_checkable
class LookingTracker(SplitTracker, Protocol):
    """A tracker whose ``search`` cuts windows of whole pixels out of a frame.

    Targets with equal windows share crops, and what the network says about them.
    """

    def look(self, image: Image) -> tuple[Window, ...]:
        """The windows that ``search`` cuts out, S of them."""
