"""Sequences to run, what comes of them, and the workshop that runs one, sent to any worker."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.errors import FeathertrackError, InputError, TrackerFailed
from feathertrack.evaluation.contestants import Contestant
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.running import RunPlan, run_sequence
from feathertrack.trackers.tracker import Tracker

ATTEMPTS = 3
"""How often a task is tried whose worker dies."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One sequence with all its runs.

    Attributes:
        contestant: number of the tracker.
        benchmark: number of the benchmark.
        sequence: name.
        plan: how to run.
        frames: how many frames that is, for progress.
        run: number of the run that it is part of, for whoever made it.
    """

    contestant: int
    benchmark: int
    sequence: str
    plan: RunPlan
    frames: int = 0
    run: int = 0


Moved = Callable[[Task, int], None]
"""Told how many frames of a task are done, so far and altogether."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a task.

    Attributes:
        task: it.
        records: of all runs; empty after a failure.
        error: what went wrong in a sentence, "" for nothing.
        traceback: where.
    """

    task: Task
    records: tuple[Record, ...] = ()
    error: str = ""
    traceback: str = ""


@dataclass
class Workshop:
    """Runs tasks; keeps the tracker and the benchmarks between them. It can be sent to workers.

    Attributes:
        contestants: the trackers.
        benchmarks: the benchmarks.
    """

    contestants: tuple[Contestant, ...]
    benchmarks: tuple[Benchmark, ...]
    _current: tuple[int, Tracker] | None = field(default=None, repr=False)

    def run(self, task: Task, moved: Moved | None = None) -> Outcome:
        """Run one task; what the tracker raises becomes part of the outcome.

        Args:
            task: what to run.
            moved: told how many frames of the task are done, after each.
        """
        try:
            tracker = self._tracker(task.contestant)
            sequence = self.benchmarks[task.benchmark][task.sequence]
            tell = None if moved is None else partial(moved, task)
            return Outcome(
                task=task, records=tuple(run_sequence(tracker, sequence, task.plan, moved=tell))
            )
        except (Exception, SystemExit) as error:  # exit() in a tracker ends its sequence only
            kind = "" if isinstance(error, FeathertrackError) else f"{type(error).__name__}: "
            named = error.reason if isinstance(error, TrackerFailed) else error  # its row says who
            text = " ".join(f"{kind}{named}".split())
            self._current = None  # a tracker that raised may be in any state
            return Outcome(task=task, error=text, traceback=traceback.format_exc())

    def _tracker(self, number: int) -> Tracker:
        if self._current is None or self._current[0] != number:
            self._current = (number, self.contestants[number].create())
        return self._current[1]

    def for_worker(self, number: int) -> Workshop:
        """What the worker of that number, from 0, is given."""
        return self

    def fresh(self) -> Workshop:
        """The same without a tracker that has been made, to be sent away.

        Raises:
            InputError: a tracker was given as an object, which only this process has.
        """
        for one in self.contestants:
            if one.made is not None:
                raise InputError(
                    f"{one.label} is an object of this process: give its name to use workers"
                )
        return replace(self, _current=None)


def after_death(
    task: Task, attempts: dict[Task, int], waiting: deque[Task], why: str
) -> Outcome | None:
    """Put the task of a dead worker back, or give it up after ``ATTEMPTS``."""
    attempts[task] = attempts.get(task, 0) + 1
    if attempts[task] < ATTEMPTS:
        waiting.appendleft(task)
        return None
    error = f"the worker died {ATTEMPTS} times ({why})"
    return Outcome(task=task, error=error, traceback=error + "\n")
