"""What a tracker shows its network in real sequences, and what it makes of other answers.

The inputs set the ranges of a quantised network. Replaying a frame with another engine shows how
far its box lies from that of the engine that was recorded, with nothing added up over frames.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.benchmarks import Benchmark
from feathertrack.benchmarks import Sequence as AnnotatedSequence
from feathertrack.boxes import Boxes, iou
from feathertrack.engines.protocol import Engine, Features, Images
from feathertrack.errors import InputError
from feathertrack.trackers.tracker import SplitTracker, Tracker
from feathertrack.video.pictures import read_picture

_FOLLOWED = 10
"""Frames that are followed for each one that is recorded: neighbours hold much the same."""


@dataclass(frozen=True, kw_only=True)
class ShownFrame:
    """What a network was shown in one frame, and what the tracker made of its answer.

    Attributes:
        features: of the target, float32, one array for each that ``embed`` gives.
        search: search regions, (S, H, W, 3), as the tracker cut them out.
        box: where the tracker then saw the target, x, y, w, h.
        before: a copy of the tracker as it was before the answer.
    """

    features: tuple[NDArray[np.float32], ...]
    search: Images
    box: Boxes
    before: SplitTracker

    @property
    def inputs(self) -> tuple[NDArray[Any], ...]:
        """What ``predict`` was given, in the order of an exported file."""
        return (*self.features, self.search)


def record_frames(
    tracker: Tracker, benchmark: Benchmark, names: Sequence[str], *, count: int
) -> Iterator[ShownFrame]:
    """Follow the targets of sequences and yield frames on the way, evenly spread.

    Targets are followed from their first frame on, for up to ten frames for each that is recorded.
    Sequences of two frames and more give some; where there are more than ``count``, every so
    manieth is taken.

    Args:
        tracker: its engine is one of exported files.
        benchmark: holds the sequences.
        names: of the sequences.
        count: how many frames, at most.

    Raises:
        InputError: a picture or a file of boxes cannot be read.
    """
    chosen = [names[index] for index in _spread(len(names), count)]
    for number, name in enumerate(chosen):
        share = count * (number + 1) // len(chosen) - count * number // len(chosen)
        yield from _follow(tracker, benchmark[name], share)


def replayed_overlaps(frames: Sequence[ShownFrame], engine: Engine) -> NDArray[np.float64]:
    """How far boxes of another engine overlap the recorded ones, (len(frames),), each 0 to 1."""
    overlaps = []
    for frame in frames:
        tracker = _copy(frame.before, keep=(frame.search,))
        tracker.engine = engine
        answer = engine.predict(Features(frame.features), frame.search)
        overlaps.append(float(iou(tracker.decode(answer).box, frame.box)))
    return np.array(overlaps)


def _spread(length: int, count: int) -> list[int]:
    """At most ``count`` numbers below ``length``, evenly spread."""
    if length <= count:
        return list(range(length))
    return [length * number // count for number in range(count)]


def _follow(tracker: Tracker, sequence: AnnotatedSequence, share: int) -> Iterator[ShownFrame]:
    """Some frames of one sequence: the last of every so many."""
    last = min(len(sequence) - 1, _FOLLOWED * share)
    wanted = {max(1, last * (number + 1) // share) for number in range(share)}
    tracker.init(read_picture(sequence.frames[0]), sequence.first_box_xywh)
    if not isinstance(tracker, SplitTracker):
        raise InputError(f"what {type(tracker).__name__} shows its network cannot be recorded")
    for index in range(1, last + 1):
        search = tracker.search(read_picture(sequence.frames[index]))
        answer = tracker.engine.predict(tracker.features, search)
        before = _copy(tracker, keep=(search,)) if index in wanted else None
        box = tracker.decode(answer).box
        if before is not None:
            features: Any = tracker.features
            yield ShownFrame(features=tuple(features), search=search, box=box, before=before)


def _copy(tracker: SplitTracker, *, keep: tuple[object, ...]) -> SplitTracker:
    """A tracker of its own state; what is large and never written to is shared."""
    shared = (tracker.engine, tracker.features, *keep)
    return copy.deepcopy(tracker, {id(one): one for one in shared})
