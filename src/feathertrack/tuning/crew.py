"""Runs what is missing of points on sequences, wherever the plan says, and keeps the results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from feathertrack.evaluation.executors import execute
from feathertrack.evaluation.tasks import Outcome
from feathertrack.tuning.keeping import Kept
from feathertrack.tuning.plan import SearchPlan
from feathertrack.tuning.spaces import Point
from feathertrack.tuning.workshop import PointOutcome, PointTask, PointWorkshop

if TYPE_CHECKING:
    from feathertrack.tuning.study import Tried


class Watcher:
    """Told what a search does; this one does nothing with it."""

    def began(self, points: int, tasks: Sequence[PointTask]) -> None:
        """So many points are run over these tasks."""

    def moved(self, task: Any, frames: int) -> None:
        """So many frames of a task are done."""

    def advanced(self, outcome: Outcome) -> None:
        """A task is done."""

    def finished(self, tried: Tried) -> None:
        """A point is done, stopped, or failed."""


class Crew:
    """Runs points.

    Args:
        kept: raw results, and how to make them.
        plan: where to run.
        watcher: told of progress.
        advanced: called after each task.
    """

    def __init__(
        self,
        kept: Kept,
        plan: SearchPlan,
        *,
        watcher: Watcher,
        advanced: Callable[[], None] = lambda: None,
    ) -> None:
        self.kept = kept
        self.plan = plan
        self.watcher = watcher
        self._advanced = advanced
        self._workshop = PointWorkshop(
            contestants=kept.contestants,
            benchmarks=(kept.benchmark,),
            settings=kept.space.settings,
            devices=plan.devices,
        )

    def run(self, points: Sequence[Point], names: Sequence[str]) -> dict[Point, str]:
        """Run points on sequences; return why those that failed did.

        Args:
            points: any.
            names: of sequences; what has a result is not run again.
        """
        tasks = self._tasks(list(dict.fromkeys(points)), names)
        errors: dict[Point, str] = {}
        self.watcher.began(len(points), tasks)
        outcomes = execute(
            tasks,
            self._workshop,
            workers=self.plan.workers,
            executor=self.plan.executor,
            moved=self.watcher.moved,
        )
        with closing(outcomes):
            for outcome in outcomes:
                errors.update(self._keep(outcome))
                self._advanced()
                self.watcher.advanced(outcome)
        return errors

    def _keep(self, outcome: Outcome) -> Iterator[tuple[Point, str]]:
        """Write what came of a task; yield points that failed, with why."""
        assert isinstance(outcome.task, PointTask)
        for number, point in enumerate(outcome.task.points):
            if isinstance(outcome, PointOutcome) and not outcome.answers[number].error:
                self.kept.write(point, outcome.answers[number].records)
            elif isinstance(outcome, PointOutcome):
                yield point, outcome.answers[number].error
            else:  # a worker that died
                yield point, f"{outcome.task.sequence}: {outcome.error}"

    def _tasks(self, points: Sequence[Point], names: Sequence[str]) -> list[PointTask]:
        """A task for every sequence and file of weights, of the points that lack its result."""
        lacking: dict[tuple[str, int], list[Point]] = {}
        for point in points:
            self.kept.begin(point)
            for name in self.kept.missing(point, names):
                lacking.setdefault((name, self.kept.number_of(point)), []).append(point)
        return [
            PointTask(
                contestant=number,
                benchmark=0,
                sequence=name,
                plan=run.plan,
                frames=len(self.kept.ground[name]) * len(lacking[name, number]),
                points=tuple(lacking[name, number]),
                timed=self.plan.timed,
            )
            for name in names
            for number, run in enumerate(self.kept.runs)
            if (name, number) in lacking
        ]
