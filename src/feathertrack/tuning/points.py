"""The one place where points are run: many settings of one tracker over one sequence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from feathertrack.benchmarks import Sequence as BenchmarkSequence
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.running import RunPlan, run_sequence
from feathertrack.trackers.changing import settings_of, with_settings
from feathertrack.trackers.settings import settings_from_json
from feathertrack.trackers.tracker import Tracker


def run_points(
    tracker: Tracker,
    points: Sequence[Mapping[str, object]],
    sequence: BenchmarkSequence,
    plan: RunPlan,
    *,
    timed: bool = False,
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
        moved: told how many frames of all points together are done.

    Raises:
        InputError: a point is refused, or a picture cannot be read; whatever a tracker raises.
    """
    settings = settings_of(tracker)
    answers: list[tuple[Record, ...]] = []
    frames = 0
    for point in points:
        one = with_settings(tracker, settings_from_json(settings, point))
        answers.append(tuple(run_sequence(one, sequence, plan)))
        frames += sum(len(record) for record in answers[-1])
        if moved is not None:
            moved(frames)
    return answers
