"""Follow a box there and back again: where both ways agree, the tracker did not lose its target."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import Boxes, clip, iou
from feathertrack.data.mining.settings import SHORTEST
from feathertrack.results import Result
from feathertrack.video.frames import Image

_LEAST_SEEN = 0.6  # of a box in the frame; a target that leaves ends its track
_LEAST_SIDE = 6.0  # pixels; less is no template
_TRIES = 3


class Follower(Protocol):
    """A tracker: ``init`` once, ``update`` per frame."""

    def init(self, image: Image, box: ArrayLike) -> None:
        """Start on an RGB uint8 image (H, W, 3) with a box (x, y, w, h)."""

    def update(self, image: Image) -> Result:
        """The target in the next image."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Cycle:
    """A track on which the way back agrees with the way there.

    Attributes:
        boxes: float64 (n, 4) of the way there, the given one first.
        scores: float64 (n,) of the tracker, 1 for the given box.
        overlaps: float64 (n,) of the boxes there and back.
    """

    boxes: Boxes
    scores: NDArray[np.float64]
    overlaps: NDArray[np.float64]


def follow_both_ways(
    tracker: Follower, frames: Sequence[Image], box: Boxes, *, overlap: float
) -> Cycle | None:
    """Follow a box to the last frame, and from its last box, as a new target, back to the first.

    The track is kept up to the last frame until which the two overlap by more than ``overlap``.
    Where that is less than ``SHORTEST`` frames, the way back is tried from the middle of the track,
    then from a quarter: a target that is lost late leaves a good beginning.

    Args:
        tracker: is started anew, several times.
        frames: RGB, of one size.
        box: in the first of them.
        overlap: 0 to 1.

    Returns:
        The track; None where not even ``SHORTEST`` frames agree.
    """
    steps = list(_follow(tracker, frames, box))
    there = np.array([step for step, _ in steps])
    scores = np.array([score for _, score in steps])
    length = len(there)
    for _ in range(_TRIES):
        if length < SHORTEST:
            return None
        way_back = _follow(tracker, frames[length - 1 :: -1], there[length - 1])
        back = np.array([step for step, _ in way_back])[::-1]
        overlaps = np.zeros(length)
        overlaps[length - len(back) :] = iou(there[length - len(back) : length], back)
        apart = np.flatnonzero(overlaps <= overlap)
        kept = int(apart[0]) if len(apart) else length
        if kept >= SHORTEST:
            return Cycle(boxes=there[:kept], scores=scores[:kept], overlaps=overlaps[:kept])
        length //= 2
    return None


def _follow(
    tracker: Follower, frames: Iterable[Image], box: Boxes
) -> Iterator[tuple[Boxes, float]]:
    """Boxes inside the frame with their scores, until the target leaves or is lost."""
    images = iter(frames)
    first = next(images)
    height, width = first.shape[:2]
    tracker.init(first, box)
    yield box, 1.0
    for image in images:
        result = tracker.update(image)
        found = np.asarray(result.box, np.float64)
        if result.state == "lost" or not np.isfinite(found).all() or found[2:].min() < _LEAST_SIDE:
            return
        seen = clip(found, width=width, height=height)
        if seen[2] * seen[3] < _LEAST_SEEN * found[2] * found[3]:
            return
        yield seen, float(result.score)
