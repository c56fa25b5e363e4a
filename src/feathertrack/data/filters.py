"""Which annotated frames may be trained on.

FDSiamFC leaves out frames by eight conditions, c1 to c8 (its crop scripts for GOT-10k, ILSVRC and
LaSOT). The index keeps which of them each box fails, so that a recipe chooses a rule when it opens
the index and nothing is read again.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import Boxes

FrameRule = Literal["sound", "visible", "fdsiamfc"]
"""``sound``: every box with an area in its picture. ``visible``: of these, where something of the
target can be seen. ``fdsiamfc``: those that fulfil all of c1 to c8."""

CONDITIONS = (
    "c1: area below 20 pixels",
    "c2: a side below 20 pixels",
    "c3: a side above 500 pixels",
    "c4: a side below 1 % of the picture's",
    "c5: a side above 50 % of the picture's",
    "c6: width below a quarter of the height",
    "c7: width above four times the height",
    "c8: too little of the target is visible",
)
"""What fails each of the eight conditions, in order."""

HIDDEN = 1 << 8
"""The bit of boxes of which nothing is visible; the lowest eight are those of ``CONDITIONS``."""

RULES: dict[FrameRule, int] = {"sound": 0, "visible": HIDDEN, "fdsiamfc": 0xFF}
"""The bits that a frame must not have to be used under a rule."""


def frame_conditions(
    boxes_xywh: Boxes,
    sizes_wh: ArrayLike,
    visible: ArrayLike,
    *,
    starts: ArrayLike = (0,),
    floor: ArrayLike = 0.0,
) -> NDArray[np.bool_]:
    """The eight conditions of FDSiamFC's crop scripts, true where they hold.

    Args:
        boxes_xywh: float64 (n, 4) in pixels, of one or more targets one after the other.
        sizes_wh: width and height of the pictures, (n, 2) or (2,); 0 where they are not known,
            which fulfils c4 and c5.
        visible: (n,) share of the target that can be seen, 0 to 1 (GOT-10k: cover / 8).
        starts: where each target begins; each has at least one box.
        floor: the share that is too little for c8 in any case, (n,) or one for all: 1/8 for
            GOT-10k, 0 else. Less than 0.3 of the most that is seen of a target is too little too.

    Returns:
        bool (8, n), the rows c1 to c8.
    """
    w, h = boxes_xywh[:, 2], boxes_xywh[:, 3]
    sizes = np.broadcast_to(np.asarray(sizes_wh, np.float64), (len(boxes_xywh), 2))
    known = sizes > 0
    shares = boxes_xywh[:, 2:] / np.where(known, sizes, 1.0)
    seen = np.asarray(visible, np.float64)
    most = _most_of_each(seen, np.asarray(starts, np.intp))
    ratio = w / np.maximum(1.0, h)
    return np.stack(
        [
            w * h >= 20,
            (w >= 20) & (h >= 20),
            (w <= 500) & (h <= 500),
            ((shares >= 0.01) | ~known).all(1),
            ((shares <= 0.5) | ~known).all(1),
            ratio >= 0.25,
            ratio <= 4,
            seen > np.maximum(floor, 0.3 * most),
        ]
    )


def _most_of_each(seen: NDArray[np.float64], starts: NDArray[np.intp]) -> NDArray[np.float64]:
    if not len(seen):
        return seen
    lengths = np.diff(starts, append=len(seen))
    most: NDArray[np.float64] = np.repeat(np.maximum.reduceat(seen, starts), lengths)
    return most


def failed_bits(conditions: NDArray[np.bool_], visible: ArrayLike) -> NDArray[np.uint16]:
    """One number per box: a bit for every condition that does not hold, and ``HIDDEN``."""
    weights = (1 << np.arange(len(conditions))).astype(np.uint16)
    bits = (~conditions).astype(np.uint16).T @ weights
    hidden = np.asarray(visible, np.float64) <= 0
    return (bits | np.where(hidden, HIDDEN, 0)).astype(np.uint16)
