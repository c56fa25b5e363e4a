"""Follow a target and write what comes out, whatever ends it: what ``track`` and ``demo`` do."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from numpy.typing import ArrayLike

from feathertrack.cli._given import Given
from feathertrack.cli._stopping import Stopped, StopSignals
from feathertrack.cli._terminal import progress
from feathertrack.errors import FeathertrackError
from feathertrack.results import STATES, Result, State
from feathertrack.trackers.tracker import Image, Tracker
from feathertrack.tracking import follow
from feathertrack.video.frames import Frame
from feathertrack.video.sinks import Sink


@dataclass(kw_only=True)
class Outcome:
    """What came out of following one target.

    Attributes:
        num_frames: frames that were read and written.
        num_tracked: frames with a result.
        seconds: time from the first frame to the last, all included.
        last_frame: index in the source of the last frame that was written, -1 without one.
        score_sum: of the frames on which the box was predicted.
        states: how often each state was seen, frames with a given box left out.
        failure: what ended the work before the source did.
        stopped: the signal that did.
    """

    num_frames: int = 0
    num_tracked: int = 0
    seconds: float = 0.0
    last_frame: int = -1
    score_sum: float = 0.0
    states: Counter[State] = field(default_factory=Counter)
    failure: FeathertrackError | OSError | None = None
    stopped: Stopped | None = None

    def add(self, frame: Frame, result: Result | None) -> None:
        """Count a frame that has been written."""
        self.num_frames += 1
        self.last_frame = frame.index
        if result is None:
            return
        self.num_tracked += 1
        if not result.given:
            self.score_sum += result.score
            self.states[result.state] += 1

    @property
    def frames_per_second(self) -> float:
        """Of the whole work: decoding, tracking, drawing and writing."""
        return self.num_frames / self.seconds if self.seconds else 0.0

    @property
    def mean_score(self) -> float | None:
        """Mean score of the predicted boxes, None without one."""
        count = self.states.total()
        return self.score_sum / count if count else None

    def summary(self) -> str:
        """One line: frames, speed, score and states."""
        text = f"{_count(self.num_frames)} in {self.seconds:.1f} s"
        text += f", {self.frames_per_second:.0f} frames/s"
        if self.mean_score is None:
            return text
        states = ", ".join(f"{self.states[one]} {one}" for one in STATES if self.states[one])
        return f"{text}; mean score {self.mean_score:.2f}; {states}"


class TimedTracker:
    """A tracker that says how long it took for the last frame."""

    def __init__(self, tracker: Tracker) -> None:
        self.tracker = tracker
        self.seconds = 0.0

    def init(self, image: Image, box: ArrayLike) -> None:
        """Start, and measure it."""
        began = time.perf_counter()
        self.tracker.init(image, box)
        self.seconds = time.perf_counter() - began

    def update(self, image: Image) -> Result:
        """Follow, and measure it."""
        began = time.perf_counter()
        result = self.tracker.update(image)
        self.seconds = time.perf_counter() - began
        return result


def follow_into(
    sink: Sink,
    frames: Iterable[Frame],
    tracker: Tracker,
    given: Given,
    *,
    stop: StopSignals,
    total: int | None = None,
    watch: Callable[[Frame, Result | None], bool] | None = None,
) -> Outcome:
    """Write every frame with its result until the source ends, breaks, or somebody stops it.

    Args:
        sink: takes the frames; it is left open.
        frames: from a source.
        tracker: ready for ``init``.
        given: the boxes that the user gave.
        stop: tells of Ctrl-C and SIGTERM.
        total: how many frames are expected, for the progress bar.
        watch: sees each frame after it was written; False stops the work.

    Raises:
        FeathertrackError: the work failed before anything was written; what fails later is in the
            outcome.
    """
    outcome = Outcome()
    timed = TimedTracker(tracker)
    pairs = follow(frames, timed, box=given.first, boxes=given.by_frame)
    pairs = progress(pairs, total=total, name="tracking")
    began = time.perf_counter()
    try:
        for frame, result in stop.iterate(pairs):
            sink.write(frame, result, seconds=timed.seconds)
            outcome.add(frame, result)
            outcome.seconds = time.perf_counter() - began
            if watch is not None and not watch(frame, result):
                break
    except Stopped as stopped:
        outcome.stopped = stopped
    except BrokenPipeError:
        raise
    except (FeathertrackError, OSError) as failure:
        if not outcome.num_frames:
            raise
        outcome.failure = failure
    return outcome


class WorkEnded(FeathertrackError):
    """The work failed in the middle; the text says where, and what was kept."""


def report(outcome: Outcome, *, paths: Sequence[Path], notes: Sequence[str]) -> int:
    """Say what was done, for a person or where files were written; the exit status, 0.

    Args:
        outcome: of ``follow_into``.
        paths: the outputs, all of them closed.
        notes: further lines.

    Raises:
        WorkEnded: it failed in the middle.
        Stopped: the user ended it.
    """
    kept = f"{_count(outcome.num_tracked)} tracked"
    written = [str(path) for path in paths if path.exists()]
    if written:
        kept += f", kept in {', '.join(written)}"
    if outcome.failure is not None:
        raise WorkEnded(f"{outcome.failure}; {kept}") from outcome.failure
    if outcome.stopped is not None:
        raise outcome.stopped.after(outcome.last_frame, kept)
    if paths or sys.stdout.isatty():
        for line in (outcome.summary(), *notes, *written):
            print(line)
    if not paths and sys.stdout.isatty():
        print("nothing was written: add --output out.mp4 or --output boxes.csv")
    return 0


def _count(frames: int) -> str:
    return "1 frame" if frames == 1 else f"{frames} frames"
