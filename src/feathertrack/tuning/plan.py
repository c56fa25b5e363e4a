"""How a search is run, and the points that it has in hand."""

from __future__ import annotations

from dataclasses import dataclass, field

from feathertrack.evaluation.executors import ExecutorName
from feathertrack.tuning.objectives import Objective
from feathertrack.tuning.pruning import RuleName
from feathertrack.tuning.strategies import Strategy
from feathertrack.tuning.study import Trial


@dataclass(frozen=True, kw_only=True)
class SearchPlan:
    """How to run a search.

    Attributes:
        strategy: which points.
        objectives: what for.
        rule: when a point is given up.
        slowest: frames per second that a winner must reach; 0 for any.
        batch: points that are run together.
        workers: sequences at a time.
        executor: where.
        devices: where networks run, by turns; () for what the contestants say.
        seed: of the order of sequences.
    """

    strategy: Strategy
    objectives: tuple[Objective, ...]
    rule: RuleName = "none"
    slowest: float = 0.0
    batch: int = 32
    workers: int = 1
    executor: ExecutorName = "process"
    devices: tuple[str, ...] = ()
    seed: int = 0

    @property
    def timed(self) -> bool:
        """Whether speed counts, so that every point must be run alone."""
        return self.slowest > 0 or any(one.timed for one in self.objectives)


@dataclass
class Running:
    """A point in hand.

    Attributes:
        trial: of the study.
        rungs: value of the first objective after each rung.
        error: why it cannot be run.
    """

    trial: Trial
    rungs: list[float] = field(default_factory=list)
    error: str = ""
