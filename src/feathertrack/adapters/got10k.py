"""The tracker of the GOT-10k toolkit: ``init(image, box)``, ``update(image)``; PIL images."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.adapters._origin import shift_of
from feathertrack.boxes import Boxes, as_box
from feathertrack.errors import InputError
from feathertrack.trackers.tracker import Image, Tracker
from feathertrack.video.pictures import read_picture
from feathertrack.video.pixels import rgb_uint8


class PilImage(Protocol):
    """What is used of a ``PIL.Image.Image``."""

    def convert(self, mode: str) -> PilImage:
        """The same picture with other channels."""


class ToGot10k:
    """A tracker of this package for the experiments of the GOT-10k toolkit.

    ``ExperimentGOT10k(root).run(ToGot10k(tracker, name="mine"))`` works as with the toolkit's own.

    Args:
        tracker: the tracker.
        name: what the toolkit calls its folder of results.
        origin: number of the first pixel in the boxes that come and go. The toolkit passes those of
            a benchmark's files on as they are, so 1 for OTB, UAV123, LaSOT and others.
    """

    is_deterministic = True

    def __init__(self, tracker: Tracker, *, name: str = "feathertrack", origin: int = 0) -> None:
        self.tracker = tracker
        self.name = name
        self.shift = shift_of(origin)

    def init(self, image: PilImage | Image, box: ArrayLike) -> None:
        """Start on a PIL image, or an RGB array."""
        self.tracker.init(_pixels(image), as_box(box) - self.shift)

    def update(self, image: PilImage | Image) -> Boxes:
        """The box (4,) in the next image."""
        return self.tracker.update(_pixels(image)).box + self.shift

    def track(
        self, img_files: Sequence[str | Path], box: ArrayLike, visualize: bool = False
    ) -> tuple[Boxes, NDArray[np.float64]]:
        """Follow a target through files of images.

        Args:
            img_files: the images, in order.
            box: the target in the first.
            visualize: must be false; this package's base install opens no windows.

        Returns:
            Boxes (N, 4), the first as it was given, and the seconds (N,) spent on each image
            without reading it.
        """
        if visualize:
            raise InputError("visualize=True opens windows, which ToGot10k does not: leave it out")
        boxes = np.zeros((len(img_files), 4))
        seconds = np.zeros(len(img_files))
        for number, path in enumerate(img_files):
            image = read_picture(Path(path))
            began = time.perf_counter()
            if number == 0:
                self.init(image, box)
                boxes[0] = as_box(box)
            else:
                boxes[number] = self.update(image)
            seconds[number] = time.perf_counter() - began
        return boxes, seconds


def _pixels(image: PilImage | Image) -> Image:
    if isinstance(image, np.ndarray):
        return rgb_uint8(image, what="the image")
    return np.asarray(image.convert("RGB"), dtype=np.uint8)
