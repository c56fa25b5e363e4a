"""A tracker of your own: any class with ``init(image, box)`` and ``update(image)``.

    python examples/own_tracker.py

The command line takes it by name too, from the folder of this file:

    feathertrack track clip.mp4 --box 121,89,31,82 --tracker own_tracker:TemplateMatcher
"""

import cv2
import numpy as np
from numpy.typing import NDArray

import feathertrack as ft
from feathertrack.boxes import iou
from feathertrack.demo import clip_boxes, clip_path


class TemplateMatcher:
    """Looks for the first picture of the target near its last place; never changes its size."""

    def init(self, image: NDArray[np.uint8], box: NDArray[np.float64]) -> None:
        """Keep the target's picture; the image is RGB uint8, the box x, y, w, h."""
        self.x, self.y, self.w, self.h = (round(float(value)) for value in box)
        self.template = image[self.y : self.y + self.h, self.x : self.x + self.w]

    def update(self, image: NDArray[np.uint8]) -> tuple[int, int, int, int]:
        """Return the box in the next image."""
        left, top = max(self.x - 20, 0), max(self.y - 20, 0)
        near = image[top : self.y + self.h + 20, left : self.x + self.w + 20]
        score = cv2.matchTemplate(near, self.template, cv2.TM_CCOEFF_NORMED)
        row, column = np.unravel_index(np.argmax(score), score.shape)
        self.x, self.y = left + int(column), top + int(row)
        return self.x, self.y, self.w, self.h


if __name__ == "__main__":
    truth = clip_boxes()
    tracker = ft.create_tracker("own_tracker:TemplateMatcher")
    boxes = np.array(
        [result.box for result in ft.track(clip_path(), box=truth[0], tracker=tracker)]
    )
    overlap = iou(boxes, truth)
    print(f"mean overlap {overlap.mean():.2f}; in the last frame {overlap[-1]:.2f}")
