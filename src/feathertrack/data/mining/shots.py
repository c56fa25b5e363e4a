"""Frames of a clip from a moment on, small, up to the next cut."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.video.frames import Image
from feathertrack.video.opening import open_source

CUT = 0.5
"""Share of the pixels whose colours change places from one frame to the next at a cut."""

_BINS = 6


def read_shot(path: Path, *, first: int, stride: int, frames: int, size: int) -> Iterator[Image]:
    """The frames of one shot, RGB; ``frames`` of them at most.

    Args:
        path: a video.
        first: number of the first frame.
        stride: distance from one frame to the next.
        frames: how many.
        size: pixels of the longer side at most.

    Raises:
        SourceError: while iterating, where the video is damaged, after all frames before it.
    """
    stop = first + (frames - 1) * stride + 1
    before = None
    with open_source(path, start=first, stop=stop, step=stride, prefetch=0) as source:
        for frame in source:
            image = shrunk(frame.image, size)
            colours = _colours(image)
            if before is not None and is_cut(before, colours):
                return
            before = colours
            yield image


def shrunk(image: Image, size: int) -> Image:
    """The image with a longer side of ``size`` pixels, or as it is where that is less."""
    height, width = image.shape[:2]
    scale = size / max(height, width)
    if scale >= 1:
        return image
    target = max(round(width * scale), 1), max(round(height * scale), 1)
    return np.asarray(cv2.resize(image, target, interpolation=cv2.INTER_AREA), np.uint8)


def _colours(image: Image) -> NDArray[np.float64]:
    """Shares of the pixels by colour; softened, so that a change of light moves little."""
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)
    counts = cv2.calcHist([lab], [0, 1, 2], None, [2 * _BINS, _BINS, _BINS], [0, 256] * 3)
    shares: NDArray[np.float64] = np.asarray(counts, np.float64) / (image.shape[0] * image.shape[1])
    for axis in range(3):
        shares = (np.roll(shares, 1, axis) + 2 * shares + np.roll(shares, -1, axis)) / 4
    return shares


def is_cut(before: NDArray[np.float64], after: NDArray[np.float64]) -> bool:
    """Whether two frames with these shares of colours belong to different shots."""
    return float(np.abs(before - after).sum()) / 2 > CUT
