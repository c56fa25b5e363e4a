"""Run a tracker over one sequence, in each of the ways that protocols ask for."""

from __future__ import annotations

import random
import sys
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from feathertrack.benchmarks.sequence import Sequence, start_box
from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.frames_ahead import Pictures
from feathertrack.evaluation.gathering import true_regions
from feathertrack.evaluation.otb_robustness import sre_boxes, tre_starts, usable_starts
from feathertrack.evaluation.records import Record, record_of_regions
from feathertrack.evaluation.result_files.writing import RunKind
from feathertrack.evaluation.vot.multistart import anchors_of
from feathertrack.evaluation.vot.realtime import (
    FRAMES_PER_SECOND,
    RealtimeTracker,
    run_realtime_got10k,
)
from feathertrack.evaluation.vot.regions import NO_CODE, STARTED
from feathertrack.evaluation.vot.reset import ResetRuleName, run_with_resets
from feathertrack.results import Result
from feathertrack.trackers.tracker import Tracker

REPETITIONS: dict[RunKind, int] = {"got10k": 3, "reset": 15}
"""Runs of a tracker that is not deterministic; everything else is run once."""


@dataclass(frozen=True, kw_only=True)
class RunPlan:
    """How to run.

    Attributes:
        kind: what a protocol asks for.
        rule: whose resets, for VOT.
        repetitions: how often.
        seed: from which the seed of every run is made.
    """

    kind: RunKind
    rule: ResetRuleName = "pysot"
    repetitions: int = 1
    seed: int = 0


def run_sequence(
    tracker: Tracker,
    sequence: Sequence,
    plan: RunPlan,
    *,
    moved: Callable[[int], None] | None = None,
) -> list[Record]:
    """Run a tracker over a sequence as often as the plan says.

    Boxes are written as the benchmark annotates them. Times are those of ``init`` and ``update``
    alone; reading the pictures does not count, nor does the start of a program that follows the
    target: a tracker within this process was loaded before. Pictures are decoded ahead while the
    tracker works, but not in real-time runs, where nothing else may take the processor's time.

    Args:
        tracker: what is run.
        sequence: what it is run on.
        plan: how, and how often.
        moved: told how many frames are done, of all runs, after each.

    Raises:
        InputError: a picture cannot be read, or the sequence cannot be run this way; whatever the
            tracker raises.
    """
    records = []
    pictures = Pictures(sequence.frames, moved=moved)
    for expected in expected_runs(sequence, plan):
        seed_run(plan.seed, sequence.name, expected.repetition, expected.anchor, expected.start)
        record = _RUNS[plan.kind](tracker, sequence, expected, plan, pictures)
        programs = getattr(tracker, "init_starts_program", False)
        records.append(_without_starts(record) if programs else record)
    return records


def _without_starts(record: Record) -> Record:
    """The record with no time, 0, where a run starts: that was a program's start-up."""
    if record.times is None:
        return record
    starts = np.arange(len(record)) == 0 if record.codes is None else record.codes == STARTED
    return replace(record, times=np.where(starts, 0.0, record.times))


def expected_runs(sequence: Sequence, plan: RunPlan) -> list[Record]:
    """The runs of a sequence as records of one empty row: their numbers, starts and names."""
    one = Record(sequence=sequence.name, boxes=np.zeros((1, 4)), codes=None)
    if plan.kind == "tre":
        try:
            starts = tre_starts(usable_starts(sequence.truth[:, :4]))
        except InputError as error:
            raise InputError(f"{sequence.name}: {error}") from error
        return [replace(one, repetition=n, start=start) for n, start in enumerate(starts, 1)]
    if plan.kind == "sre":
        names = sre_boxes(np.array([1.0, 1, 9, 9]), width=99, height=99)
        return [replace(one, repetition=n, name=name) for n, name in enumerate(names, 1)]
    if plan.kind == "multistart":
        if sequence.anchors is None or not sequence.anchors.any():
            raise InputError(f"{sequence.name} has no anchors to start from")
        anchors = [anchor.frame for anchor in anchors_of(sequence.anchors)]
        return [replace(one, anchor=frame) for frame in anchors]
    return [replace(one, repetition=n) for n in range(1, plan.repetitions + 1)]


