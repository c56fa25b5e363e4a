"""A small search: a tracker of known best settings on two short sequences of grey pictures."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from feathertrack.benchmarks import Benchmark, open_benchmark
from feathertrack.evaluation.contestants import Contestant, contestant_of
from feathertrack.tuning.session import Request, Session
from feathertrack.tuning.study import Tried
from tests.tuning.tunable import DRIFTING


@cache
def synthetic() -> Benchmark:
    return open_benchmark("synthetic")


def part(*names: str) -> Benchmark:
    return replace(synthetic(), names=names)


def drifting(name: str = DRIFTING) -> Contestant:
    return contestant_of(name)


def request(folder: Path, **changes: object) -> Request:
    """A grid of four points on one sequence; nothing is held out."""
    usual: dict[str, object] = {
        "contestants": [drifting()],
        "benchmark": part("drift"),
        "study": str(folder / "s.journal"),
        "strategy": "grid",
        "axes": [("shift", "0,1"), ("growth", "1.0,1.02")],
        "report": "none",
    }
    return Request(**{**usual, **changes})  # type: ignore[arg-type]


def search(folder: Path, **changes: object) -> Session:
    session = Session(request(folder, **changes))
    session.run()
    return session


def values(tried: list[Tried]) -> dict[tuple[tuple[str, object], ...], float]:
    """The score of every finished point."""
    return {one.point: one.values[0] for one in tried if one.state == "complete"}
