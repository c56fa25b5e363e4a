"""Tasks of a search for the executors of ``evaluation``: some points over one sequence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from feathertrack.errors import FeathertrackError
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.tasks import Moved, Outcome, Task, Workshop
from feathertrack.trackers.changing import with_settings
from feathertrack.trackers.tracker import Tracker
from feathertrack.tuning.points import run_points
from feathertrack.tuning.replay import Memo
from feathertrack.tuning.spaces import Point, changes_of


@dataclass(frozen=True, kw_only=True)
class PointTask(Task):
    """Points over a sequence.

    Attributes:
        points: which.
        timed: their times count.
    """

    points: tuple[Point, ...]
    timed: bool = False


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of one point on a sequence: its records, or why there are none."""

    records: tuple[Record, ...] = ()
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class PointOutcome(Outcome):
    """What became of a task: an answer for each of its points."""

    answers: tuple[Answer, ...] = ()


@dataclass
class PointWorkshop(Workshop):
    """Runs such tasks.

    Attributes:
        settings: of the trackers, where points do not say otherwise.
        devices: where the networks of the workers run, by turns; () leaves that to the contestants.
    """

    settings: Any = None
    devices: tuple[str, ...] = ()
    worker: int = field(default=0, repr=False)
    _memo: Memo | None = field(default=None, repr=False)
    _failure: Answer = field(default=Answer(), repr=False)

    def run(self, task: Task, moved: Moved | None = None) -> Outcome:
        """Run the points of a task, and where that fails each by itself: whose fault is it?

        Args:
            task: a ``PointTask``.
            moved: told how many frames of the task are done.
        """
        assert isinstance(task, PointTask)
        tell = None if moved is None else partial(moved, task)
        answers = self._answers(task, task.points, tell)
        if answers is None:
            answers = tuple(
                (self._answers(task, (point,), None) or (self._failure,))[0]
                for point in task.points
            )
        return PointOutcome(task=task, answers=answers)

    def _answers(
        self, task: Task, points: tuple[Point, ...], tell: Callable[[int], None] | None
    ) -> tuple[Answer, ...] | None:
        """The answers, None after a failure, which is then kept in ``_failure``."""
        timed = isinstance(task, PointTask) and task.timed
        try:
            tracker = self._tracker(task.contestant)
            sequence = self.benchmarks[task.benchmark][task.sequence]
            changes = [changes_of(point) for point in points]
            self._memo = Memo() if self._memo is None else self._memo
            found = run_points(
                tracker, changes, sequence, task.plan, timed=timed, memo=self._memo, moved=tell
            )
        except (Exception, SystemExit) as error:  # exit() in a tracker ends its point only
            kind = "" if isinstance(error, FeathertrackError) else f"{type(error).__name__}: "
            self._failure = Answer(error=f"{task.sequence}: {kind}{' '.join(str(error).split())}")
            self._current = None  # a tracker that raised may be in any state
            return None
        return tuple(Answer(records=records) for records in found)

    def _tracker(self, number: int) -> Tracker:
        if self._current is None or self._current[0] != number:
            one = self.contestants[number]
            if self.device:
                one = replace(one, device=self.device)
            self._current = (number, with_settings(one.create(), self.settings))
        return self._current[1]

    @property
    def device(self) -> str:
        """Where networks of this worker run; "" leaves that to the contestants."""
        return self.devices[self.worker % len(self.devices)] if self.devices else ""

    def for_worker(self, number: int) -> PointWorkshop:
        """The same for the worker of that number, on the device whose turn it is."""
        return replace(self, worker=number, _current=None, _memo=None)
