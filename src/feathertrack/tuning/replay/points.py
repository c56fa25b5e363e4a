"""Run the points of a search, settings of one tracker, over one sequence: ``run_points``.

Shapes: P points, n frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import as_box
from feathertrack.errors import InputError
from feathertrack.trackers.changing import settings_of, with_settings
from feathertrack.trackers.families import FAMILIES
from feathertrack.trackers.settings import settings_from_json
from feathertrack.trackers.tracker import Image, Tracker
from feathertrack.tuning.replay.engine import SharedEngine
from feathertrack.tuning.replay.memo import Memo
from feathertrack.tuning.replay.statistics import Statistics
from feathertrack.tuning.replay.walking import alone, side_by_side, stacked

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
        points: settings to change. Trackers without settings take only ``{}``.
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
    if can_share(tracker):
        shared = sharing(tracker, memo=memo, exact=exact, largest_batch=largest_batch)
        engine = _shared_engine(shared)
        trackers: Any = [with_settings(shared, one) for one in distinct]
        boxes, scores = side_by_side(trackers, engine, frames, first)
        statistics = engine.statistics
    else:
        if iter(frames) is frames and len(distinct) > 1:
            raise InputError("points run one after the other here: give the frames as a list")
        alike = (tracker if one is None else with_settings(tracker, one) for one in distinct)
        boxes, scores = stacked(alone(one, frames, first) for one in alike)
    order = [distinct.index(one) for one in settings]
    return PointsRun(boxes=boxes[order], scores=scores[order], statistics=statistics)


def can_share(tracker: Tracker) -> bool:
    """Whether points of a tracker share passes: those of SiamFC, SiamRPN++ and SiamKPN do.

    Their network is asked once a frame, and then they decide. Those of ATOM and DRNet learn, each a
    filter of its own.
    """
    ours = type(tracker) in {family.tracker for family in FAMILIES.values()}
    return ours and hasattr(tracker, "look")


def sharing(
    tracker: Tracker, *, memo: Memo | None = None, exact: bool = True, largest_batch: int = 0
) -> Tracker:
    """The same tracker on an engine that computes nothing twice, for runs of any kind.

    Trackers that ``with_settings`` makes of it share the engine, so what one had computed, another
    takes from the memo: runs with restarts may so go on one after the other. ``run_points`` needs
    less memory, and computes the pictures of a frame together.

    Args:
        tracker: one that ``can_share``.
        memo: where outputs are kept; None makes one.
        exact: see ``run_points``.
        largest_batch: see ``run_points``.

    Raises:
        InputError: the tracker cannot share.
    """
    if not can_share(tracker):
        raise InputError(f"points of {type(tracker).__name__} share no passes of a network")
    plain: Any = tracker
    engine = SharedEngine(
        plain.engine, memo=Memo() if memo is None else memo, exact=exact, largest=largest_batch
    )
    shared: Tracker = type(plain)(engine, plain.settings)
    return shared


def _settings(tracker: Tracker, point: Point) -> Any:
    """The settings of a point; None for a tracker that has none."""
    settings = settings_of(tracker)
    if settings is None and point:
        raise InputError(f"the tracker has no settings to change, got {', '.join(point)}")
    return settings if settings is None else settings_from_json(settings, point)


def _shared_engine(tracker: Any) -> SharedEngine:
    engine: SharedEngine = tracker.engine
    return engine
