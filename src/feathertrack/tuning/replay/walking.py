"""Ways through a sequence: many trackers side by side on a shared engine, or one alone.

Shapes: P trackers, n frames.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.imaging.crop import cut_window
from feathertrack.imaging.windows import Window
from feathertrack.results import Result
from feathertrack.trackers.tracker import Image, LookingTracker, Tracker
from feathertrack.tuning.replay.batches import Region
from feathertrack.tuning.replay.engine import SharedEngine

Rows = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Boxes (..., n, 4) and scores (..., n); in the first frame the given box and NaN."""


def side_by_side(
    trackers: Sequence[LookingTracker], engine: SharedEngine, frames: Iterable[Image], box: Boxes
) -> Rows:
    """Boxes (P, n, 4) and scores (P, n) of trackers on one engine, frame by frame.

    Raises:
        InputError: there are no frames, or what a tracker says of box and frames.
    """
    shown = iter(frames)
    image = _first(shown)
    with engine.frame():
        for tracker in trackers:
            tracker.init(image, box)
    by_frame = [_step(trackers, engine, image) for image in shown]
    by_tracker = zip(*by_frame, strict=True) if by_frame else [()] * len(trackers)
    return stacked(_rows(box, results) for results in by_tracker)


def stacked(runs: Iterable[Rows]) -> Rows:
    """The boxes and scores of several runs as one array each."""
    boxes, scores = zip(*runs, strict=True)
    return np.stack(boxes), np.stack(scores)


def alone(tracker: Tracker, frames: Iterable[Image], box: Boxes) -> Rows:
    """Boxes (n, 4) and scores (n,) of one tracker.

    Raises:
        InputError: there are no frames, or what the tracker says of box and frames.
    """
    shown = iter(frames)
    tracker.init(_first(shown), box)
    return _rows(box, [tracker.update(image) for image in shown])


def _step(trackers: Sequence[LookingTracker], engine: SharedEngine, image: Image) -> list[Result]:
    """Every tracker in the next image; the engine computes between asking and deciding."""
    seen: dict[Window, Region] = {}  # equal windows are equal crops: cut and hashed once

    def region(window: Window) -> Region:
        if window not in seen:
            seen[window] = Region.of(cut_window(image, window))
        return seen[window]

    with engine.frame():
        asked = [
            engine.ask(tracker.features, [region(window) for window in tracker.look(image)])
            for tracker in trackers
        ]
        engine.compute()
        pairs = zip(trackers, asked, strict=True)
        return [tracker.decode(engine.fetch(keys)) for tracker, keys in pairs]


def _first(shown: Iterator[Image]) -> Image:
    image = next(shown, None)
    if image is None:
        raise InputError("there are no frames to track through")
    return image


def _rows(box: Boxes, results: Sequence[Result]) -> Rows:
    boxes = [box, *(np.asarray(result.box, np.float64) for result in results)]
    scores = [np.nan, *(float(getattr(result, "score", 1.0)) for result in results)]
    return np.array(boxes, np.float64), np.array(scores, np.float64)
