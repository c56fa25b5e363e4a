"""Frames from anywhere: a camera's own library, a simulator, a socket. Memory stays constant.

python examples/stream_arrays.py
"""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

import feathertrack as ft
from feathertrack.demo import clip_boxes, clip_path


def camera() -> Iterator[NDArray[np.uint8]]:
    """Stands for your source: RGB uint8 arrays (H, W, 3), all of one size."""
    capture = cv2.VideoCapture(str(clip_path()))
    while capture.isOpened():
        read, bgr = capture.read()
        if not read:
            return
        yield np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def main() -> None:
    """Report every change of state."""
    images = camera()
    tracker = ft.create_tracker()
    tracker.init(next(images), clip_boxes()[0])
    state = "tracking"
    for number, image in enumerate(images, start=1):
        result = tracker.update(image)
        if result.state != state:
            print(f"frame {number}: {state} -> {result.state}, score {result.score:.2f}")
            state = result.state
    x, y, w, h = result.box
    print(f"last box: {x:.1f}, {y:.1f}, {w:.1f}, {h:.1f}")


if __name__ == "__main__":
    main()
