"""Pictures made to try trackers on: a textured target that moves over a textured background."""

from __future__ import annotations

import cv2
import numpy as np

from feathertrack.trackers.tracker import Image

WIDTH, HEIGHT = 240, 180
TARGET = np.array([90.0, 66.0, 48.0, 40.0])
"""x, y, w, h of the target in the first picture; not to be written into."""
TARGET.setflags(write=False)
_NUM_FRAMES = 5


def book(*, seed: int, width: int = WIDTH, height: int = HEIGHT) -> list[Image]:
    """Frames of a textured square of 48 x 40 that starts at (90, 66) and moves 3 right, 2 down."""
    noise = np.random.default_rng(seed)
    background = _texture(noise, width, height, blur=15)
    target = _texture(noise, 48, 40, blur=5)
    frames = []
    for number in range(_NUM_FRAMES + 1):
        x, y = 90 + 3 * number, 66 + 2 * number
        frame = background.copy()
        frame[y : y + 40, x : x + 48] = target
        frames.append(frame)
    return frames


def _texture(noise: np.random.Generator, width: int, height: int, *, blur: int) -> Image:
    rough = noise.integers(0, 256, (height, width, 3), np.uint8)
    smooth = cv2.GaussianBlur(rough, (blur, blur), 0).astype(np.float64)
    low, high = smooth.min(), smooth.max()
    image: Image = ((smooth - low) * (255 / (high - low))).astype(np.uint8)
    return image
