"""Boxes from which tracks start: things that move by themselves, and regions that look like things.

Each kind is ranked by its own score, shaken a little, so that not every moment of a clip starts on
the same few things.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes, iou, xywh_to_xyxy
from feathertrack.data.mining.motion import moving_segments, own_motion, stands_out
from feathertrack.data.mining.regions import (
    SCALES,
    Region,
    connected,
    find_regions,
    judged,
    lab_of,
    segment,
)
from feathertrack.video.frames import Image

Kind = Literal["moving", "region"]

GAPS = (2, 5)
"""Frames between those whose flow is computed: the fast and the slow show at one of them."""

_SAME = 0.4  # overlap from which on two boxes are one thing
_WEAKEST = {"moving": 0.3, "region": 20.0}  # score: below, boxes lie on ground more often than not
_WEAKEST_PART = 40.0  # of a region in something larger: patterns and reflections have less
_PART = 0.8  # share of a box that lies in another from which on it is a part
_SHAKING = 0.3


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Start:
    """Where a track may start.

    Attributes:
        box: float64 (x, y, w, h).
        kind: why it is thought to be a thing.
        score: how much it looks like one; comparable within a kind.
    """

    box: Boxes
    kind: Kind
    score: float


def find_starts(frames: Sequence[Image]) -> list[Start]:
    """Everything in the first of some frames that may be a thing, in no order."""
    lab = lab_of(frames[0])
    segmentations = [segment(lab, scale) for scale in SCALES]
    regions = find_regions(lab, segmentations)
    found = [Start(box=one.box, kind="region", score=one.score) for one in regions]
    for gap in GAPS:
        if gap >= len(frames):
            break
        motion = own_motion(frames[0], frames[gap])
        if not (motion > 1).any():
            continue
        moving = [
            judged(lab, mask, box)
            for labels in segmentations[:2]
            for mask, box in connected(moving_segments(motion, labels))
        ]
        found += [_moving(one, motion) for one in (*moving, *regions)]
    return found


def _moving(region: Region, motion: NDArray[np.float32]) -> Start:
    score = stands_out(motion, region.mask) * region.form
    return Start(box=region.box, kind="moving", score=score)


def choose_starts(
    found: Sequence[Start], count: int, *, moving: float, rng: np.random.Generator
) -> list[Start]:
    """``count`` of the starts, or fewer where there are no more good ones.

    Args:
        found: what there is.
        count: how many are wanted.
        moving: share of them that should move; where one kind falls short the other fills up.
        rng: shakes the order and rounds the share.
    """
    keys = [np.log(max(one.score, 1e-6)) + _SHAKING * rng.gumbel() for one in found]
    order = np.argsort(keys)[::-1].tolist()
    ranked = [found[n] for n in order if found[n].score >= _WEAKEST[found[n].kind]]
    good = _without_parts(ranked)
    by_kind: dict[Kind, list[Start]] = {
        kind: [one for one in good if one.kind == kind] for kind in ("moving", "region")
    }
    wanted = int(moving * count + rng.random())
    taken: list[Start] = []
    _take(taken, by_kind["moving"], wanted)
    _take(taken, by_kind["region"], count)
    _take(taken, by_kind["moving"], count)
    return taken


def _without_parts(starts: list[Start]) -> list[Start]:
    """The starts, without weak regions that are parts of larger ones."""
    if not starts:
        return []
    corners = xywh_to_xyxy(np.stack([one.box for one in starts]))
    low = np.maximum(corners[:, None, :2], corners[None, :, :2])
    high = np.minimum(corners[:, None, 2:], corners[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(-1)
    area = np.diag(shared)
    is_part = (shared > _PART * area[:, None]) & (area[None, :] > 2 * area[:, None])
    return [
        one
        for one, part in zip(starts, is_part.any(1).tolist(), strict=True)
        if not part or one.kind == "moving" or one.score >= _WEAKEST_PART
    ]


def _take(taken: list[Start], ranked: Sequence[Start], count: int) -> None:
    """Add what overlaps with nothing that is taken, until there are ``count``."""
    for one in ranked:
        if len(taken) >= count:
            return
        if not any(iou(one.box, other.box) > _SAME for other in taken):
            taken.append(one)
