"""Where the time of a frame goes: decoding, cropping, the network, and what comes after it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feathertrack.trackers.tracker import Image, SplitTracker, Tracker
from feathertrack.tracking import failing_at
from feathertrack.video.frames import Frame

PARTS = ("decode", "crop", "network", "post-processing")
TRACKER = "tracker"
"""All parts but decoding."""


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Milliseconds per frame: mean and percentiles."""

    mean: float
    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: ArrayLike) -> Latency:
        """The latency of a list of durations in seconds."""
        milliseconds = 1e3 * np.asarray(seconds, dtype=np.float64)
        p50, p95, p99 = (float(value) for value in np.percentile(milliseconds, (50, 95, 99)))
        return cls(mean=float(milliseconds.mean()), p50=p50, p95=p95, p99=p99)


def measure(
    tracker: Tracker, frames: Iterable[Frame], box: ArrayLike, *, count: int, warm_up: int
) -> Mapping[str, Latency]:
    """Follow a target from the first frame on and time every part.

    Args:
        tracker: any; one whose parts are not public is timed as a whole.
        frames: at least ``count + warm_up + 1``.
        box: on the first frame.
        count: frames to time.
        warm_up: frames before them whose times are not counted.

    Returns:
        Part -> latency: those of ``PARTS`` that can be told apart, and ``TRACKER``.
    """
    seconds: dict[str, list[float]] = {}
    for number, (frame, decoding) in enumerate(_timed(frames)):
        if number == 0:
            with failing_at(frame.index):
                tracker.init(frame.image, box)
            continue
        with failing_at(frame.index):
            parts = {"decode": decoding, **_update(tracker, frame.image)}
        if number > warm_up:
            for part, duration in parts.items():
                seconds.setdefault(part, []).append(duration)
        if number == warm_up + count:
            break
    return {part: Latency.of(durations) for part, durations in seconds.items()}


def _timed(frames: Iterable[Frame]) -> Iterator[tuple[Frame, float]]:
    waiting = iter(frames)
    while True:
        began = time.perf_counter()
        frame = next(waiting, None)
        if frame is None:
            return
        yield frame, time.perf_counter() - began


def _update(tracker: Tracker, image: Image) -> dict[str, float]:
    """Follow into the next frame, and the seconds that each part took."""
    began = time.perf_counter()
    if not isinstance(tracker, SplitTracker):
        tracker.update(image)
        return {TRACKER: time.perf_counter() - began}
    search = tracker.search(image)
    cropped = time.perf_counter()
    outputs = tracker.engine.predict(tracker.features, search)
    predicted = time.perf_counter()
    tracker.decode(outputs)
    ended = time.perf_counter()
    return {
        "crop": cropped - began,
        "network": predicted - cropped,
        "post-processing": ended - predicted,
        TRACKER: ended - began,
    }
