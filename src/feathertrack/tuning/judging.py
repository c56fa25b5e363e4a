"""After every rung: what points scored, which of them go on, and what the study is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from feathertrack.errors import FeathertrackError
from feathertrack.evaluation.scoring import ScoreTable
from feathertrack.tuning.keeping import Kept
from feathertrack.tuning.objectives import Objective, measures_in
from feathertrack.tuning.plan import Running, SearchPlan
from feathertrack.tuning.pruning import cannot_win, check_scores, in_lower_half, is_behind
from feathertrack.tuning.ranking import ranked
from feathertrack.tuning.spaces import Point
from feathertrack.tuning.study import State, Study, Tried


class Judge:
    """Scores points and tells the study.

    Args:
        study: that the points are of.
        kept: their raw results.
        plan: of the search.
        finished: told of every point that is done, stopped or failed.

    Attributes:
        failed: points that this process could not run.
    """

    def __init__(
        self,
        study: Study,
        kept: Kept,
        plan: SearchPlan,
        *,
        finished: Callable[[Tried], None],
    ) -> None:
        self.study = study
        self.kept = kept
        self.plan = plan
        self.failed: set[Point] = set()
        self._finished = finished

    def judge(self, running: Sequence[Running], names: Sequence[str]) -> list[Running]:
        """Score points on the sequences that they have gone through; return those that go on.

        Args:
            running: the points.
            names: the sequences; all of them after the last rung.

        Raises:
            InputError: the rule for giving up does not fit the objective.
        """
        whole = len(names) == len(self.kept.benchmark)
        scored: list[tuple[Running, list[float], dict[str, Any]]] = []
        for one in running:
            values, details = self._score(one, names)
            if one.error:
                self.failed.add(one.trial.point)
                self.finish(one, "failed", (), {"error": one.error})
            elif whole:
                check_scores(self.plan.rule, _first(details), values[0], self.plan.objectives[0])
                self.finish(one, "complete", values, details)
            else:
                scored.append((one, values, details))
        hopeless = self._hopeless(scored)
        for (one, values, details), gone in zip(scored, hopeless, strict=True):
            if gone:
                self.finish(one, "stopped", values, details)
        return [one for (one, _, _), gone in zip(scored, hopeless, strict=True) if not gone]

    def _score(self, one: Running, names: Sequence[str]) -> tuple[list[float], dict[str, Any]]:
        """Values of the objectives, and what is kept; ``one.error`` says why there are none."""
        if one.error:
            return [], {}
        try:
            table = self.kept.score(one.trial.point, names)
        except FeathertrackError as error:
            one.error = str(error)
            return [], {}
        measures = measures_in(table)
        values = [objective.value(measures) for objective in self.plan.objectives]
        for objective, value in zip(self.plan.objectives, values, strict=True):
            if math.isnan(value):
                why = f" ({'; '.join(table.notes)})" if table.notes else ""
                one.error = f"{objective.text} has no value on these sequences{why}"
        one.rungs.append(values[0])
        return values, {
            "measures": {name: _known(value) for name, value in measures.items()},
            "per_sequence": _per_sequence(table, self.plan.objectives),
            "rungs": list(one.rungs),
        }

    def _hopeless(
        self, scored: Sequence[tuple[Running, list[float], dict[str, Any]]]
    ) -> list[bool]:
        """Which points the rule gives up."""
        first = self.plan.objectives[0]
        tried = self.study.tried() if scored else []
        if self.plan.rule == "halving":
            step = len(scored[0][0].rungs) - 1 if scored else 0
            mine = {one.trial.asked.number for one, _, _ in scored}
            before = [
                rungs[step]
                for one in tried
                if one.number not in mine and len(rungs := one.details.get("rungs", ())) > step
            ]
            now = [values[0] for _, values, _ in scored]
            return [in_lower_half(value, [*before, *now], first) for value in now]
        best = ranked(tried, self.plan.objectives, slowest=self.plan.slowest)
        if not best:
            return [False] * len(scored)
        theirs = _first(best[0].details)
        if self.plan.rule == "bound":
            count = len(self.kept.benchmark)
            return [cannot_win(_first(kept), theirs, count, first) for _, _, kept in scored]
        return [is_behind(_first(kept), theirs, first) for _, _, kept in scored]

    def finish(
        self, one: Running, state: State, values: Sequence[float], details: Mapping[str, Any]
    ) -> None:
        """Tell the study, and whoever watches, what came of a point."""
        self.study.finish(one.trial, state=state, values=values, details=details)
        self._finished(
            Tried(
                number=one.trial.asked.number,
                point=one.trial.point,
                state=state,
                values=tuple(values),
                details=details,
            )
        )


def _per_sequence(
    table: ScoreTable, objectives: Sequence[Objective]
) -> dict[str, list[float | None]]:
    return {
        name: [_known(objective.value(row)) for objective in objectives]
        for name, row in table.per_sequence.items()
    }


def _first(details: Mapping[str, Any]) -> dict[str, float]:
    """The first objective on every sequence, NaN where it has no value there."""
    rows: Mapping[str, Sequence[float | None]] = details["per_sequence"]
    return {name: math.nan if row[0] is None else row[0] for name, row in rows.items()}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
