"""Real-time runs: frames do not wait for a tracker that is slower than the camera.

Two rules. The VOT toolkit's is a tracker that wraps another, so that it fits every experiment; a
few slow calls after a start are forgiven. got10k's is a reset-based run on its own clock of 25
frames per second.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic

import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.vot.eao import SKIPPED
from feathertrack.evaluation.vot.initial_box import initial_box
from feathertrack.evaluation.vot.regions import FAILED, STARTED, UNKNOWN, Floats, Regions
from feathertrack.evaluation.vot.reset import (
    BoxTracker,
    Clock,
    Image,
    TrackedRun,
    is_on_target,
    region_of,
)

FRAMES_PER_SECOND = 30.0
"""Of a sequence that does not say."""
GRACE = 3
"""Slow calls after a start that are forgiven."""
_GOT10K_MILLISECONDS = 40.0


class RealtimeTracker(Generic[Image]):
    """A tracker that misses frames when it is slow, by the VOT toolkit's rule.

    Give it every frame: while it owes time the frame is not shown to the inner tracker and the last
    output is repeated.
    """

    def __init__(
        self,
        tracker: BoxTracker[Image],
        *,
        fps: float = FRAMES_PER_SECOND,
        grace: int = GRACE,
        clock: Clock = time.perf_counter,
    ) -> None:
        if not fps > 0:
            raise InputError(f"a frame rate of {fps} frames per second is not above 0")
        self.tracker = tracker
        self.interval = 1.0 / fps
        self.grace = grace
        self.clock = clock

    def init(self, image: Image, box_xywh: Boxes, /) -> None:
        """Start the tracker; what it owed is forgotten."""
        self._countdown, self._debt = self.grace, 0.0
        self._last: object = box_xywh
        begin = self.clock()
        self.tracker.init(image, box_xywh)
        self._account(self.clock() - begin)

    def update(self, image: Image, /) -> object:
        """What the tracker says, or said last if it is late."""
        if self._debt > self.interval:
            self._debt -= self.interval
            return self._last
        self._debt = 0.0
        begin = self.clock()
        self._last = self.tracker.update(image)
        self._account(self.clock() - begin)
        return self._last

    def _account(self, seconds: float) -> None:
        if seconds <= self.interval:
            return
        if self._countdown > 0:
            self._countdown -= 1
            self._debt = 0.0
        else:
            self._debt = seconds - self.interval


def run_realtime_got10k(
    tracker: BoxTracker[Image],
    frame: Callable[[int], Image],
    truth: Regions,
    *,
    size_wh: tuple[int, int],
    clock: Clock = time.perf_counter,
) -> TrackedRun:
    """Run a tracker through a sequence in real time, with resets, as the got10k toolkit does.

    Every frame after a start adds to a clock: 40 ms for the first two, then what the call for the
    frame before took, at least 40 ms. The tracker sees a frame only if the clock stands there;
    before that its last output is repeated. As every frame adds 40 ms or more, a tracker that was
    late once is late until its next start; so it is in that toolkit. Without overlap it has failed.

    Args:
        tracker: started as often as needed.
        frame: yields the image of a frame, counted from 0.
        truth: N regions.
        size_wh: of the images.
        clock: seconds; injected by tests.

    Raises:
        InputError: the truth is empty, or a frame to start in has none.
    """
    if not len(truth):
        raise InputError("a sequence without ground truth cannot be run")
    rows: list[Floats] = []
    times = np.full(len(truth), np.nan)
    start, elapsed, spent, last = 0, 0.0, 0.0, np.zeros(4)
    for index in range(len(truth)):
        if index < start:
            rows.append(np.array([float(UNKNOWN)]))
            continue
        if index == start:
            last, elapsed = initial_box(truth.row(index), rule="got10k"), 0.0
            begin = clock()
            tracker.init(frame(index), last)
            times[index] = clock() - begin
            rows.append(np.array([float(STARTED)]))
            continue
        elapsed += _GOT10K_MILLISECONDS if index <= start + 2 else max(_GOT10K_MILLISECONDS, spent)
        current = start + round(np.floor(25 * elapsed) / 1000)
        spent = 0.0
        if index == current:
            image = frame(index)
            begin = clock()
            last = region_of(tracker.update(image))
            times[index] = clock() - begin
            spent = 1000 * times[index]
        if is_on_target(last, truth.row(index), size_wh=size_wh, rule="got10k"):
            rows.append(last)
        else:
            rows.append(np.array([float(FAILED)]))
            start = current + SKIPPED
    return TrackedRun(Regions.from_list(rows), times)
