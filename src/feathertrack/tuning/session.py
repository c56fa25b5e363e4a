"""A tuning from the words of whoever asks for it to a winner: everything put together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from feathertrack.benchmarks import Benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.contestants import Contestant
from feathertrack.evaluation.executors import ExecutorName
from feathertrack.evaluation.metric_sums import measures_of
from feathertrack.evaluation.protocols import find_protocol
from feathertrack.trackers.changing import settings_of
from feathertrack.tuning.axes import axes_of
from feathertrack.tuning.crew import Watcher
from feathertrack.tuning.folders import claim_folder_for, folder_of
from feathertrack.tuning.identity import digest_of, identity_of
from feathertrack.tuning.journal import waiting_for
from feathertrack.tuning.keeping import Kept
from feathertrack.tuning.objectives import Objective, check_lengths, read_objectives
from feathertrack.tuning.plan import SearchPlan
from feathertrack.tuning.pruning import check_rule
from feathertrack.tuning.ranking import front, ranked, refuse_untimed, why_none
from feathertrack.tuning.recorded import recorded_axes
from feathertrack.tuning.samplers import make_sampler
from feathertrack.tuning.search import Search
from feathertrack.tuning.splitting import Parts, split
from feathertrack.tuning.strategies import Strategy, make_strategy
from feathertrack.tuning.study import DATA, Study, Tried
from feathertrack.tuning.winning import (
    Verdict,
    claim_parts,
    judge_winner,
    remove_stale_presets,
    scores_of,
    write_preset,
)

_TOGETHER = 32
"""Points that are run together unless somebody says how many."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked for; the defaults are those of ``feathertrack tune``.

    Attributes:
        contestants: the tracker, once for every file of weights.
        benchmark: all of it.
        study: journal file or URL.
        settings: of the tracker, in place of its own.
        folder: of raw results and what comes of them; None derives it from the study.
        protocol: how to run and score; "" for the benchmark's default.
        objectives: what for.
        strategy: by name.
        axes: axes with ranges or values.
        levels: values that a grid takes from a range.
        trials: points of random search and of samplers.
        rule: when a point is given up.
        slowest: frames per second that a winner must reach; 0 for any.
        sequences: list to tune on.
        report: list or folder to score on.
        held_out: share that is held out where neither is given.
        batch: points that are run together; 0 chooses.
        workers: sequences at a time; 0 is one a device.
        executor: where.
        devices: where networks run, by turns.
        seed: of all draws.
    """

    contestants: Sequence[Contestant]
    benchmark: Benchmark
    study: str
    settings: Any = None
    folder: Path | None = None
    protocol: str = ""
    objectives: Sequence[str] = ()
    strategy: str = "tpe"
    axes: Sequence[tuple[str, str]] = ()
    levels: int = 5
    trials: int = 100
    rule: str = "none"
    slowest: float = 0.0
    sequences: str = ""
    report: str = ""
    held_out: float = 0.5
    batch: int = 0
    workers: int = 1
    executor: ExecutorName = "process"
    devices: Sequence[str] = ()
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class Conclusion:
    """What came of a tuning.

    Attributes:
        tried: all points of the study.
        best: the finished ones that are fast enough, the best first.
        front: those that no other one beats in all objectives.
        verdicts: the best one and the untuned settings, on what was tuned on and what was not.
        presets: file -> point; the first is the winner's.
    """

    tried: Sequence[Tried]
    best: Sequence[Tried]
    front: Sequence[Tried]
    verdicts: Sequence[Verdict]
    presets: Mapping[Path, Tried] = field(default_factory=dict)


class Session:
    """Looks at everything that can be wrong before anything is run; then ``run`` and ``conclude``.

    Args:
        request: what is asked for.
        watcher: told of progress.

    Raises:
        InputError: something does not fit; the text says what would.
        MissingExtra: optuna is not installed.
    """

    def __init__(self, request: Request, *, watcher: Watcher | None = None) -> None:
        self.request = request
        settings = request.settings or _common_settings(request.contestants)
        self.parts: Parts = split(
            request.benchmark,
            sequences=request.sequences,
            report=request.report,
            held_out=request.held_out,
            seed=request.seed,
        )
        protocol = find_protocol(request.protocol or None, request.benchmark).name
        example = measures_of(self.parts.tuned, protocol)
        self.objectives: tuple[Objective, ...] = read_objectives(request.objectives, example)
        check_lengths(self.objectives, self.parts.tuned)
        check_rule(request.rule, self.objectives)
        self.strategy: Strategy = make_strategy(
            request.strategy,
            settings,
            named=request.axes,
            checkpoints=[one.label for one in request.contestants],
            benchmark=request.benchmark.name,
            levels=request.levels,
            trials=request.trials,
            seed=request.seed,
            kept=recorded_axes(request.study, axes_of(settings)),
        )
        self.plan = _plan(request, self.strategy, self.objectives)
        self.folder = request.folder or folder_of(request.study)
        self.kept = Kept(
            self.folder,
            tuple(request.contestants),
            self.strategy.space,
            self.parts.tuned,
            protocol,
            request.seed,
            self.plan.timed,
        )
        self.study = self._open()
        refuse_untimed(self.study.tried(), slowest=self.plan.slowest, study=request.study)
        claim_folder_for(request.study, self.folder)
        claim_parts(self.folder, self.parts, self._identity)
        self.watcher = watcher or Watcher()
        self.search = Search(self.study, self.kept, self.plan, watcher=self.watcher)

    @cached_property
    def _identity(self) -> dict[str, str]:
        return identity_of(self.parts.tuned)

    def _open(self) -> Study:
        trackers = [one.configuration() for one in self.request.contestants]
        for one in trackers:
            one.pop("device", None)  # a study may be continued elsewhere
        made = {
            "tracker": trackers,
            "settings": repr(self.strategy.space.settings),
            "benchmark": self.parts.tuned.name,
            "protocol": self.kept.protocol,
            "sequences": list(self.parts.tuned.names),
            "objectives": [one.text for one in self.objectives],
            "seed": self.request.seed,
            DATA: digest_of(self._identity),
        }
        return Study(
            self.request.study,
            folder=self.folder,
            space=self.strategy.space,
            made=made,
            maximize=[one.maximize for one in self.objectives],
            sampler=make_sampler(self.strategy, self.plan),
        )

    def run(self) -> None:
        """Search until nothing is left to do.

        Raises:
            InputError: no point could be run, or a rule does not fit the objective.
        """
        self.search.run()

    def conclude(self) -> Conclusion:
        """Score the winner on what was held out and write the presets.

        Raises:
            InputError: no point was finished, or a file cannot be written.
        """
        tried = self.study.tried()
        best = ranked(tried, self.objectives, slowest=self.plan.slowest)
        if not best:
            raise InputError(why_none(tried, slowest=self.plan.slowest))
        with waiting_for(self.folder / ".processes" / "scoring.lock"):
            verdicts = judge_winner(
                best[0].point, self.kept, self.parts, self.plan, watcher=self.watcher
            )
        winners = front(tried, self.objectives, slowest=self.plan.slowest)
        presets = {self.folder / "preset.json": best[0]}
        if len(self.objectives) > 1:
            presets |= {
                self.folder / f"preset-{number}.json": one
                for number, one in enumerate(winners, start=1)
            }
        for path, one in presets.items():
            scores = scores_of(verdicts) if one is best[0] else {}
            write_preset(path, one, self.kept, self.parts, about={**self.about, "scores": scores})
        remove_stale_presets(self.folder, keep=presets)
        return Conclusion(tried=tried, best=best, front=winners, verdicts=verdicts, presets=presets)

    @cached_property
    def about(self) -> dict[str, Any]:
        """How the search went, for presets and the report."""
        return {
            "protocol": self.kept.protocol,
            "objectives": [one.text for one in self.objectives],
            "strategy": self.strategy.name,
            "points": sum(one.state != "abandoned" for one in self.study.tried()),
            "seed": self.request.seed,
        }


def _common_settings(contestants: Sequence[Contestant]) -> Any:
    """The settings of the first contestant; all have settings of one kind."""
    found = [settings_of(one.create()) for one in contestants]
    for one, settings in zip(contestants, found, strict=True):
        if settings is None:
            raise InputError(
                f"tracker {one.name!r} has no settings to tune; a class of yours has some where it "
                "takes settings=... and keeps that dataclass as its attribute settings"
            )
        if type(settings) is not type(found[0]):
            raise InputError(
                f"{one.name} and {contestants[0].name} are of different families: tune one"
            )
    return found[0]


def _plan(request: Request, strategy: Strategy, objectives: tuple[Objective, ...]) -> SearchPlan:
    if request.batch < 0:
        raise InputError(f"--batch is not below 0, got {request.batch}")
    if not 0 <= request.slowest < math.inf:
        raise InputError(f"--min-fps is a number from 0 on, got {request.slowest:g}")
    if request.workers < 0:
        raise InputError(f"--workers {request.workers}: at least 1 is needed")
    if request.devices and request.executor == "ray":
        raise InputError(
            "--devices names devices of this machine: leave it out with --executor ray"
        )
    workers = request.workers or len(request.devices) or 1
    return SearchPlan(
        strategy=strategy,
        objectives=objectives,
        rule=request.rule,  # type: ignore[arg-type]
        slowest=request.slowest,
        batch=request.batch or (_TOGETHER if strategy.stages else workers),
        workers=workers if request.executor == "process" else request.workers,
        executor=request.executor,
        devices=tuple(request.devices),
        seed=request.seed,
    )