def seed_run(*parts: object) -> None:
    """Seed every generator that a tracker may use, from what the run is, not from when it is."""
    seed = zlib.crc32(repr(parts).encode())
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (a tracker of the user's may draw from it)
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.manual_seed(seed)


def count_rows(sequence: Sequence, run: Record) -> int:
    """Rows of the result of one of ``expected_runs``: one for each frame that it goes through."""
    length = _length(sequence)
    if run.anchor is not None and sequence.anchors is not None:
        anchors = {anchor.frame: anchor for anchor in anchors_of(sequence.anchors)}
        return len(anchors[run.anchor].frames(length))
    return length - run.start


def _track(
    tracker: Tracker, frames: Iterable[int], sequence: Sequence, first: Boxes, pictures: Pictures
) -> tuple[Boxes, Boxes, Boxes]:
    """Boxes (n, 4) 0-based, seconds (n,) and scores (n,) of one pass from a 0-based box."""
    boxes: list[Boxes] = []
    times, scores = [], []
    with pictures.ahead(frames) as shown:
        for index, image in shown:
            begin = time.perf_counter()
            if not boxes:
                tracker.init(image, first)
                times.append(time.perf_counter() - begin)
                boxes.append(first)
                scores.append(np.nan)
                continue
            result = tracker.update(image)
            times.append(time.perf_counter() - begin)
            boxes.append(_checked(result, sequence, index))
            scores.append(float(getattr(result, "score", 1.0)))
    return np.array(boxes), np.array(times), np.array(scores)


def _checked(result: Result, sequence: Sequence, index: int) -> Boxes:
    box = np.asarray(result.box, dtype=np.float64).reshape(-1)
    if box.shape != (4,):
        raise InputError(
            f"{sequence.name}, frame {index + 1}: the tracker returned {box.size} numbers, no box"
        )
    return box


def _annotated(boxes: Boxes, sequence: Sequence) -> Boxes:
    return np.add(boxes, [sequence.origin, sequence.origin, 0.0, 0.0], dtype=np.float64)


def _length(sequence: Sequence) -> int:
    return len(sequence.truth) if sequence.complete else len(sequence)


def _one_pass(
    tracker: Tracker, sequence: Sequence, expected: Record, plan: RunPlan, pictures: Pictures
) -> Record:
    frames = range(expected.start, _length(sequence))
    truth = sequence.truth[expected.start]
    first = start_box(truth, origin=sequence.origin)
    if expected.name:
        width, height = sequence.image_size()
        shift = np.array([1 - sequence.origin, 1 - sequence.origin, 0.0, 0.0])
        box = sre_boxes(truth[:4] + shift, width=width, height=height)[expected.name]
        first = box - np.array([1.0, 1.0, 0.0, 0.0])
    boxes, times, _ = _track(tracker, frames, sequence, first, pictures)
    rows = _annotated(boxes, sequence)
    if not expected.name and truth.shape == (4,):
        rows[0] = truth
    return replace(expected, boxes=rows, times=times)


def _with_resets(
    tracker: Tracker, sequence: Sequence, expected: Record, plan: RunPlan, pictures: Pictures
) -> Record:
    truth, size = true_regions(sequence), sequence.image_size()
    if plan.kind == "realtime" and plan.rule == "got10k":
        run = run_realtime_got10k(tracker, pictures.read, truth, size_wh=size)
        return record_of_regions(sequence.name, run.regions, times=run.times)
    if plan.kind == "realtime":
        late = RealtimeTracker(tracker, fps=sequence.fps or FRAMES_PER_SECOND)
        run = run_with_resets(late, pictures.read, truth, size_wh=size, rule=plan.rule)
    else:
        with pictures.ahead(range(len(truth))) as shown:
            run = run_with_resets(tracker, shown.frame, truth, size_wh=size, rule=plan.rule)
    return record_of_regions(
        sequence.name, run.regions, times=run.times, repetition=expected.repetition
    )


def _started(
    tracker: Tracker, sequence: Sequence, expected: Record, plan: RunPlan, pictures: Pictures
) -> Record:
    """One pass whose first row is the code 1: unsupervised, long-term, and from an anchor."""
    order: Iterable[int] = range(_length(sequence))
    first = 0
    if expected.anchor is not None and sequence.anchors is not None:
        anchor = next(a for a in anchors_of(sequence.anchors) if a.frame == expected.anchor)
        order, first = [int(i) for i in anchor.frames(_length(sequence))], anchor.frame
    box = start_box(sequence.truth[first], origin=sequence.origin)
    boxes, times, scores = _track(tracker, order, sequence, box, pictures)
    codes = np.full(len(boxes), NO_CODE, dtype=np.uint8)
    codes[0] = STARTED
    rows = _annotated(boxes, sequence)
    rows[0] = 0.0
    return replace(expected, boxes=rows, codes=codes, times=times, scores=scores)


_Run = Callable[[Tracker, Sequence, Record, RunPlan, Pictures], Record]
_RUNS: dict[RunKind, _Run] = {
    "ope": _one_pass,
    "got10k": _one_pass,
    "tre": _one_pass,
    "sre": _one_pass,
    "reset": _with_resets,
    "realtime": _with_resets,
    "unsupervised": _started,
    "multistart": _started,
    "longterm": _started,
}
