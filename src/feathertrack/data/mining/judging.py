"""Which tracks teach nothing: those on which nothing changes, and those that are there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes, iou, xywh_to_xyxy
from feathertrack.video.frames import Image

MOVED = 0.15
"""Shift of the middle by the size of the box, or logarithm of a side, from which on a box moves."""

CHANGED = 0.06
"""Mean difference of the contents of the box, 0 to 1, from which on they change."""

SAME = 0.7
"""Share of the frames, and mean overlap there, above which two tracks of a clip are one."""

_SIDE = 24  # pixels of what the contents of a box are compared in


def box_change(boxes: Boxes) -> float:
    """How far the box (n, 4) gets from the first, by place or size.

    >>> round(box_change(np.array([[0.0, 0, 20, 20], [5, 0, 20, 20], [5, 0, 22, 20]])), 3)
    0.3
    """
    size = np.maximum(boxes[:, 2:], 1e-6)
    middle = boxes[:, :2] + size / 2
    shift = np.linalg.norm(middle - middle[0], axis=1) / np.sqrt(size[0].prod())
    growth = np.abs(np.log(size / size[0])).max(axis=1)
    return float(np.maximum(shift, growth).max())


def content_change(frames: Sequence[Image], boxes: Boxes) -> float:
    """How much what is in the boxes (n, 4) differs from what is in the first, 0 to 1."""
    contents = [_content(image, box) for image, box in zip(frames, boxes, strict=True)]
    return max(float(np.abs(one - contents[0]).mean()) for one in contents)


def _content(image: Image, box: Boxes) -> NDArray[np.float32]:
    """What is in a box, small and grey, whatever the light."""
    height, width = image.shape[:2]
    limits = np.array([width, height, width, height])
    left, top, right, bottom = np.clip(np.round(xywh_to_xyxy(box)), 0, limits).astype(int)
    crop = image[min(top, height - 1) : max(bottom, top + 1), min(left, width - 1) : right + 1]
    small = cv2.resize(crop, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    return np.asarray(grey - grey.mean(), np.float32)


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """A track in the time of its clip.

    Attributes:
        name: of the track.
        clip: of its video.
        frames: numbers of its frames in the clip, in order.
        boxes: float64 (n, 4).
    """

    name: str
    clip: str
    frames: range
    boxes: Boxes


def duplicates(tracks: Sequence[Placed]) -> dict[str, str]:
    """Name of every track that is in a longer one of its clip -> the name of that one.

    Two tracks are one if more than ``SAME`` of the frames of the shorter are in both, and their
    boxes overlap there by more than that on average.
    """
    kept: dict[str, list[Placed]] = {}
    found: dict[str, str] = {}
    for track in sorted(tracks, key=lambda one: (-len(one.frames), one.name)):
        others = kept.setdefault(track.clip, [])
        twin = next((other.name for other in others if _is_same(other, track)), None)
        if twin is None:
            others.append(track)
        else:
            found[track.name] = twin
    return found


def _is_same(longer: Placed, shorter: Placed) -> bool:
    step = longer.frames.step  # the frames of one may lie between those of the other
    where = {number // step: row for row, number in enumerate(longer.frames)}
    both = [
        (where[number // step], row)
        for row, number in enumerate(shorter.frames)
        if number // step in where
    ]
    if len(both) <= SAME * len(shorter.frames):
        return False
    rows = np.array(both)
    return float(iou(longer.boxes[rows[:, 0]], shorter.boxes[rows[:, 1]]).mean()) > SAME
