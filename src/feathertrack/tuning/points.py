"""The one place where points are run: many settings of one tracker over one sequence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from feathertrack.benchmarks import Sequence as BenchmarkSequence
from feathertrack.benchmarks.sequence import start_box
from feathertrack.evaluation.frames_ahead import Pictures
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.running import RunPlan, count_rows, expected_runs, run_sequence
from feathertrack.trackers.changing import settings_of, with_settings
from feathertrack.trackers.settings import settings_from_json
from feathertrack.trackers.tracker import Image, Tracker
from feathertrack.tuning import replay

_ONE_PASS = ("ope", "got10k")
"""Kinds of runs in which all points go through the same frames side by side."""


def run_points(
    tracker: Tracker,
    points: Sequence[Mapping[str, object]],
    sequence: BenchmarkSequence,
    plan: RunPlan,
    *,
    timed: bool = False,
    memo: replay.Memo | None = None,
    moved: Callable[[int], None] | None = None,
) -> list[tuple[Record, ...]]:
    """Run every point over a sequence; the records of each, in the order of the points.

    The contract: the boxes are those of ``run_sequence`` with the tracker of that point alone, to
    the bit, whatever points are run beside it and whatever was run before. How they come about,
    such as by passes of the network that points share, is this function's business.

    Args:
        tracker: whose settings count where a point says nothing; it is left as it is.
        points: settings to change, nested ones as nested mappings.
        sequence: what they are run on.
        plan: how, and how often.
        timed: the times of the records must be those of each tracker run alone; otherwise records
            may come without times.
        memo: what networks said in earlier calls; None remembers nothing.
        moved: told how many frames of all points together are done.

    Raises:
        InputError: a point is refused, or a picture cannot be read; whatever a tracker raises.
    """
    if timed or not replay.can_share(tracker):
        return _one_by_one(tracker, points, sequence, plan, moved)
    if plan.kind in _ONE_PASS and plan.repetitions == 1:
        return _side_by_side(tracker, points, sequence, plan, memo, moved)
    shared = replay.sharing(tracker, memo=memo)
    return _one_by_one(shared, points, sequence, plan, moved, times=False)


def _one_by_one(
    tracker: Tracker,
    points: Sequence[Mapping[str, object]],
    sequence: BenchmarkSequence,
    plan: RunPlan,
    moved: Callable[[int], None] | None,
    *,
    times: bool = True,
) -> list[tuple[Record, ...]]:
    settings = settings_of(tracker)
    answers: list[tuple[Record, ...]] = []
    frames = 0
    for point in points:
        one = with_settings(tracker, settings_from_json(settings, point))
        records = run_sequence(one, sequence, plan)
        answers.append(tuple(r if times else replace(r, times=None) for r in records))
        frames += sum(len(record) for record in records)
        if moved is not None:
            moved(frames)
    return answers


def _side_by_side(
    tracker: Tracker,
    points: Sequence[Mapping[str, object]],
    sequence: BenchmarkSequence,
    plan: RunPlan,
    memo: replay.Memo | None,
    moved: Callable[[int], None] | None,
) -> list[tuple[Record, ...]]:
    """One pass from the first frame on, as ``run_sequence`` records it, without times."""
    (expected,) = expected_runs(sequence, plan)
    truth = sequence.truth[0]
    with Pictures(sequence.frames).ahead(range(count_rows(sequence, expected))) as shown:
        run = replay.run_points(
            tracker,
            points,
            _counted(shown, len(points), moved),
            start_box(truth, origin=sequence.origin),
            memo=memo,
        )
    boxes_Pn4 = run.boxes + np.array([sequence.origin, sequence.origin, 0.0, 0.0])
    if truth.shape == (4,):
        boxes_Pn4[:, 0] = truth
    return [(replace(expected, boxes=boxes_n4),) for boxes_n4 in boxes_Pn4]


def _counted(
    shown: Iterable[tuple[int, Image]], points: int, moved: Callable[[int], None] | None
) -> Iterator[Image]:
    """The pictures; ``moved`` is told of each once all points have it behind them."""
    for index, image in shown:
        yield image
        if moved is not None:
            moved((index + 1) * points)
