"""The loop of a search: take points, run what is missing of them, give up the hopeless, score."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

from feathertrack.errors import InputError
from feathertrack.tuning.crew import Crew, Watcher
from feathertrack.tuning.judging import Judge
from feathertrack.tuning.keeping import Kept
from feathertrack.tuning.plan import Running, SearchPlan
from feathertrack.tuning.pruning import rungs
from feathertrack.tuning.ranking import ranked, why_none
from feathertrack.tuning.spaces import Point
from feathertrack.tuning.study import Study, Trial, Tried

_WAIT = 0.5
"""Seconds between two looks at what other processes do."""


class Search:
    """Runs a strategy on a study until nothing is left; any number of processes may.

    Args:
        study: where points come from and go to.
        kept: raw results, and how to make them.
        plan: how to run.
        watcher: told of progress.
    """

    def __init__(
        self, study: Study, kept: Kept, plan: SearchPlan, *, watcher: Watcher | None = None
    ) -> None:
        self.study = study
        self.kept = kept
        self.plan = plan
        self.watcher = watcher or Watcher()
        names = list(kept.benchmark.names)
        random.Random(plan.seed).shuffle(names)
        self._order = names
        self._crew = Crew(kept, plan, watcher=self.watcher, advanced=study.beat)
        self._judge = Judge(study, kept, plan, finished=self.watcher.finished)

    def run(self) -> list[Tried]:
        """Search; return all points of the study.

        Raises:
            InputError: a rule for giving up does not fit the objective, or no point could be run.
        """
        with self.study.owned():
            while True:
                self.study.revive()
                batch = self._next()
                if batch is None:
                    return self.study.tried()
                if batch:
                    self._run(batch)
                else:
                    time.sleep(_WAIT)  # others are at work on what comes before the next stage

    def _next(self) -> list[Trial] | None:
        """Points to run; none while others run the last of a stage, None when all is done."""
        if not self.plan.strategy.stages:
            return self._proposed()
        wanted: set[Point] = set()
        for stage in self.plan.strategy.stages:
            points = stage(self._best(wanted) if wanted else self.plan.strategy.space.point({}))
            wanted.update(points)
            found = self._of_stage(points)
            if found is not None:
                return found
        return None

    def _of_stage(self, points: Sequence[Point]) -> list[Trial] | None:
        """Points of a stage to run; None when it is done."""
        failed = self._judge.failed
        self.study.add_missing([point for point in points if point not in failed])
        taken = self.study.take(self.plan.batch, propose=False)
        if taken:
            return taken
        going = {one.point for one in self.study.tried() if one.state in ("running", "waiting")}
        return [] if going.intersection(points) else None

    def _proposed(self) -> list[Trial] | None:
        tried = [one for one in self.study.tried() if one.state != "abandoned"]
        waiting = sum(one.state == "waiting" for one in tried)
        left = self.plan.strategy.trials - len(tried) + waiting
        if left <= 0:
            return None
        return self.study.take(min(left, self.plan.batch), propose=True)

    def _best(self, wanted: set[Point]) -> Point:
        tried = [one for one in self.study.tried() if one.point in wanted]
        best = ranked(tried, self.plan.objectives, slowest=self.plan.slowest)
        if not best:
            raise InputError(why_none(tried, slowest=self.plan.slowest))
        return best[0].point

    def _run(self, batch: Sequence[Trial]) -> None:
        running = self._without_done([Running(trial) for trial in batch])
        done = 0
        for rung in rungs(len(self._order), self.plan.rule):
            errors = self._crew.run([one.trial.point for one in running], self._order[done:rung])
            for one in running:
                one.error = errors.get(one.trial.point, "")
            done = rung
            running = self._judge.judge(running, self._order[:rung])

    def _without_done(self, running: Sequence[Running]) -> list[Running]:
        """Points to run; what a point got that was finished before, its double gets at once."""
        done = {one.point: one for one in self.study.tried() if one.state == "complete"}
        for one in running:
            known = done.get(one.trial.point)
            if known is not None:
                self._judge.finish(one, "complete", known.values, known.details)
        return [one for one in running if one.trial.point not in done]
