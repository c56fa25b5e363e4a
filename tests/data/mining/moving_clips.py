"""A clip of a ball that moves over a plain, grainy ground, and a tracker that can follow it."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import ArrayLike

from feathertrack.boxes import Boxes, as_box
from feathertrack.results import Result
from feathertrack.video.frames import Image

HEIGHT, WIDTH = 120, 160
SIDE = 30


def scene(number: int, *, seed: int = 0) -> Image:
    """A patterned square at ``place(number)``; the ground is always the same."""
    rng = np.random.default_rng(seed)
    ground = cv2.GaussianBlur(rng.normal(110, 40, (HEIGHT, WIDTH, 3)), (0, 0), 2)
    pattern = np.zeros((SIDE, SIDE, 3))
    pattern[...] = (220, 60, 40)
    pattern[6:14, 6:24] = (250, 220, 60)
    pattern[18:26, 10:16] = (40, 60, 200)
    left, top = (int(value) for value in place(number)[:2])
    ground[top : top + SIDE, left : left + SIDE] = pattern
    return np.clip(ground, 0, 255).astype(np.uint8)


def place(number: int) -> Boxes:
    """The box of the square in a frame."""
    return np.array([20.0 + 2 * number, 40.0 + number, SIDE, SIDE])


def write_scene(path: Path, num_frames: int = 24, *, seed: int = 0, cut: int | None = None) -> Path:
    """The scene as a video of good quality; from frame ``cut`` on it is night."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=10, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(num_frames):
            image = scene(number, seed=seed)
            if cut is not None and number >= cut:
                image //= 4
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


class Matching:
    """Looks for the first picture of the target near the place where it was last."""

    reach = 6

    def init(self, image: Image, box: ArrayLike) -> None:
        self.box = as_box(box).round()
        x, y, w, h = self.box.astype(int)
        self.template = image[y : y + h, x : x + w]

    def update(self, image: Image) -> Result:
        x, y, w, h = self.box.astype(int)
        top, left = max(y - self.reach, 0), max(x - self.reach, 0)
        near = image[top : y + h + self.reach, left : x + w + self.reach]
        likeness = cv2.matchTemplate(near, self.template, cv2.TM_SQDIFF)
        row, column = np.unravel_index(int(likeness.argmin()), likeness.shape)
        self.box = np.array([left + column, top + row, w, h], np.float64)
        return Result(box=self.box, score=0.9, state="tracking")


class Drifting(Matching):
    """Follows for some frames, and then stays where it is."""

    def init(self, image: Image, box: ArrayLike) -> None:
        super().init(image, box)
        self.left = 10

    def update(self, image: Image) -> Result:
        self.left -= 1
        if self.left < 0:
            return Result(box=self.box, score=0.9, state="tracking")
        return super().update(image)
