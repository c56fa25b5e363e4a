"""Run the points of a search, settings of one tracker, over one sequence: ``run_points``.

Shapes: P points, n frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import Boxes, as_box
from feathertrack.engines.protocol import Engine
from feathertrack.errors import InputError
from feathertrack.trackers.families import FAMILIES
from feathertrack.trackers.settings import settings_from_json
from feathertrack.trackers.tracker import Image, Tracker
from feathertrack.tuning.replay.engine import SharedEngine
from feathertrack.tuning.replay.memo import Memo
from feathertrack.tuning.replay.statistics import Statistics
from feathertrack.tuning.replay.walking import Rows, alone, side_by_side

Point = Mapping[str, object]
"""Settings by the names of their fields; those of nested settings as nested mappings."""


@dataclass(frozen=True, kw_only=True, eq=False)
class PointsRun:
    """What P points said about n frames.

    Attributes:
        boxes: (P, n, 4), x, y, w, h in 0-based pixels; of the first frame, the given one.
        scores: (P, n); of the first frame, NaN.
        statistics: what the network had to do; all 0 where points were run one by one.
    """

    boxes: NDArray[np.float64]
    scores: NDArray[np.float64]
    statistics: Statistics = field(default_factory=Statistics)


def run_points(
    tracker: Tracker,
    points: Sequence[Point],
    frames: Iterable[Image],
    box: ArrayLike,
    *,
    memo: Memo | None = None,
    exact: bool = True,
    largest_batch: int = 0,
) -> PointsRun:
    """Follow one target with every point; boxes are those of each point run alone, to the bit.

    Points of SiamFC, SiamRPN++ and SiamKPN go through the frames side by side: a picture that
    several points want the network to see is computed once, and pictures of one frame are computed
    together. Other trackers run one point after the other. Equal points are run once.

    Args:
        tracker: made once, as by ``create_tracker`` or ``Contestant.create``. All points run on its
            engine, and where a point says nothing, its settings count.
        points: settings to change. Trackers without settings of this package take only ``{}``.
        frames: RGB uint8 (H, W, 3). Points that share go through them once; otherwise every point
            does, and they must be something that can be gone through again, such as a list.
        box: x, y, w, h on the first frame, 0-based pixels.
        memo: what earlier runs computed; None remembers nothing of them.
        exact: put only so many pictures into a call of the network as change no bit. Otherwise the
            last digits may differ, and where two places rank alike, all of them.
        largest_batch: pictures in a call, 0 for a number that suits the device.

    Raises:
        InputError: no points or no frames, a field or value that the settings do not take, or what
            the tracker says of box and frames.
    """
    if not points:
        raise InputError("there are no points to run")
    settings = [_settings(tracker, point) for point in points]
    distinct = list(dict.fromkeys(settings))
    first = as_box(box)
    statistics = Statistics()
    if _is_split(tracker):
        kept = Memo() if memo is None else memo
        engine = SharedEngine(_engine(tracker), memo=kept, exact=exact, largest=largest_batch)
        trackers: Any = [_sibling(tracker, engine, one) for one in distinct]
        boxes, scores = side_by_side(trackers, engine, frames, first)
        statistics = engine.statistics
    else:
        boxes, scores = _one_by_one(tracker, distinct, frames, first)
    order = [distinct.index(one) for one in settings]
    return PointsRun(boxes=boxes[order], scores=scores[order], statistics=statistics)


def _settings(tracker: Tracker, point: Point) -> Any:
    """The settings of a point, hashable; None for a tracker that has none of ours."""
    if _is_ours(tracker):
        base: Any = tracker
        return settings_from_json(base.settings, point)
    if point:
        raise InputError(
            f"{type(tracker).__name__} has no settings to tune here, got {', '.join(point)}"
        )
    return None


def _is_ours(tracker: Tracker) -> bool:
    """Whether the tracker is one of this package's, made of networks and settings."""
    return type(tracker) in {family.tracker for family in FAMILIES.values()}


def _is_split(tracker: Tracker) -> bool:
    """Whether it is ours and a ``SplitTracker``, which has no features before ``init``."""
    return _is_ours(tracker) and hasattr(tracker, "search") and hasattr(tracker, "decode")


def _engine(tracker: Any) -> Engine:
    engine: Engine = tracker.engine
    return engine


def _sibling(tracker: Any, engine: Any, settings: object) -> Any:
    """A tracker of the same kind on another engine, or engines, with other settings."""
    return type(tracker)(engine, settings)


def _one_by_one(tracker: Any, distinct: Sequence[Any], frames: Iterable[Image], box: Boxes) -> Rows:
    if iter(frames) is frames and len(distinct) > 1:
        raise InputError(
            f"{type(tracker).__name__} runs one point after the other: give the frames as a list"
        )
    runs = []
    for settings in distinct:
        engines = getattr(tracker, "engines", None) or getattr(tracker, "engine", None)
        one = tracker if settings is None else _sibling(tracker, engines, settings)
        runs.append(alone(one, frames, box))
    return np.stack([boxes for boxes, _ in runs]), np.stack([scores for _, scores in runs])
