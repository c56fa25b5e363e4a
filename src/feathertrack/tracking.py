"""Follow a target through a source of frames: what ``feathertrack track`` does, as a generator."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from feathertrack.boxes import Boxes, as_box
from feathertrack.errors import InputError, TrackerFailed
from feathertrack.results import Result
from feathertrack.trackers.creation import create_tracker
from feathertrack.trackers.tracker import Tracker
from feathertrack.video import SourceSpec, open_source
from feathertrack.video.frames import Frame


def track(
    source: SourceSpec,
    *,
    box: ArrayLike | None = None,
    boxes: Mapping[int, ArrayLike] | None = None,
    tracker: Tracker | str = "default",
    start: int = 0,
    stop: int | None = None,
    step: int = 1,
    reverse: bool = False,
) -> Iterator[Result]:
    """Follow one target and yield a result per frame, the first frame included.

    Args:
        source: a video, folder, pattern, camera number, address, or any iterable of RGB arrays.
        box: (x, y, w, h) on the first frame that is read, 0-based pixels.
        boxes: frame of the source -> box; each (re)starts the target there. Frames before the first
            box are passed over.
        tracker: a tracker, or a name for ``create_tracker``.
        start: first frame of the source to read.
        stop: frame of the source to stop before.
        step: read every ``step``-th frame.
        reverse: from the last frame to the first.

    Raises:
        InputError: no box, a box that fits no frame, or a source that cannot be read; what was
            yielded before stands.
    """
    for name, number in (("start", start), ("stop", stop), ("step", step)):
        if not isinstance(number, int | np.integer) and (name, number) != ("stop", None):
            raise InputError(f"{name} must be a whole number of frames, got {number!r}")
    following = create_tracker(tracker) if isinstance(tracker, str) else tracker
    for method in ("init", "update"):
        if not callable(getattr(following, method, None)):
            raise InputError(
                f"tracker is a name or has init and update, got {type(following).__name__}"
            )
    with open_source(source, start=start, stop=stop, step=step, reverse=reverse) as frames:
        for _, result in follow(frames, following, box=box, boxes=boxes):
            if result is not None:
                yield result


def follow(
    frames: Iterable[Frame],
    tracker: Tracker,
    *,
    box: ArrayLike | None = None,
    boxes: Mapping[int, ArrayLike] | None = None,
) -> Iterator[tuple[Frame, Result | None]]:
    """Every frame with its result; None before the first box.

    Raises:
        InputError: neither ``box`` nor ``boxes`` is given, or none of ``boxes`` lies on a frame.
        TrackerFailed: a tracker of the user's raised; the text names the frame.
    """
    given = {frame: as_box(value) for frame, value in (boxes or {}).items()}
    first = as_box(box) if box is not None else None
    if first is None and not given:
        raise InputError("no box: say where the target is, as x,y,width,height or one per frame")
    started = False
    for frame in frames:
        new_box = given.get(frame.index, first if not started else None)
        if new_box is not None:
            with failing_at(frame.index):
                result = _start(tracker, frame, new_box)
            yield frame, result
            started = True
        elif started:
            with failing_at(frame.index):
                result = tracker.update(frame.image)
            yield frame, replace(result, frame=frame.index, time=frame.time)
        else:
            yield frame, None
    if not started:
        _explain_no_start(given)


@contextlib.contextmanager
def failing_at(frame: int) -> Iterator[None]:
    """Say on which frame of the source a tracker failed."""
    try:
        yield
    except TrackerFailed as failure:
        raise failure.at(frame) from failure.__cause__


def _start(tracker: Tracker, frame: Frame, box_xywh: Boxes) -> Result:
    tracker.init(frame.image, box_xywh)
    return Result(
        box=box_xywh, score=1.0, state="tracking", frame=frame.index, time=frame.time, given=True
    )


def _explain_no_start(given: Mapping[int, Boxes]) -> None:
    if not given:
        raise InputError("the source has no frames in the range that was asked for")
    listed = ", ".join(str(frame) for frame in sorted(given)[:5])
    raise InputError(f"none of the frames that were read has a box; boxes are given for: {listed}")
