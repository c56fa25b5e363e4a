"""Draw where a shipped tracker fails: docs/images/NAME_failures.png.

    python scripts/make_failure_pictures.py feather_small

The packaged clip is made harder in four ways, and followed: a copy of the target crosses its way;
nearly all frames are dropped; the picture is scaled down until the target has a few pixels; the
target is covered while the camera jumps. Of each the frame with the smallest overlap is shown, with
the true box in green and the tracker's in red, and the mean overlap beside it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import iou
from feathertrack.demo import clip_boxes, clip_path
from feathertrack.trackers.creation import create_tracker
from feathertrack.video import open_source
from feathertrack.video.drawing import draw_boxes

Image = NDArray[np.uint8]
Boxes = NDArray[np.float64]
Clip = tuple[list[Image], Boxes]

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
GREEN, RED = (40, 200, 60), (220, 40, 40)
WIDTH, HEIGHT = 480, 270


def twin(clip: Clip) -> Clip:
    """A copy of the target flies across the picture, through the target."""
    frames, boxes = clip
    x, y, w, h = boxes[0].astype(int)
    patch = frames[0][y : y + h, x : x + w]
    shown = []
    for number, (frame, box) in enumerate(zip(frames, boxes, strict=True)):
        away = (number - 45) * 4
        left, top = int(box[0]) + away, int(box[1])
        picture = frame.copy()
        if 0 <= left <= WIDTH - w and 0 <= top <= HEIGHT - h:
            picture[top : top + h, left : left + w] = patch
        shown.append(picture)
    return shown, boxes


def hurried(clip: Clip) -> Clip:
    """Every fifteenth frame alone."""
    return clip[0][::15], clip[1][::15]


def tiny(clip: Clip) -> Clip:
    """A sixth of the size."""
    scale = 1 / 6
    shape = (round(WIDTH * scale), round(HEIGHT * scale))
    small = [cv2.resize(frame, shape, interpolation=cv2.INTER_AREA) for frame in clip[0]]
    return [np.asarray(frame, np.uint8) for frame in small], clip[1] * scale


def jumping(clip: Clip) -> Clip:
    """The target is covered for fifteen frames, and comes back elsewhere, upside down."""
    frames, boxes = list(clip[0]), clip[1].copy()
    for number in range(30, 45):
        x, y, w, h = boxes[number].astype(int)
        picture = frames[number].copy()
        picture[max(y - h // 2, 0) : y + 2 * h, max(x - w, 0) : x + 2 * w] = picture.mean((0, 1))
        frames[number] = picture
    for number in range(45, len(frames)):
        frames[number] = np.ascontiguousarray(frames[number][::-1, ::-1])
        x, y, w, h = boxes[number]
        boxes[number] = (WIDTH - x - w, HEIGHT - y - h, w, h)
    return frames, boxes


SCENES: dict[str, Callable[[Clip], Clip]] = {
    "a twin crosses": twin,
    "two frames a second": hurried,
    "a target of 5 x 14 pixels": tiny,
    "covered, then upside down": jumping,
}


def read_clip() -> Clip:
    """All frames of the packaged clip and its true boxes."""
    with open_source(clip_path()) as source:
        return [frame.image.copy() for frame in source], clip_boxes()


def panel(name: str, title: str, clip: Clip) -> Image:
    """The worst frame of a scene."""
    frames, truth = clip
    tracker = create_tracker(name)
    tracker.init(frames[0], truth[0])
    found = np.array([truth[0], *(tracker.update(frame).box for frame in frames[1:])])
    overlaps = np.array([float(iou(one, true)) for one, true in zip(found, truth, strict=True)])
    worst = int(overlaps.argmin())
    scale = WIDTH / frames[0].shape[1]
    picture = cv2.resize(frames[worst], (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
    drawn = draw_boxes(
        np.asarray(picture, np.uint8), [(truth[worst] * scale, GREEN), (found[worst] * scale, RED)]
    ).copy()
    text = f"{title}: frame {worst} of {len(frames)}, overlap {overlaps[worst]:.2f}"
    for line, said in enumerate((text, f"mean {overlaps.mean():.2f}")):
        for color, shift in (((0, 0, 0), 1), ((255, 255, 255), 0)):
            place = (8 + shift, 20 + 20 * line + shift)
            cv2.putText(drawn, said, place, cv2.FONT_HERSHEY_SIMPLEX, 0.5, color, 1)
    print(text, f"mean {overlaps.mean():.3f}")
    return np.asarray(drawn, np.uint8)


def main() -> None:
    """Read the command line, follow, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("tracker", help="name of a shipped model")
    name = parser.parse_args().tracker
    clip = read_clip()
    panels = [panel(name, title, make(clip)) for title, make in SCENES.items()]
    rows = [np.hstack(panels[:2]), np.hstack(panels[2:])]
    output = IMAGES / f"{name}_failures.png"
    cv2.imwrite(str(output), cv2.cvtColor(np.vstack(rows), cv2.COLOR_RGB2BGR))
    print(output)


if __name__ == "__main__":
    main()
