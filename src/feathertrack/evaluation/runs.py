"""What an evaluation consists of, a run for each tracker, benchmark and way, and its outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.contestants import Contestant
from feathertrack.evaluation.protocols import Protocol, find_protocol
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.result_files import DEFAULT_FORMAT, FormatName, ResultWriter
from feathertrack.evaluation.running import REPETITIONS, RunPlan
from feathertrack.evaluation.scoring import ScoreTable

_RESET_RULES = ("pysot", "toolkit", "got10k")


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A sequence on which a tracker failed.

    Attributes:
        benchmark, tracker, sequence: which.
        error: what went wrong, in a sentence.
        traceback: file that holds where; None where nothing is written.
    """

    benchmark: str
    tracker: str
    sequence: str
    error: str
    traceback: Path | None


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What came of an evaluation.

    Attributes:
        tables: one for each benchmark, protocol and tracker.
        failures: sequences that have no result.
        notes: what could not be scored and why, a sentence each.
        withheld: what is not to be scored here, because a server keeps the truth.
    """

    tables: tuple[ScoreTable, ...]
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Run:
    """One tracker's run of one kind on one benchmark.

    Attributes:
        contestant: number of the tracker.
        benchmark: number of the benchmark.
        plan: how to run.
        writer: of the raw results; None keeps them in ``memory``.
        protocols: that score this run.
        memory: sequence -> records, of what was run.
        failed: sequence -> what went wrong.
    """

    contestant: int
    benchmark: int
    plan: RunPlan
    writer: ResultWriter | None
    protocols: tuple[Protocol, ...]
    memory: dict[str, tuple[Record, ...]] = field(default_factory=dict)
    failed: dict[str, Failure] = field(default_factory=dict)


def list_runs(
    contestants: Sequence[Contestant],
    benchmarks: Sequence[Benchmark],
    *,
    protocols: Sequence[str],
    output: Path | None,
    format: FormatName | None,
    seed: int,
) -> list[Run]:
    """All runs, benchmark by benchmark; protocols that score the same run share it.

    Args:
        contestants: the trackers.
        benchmarks: what to run them on.
        protocols: names; those that fit a benchmark are used on it, none means its default.
        output: folder of raw results, None for none.
        format: of the raw results; None takes the one that keeps every digit.
        seed: of all runs.

    Raises:
        InputError: a protocol fits no benchmark, or a format cannot hold a run.
    """
    return [
        Run(
            contestant=index,
            benchmark=number,
            plan=_plan(one, group[0], seed),
            writer=_writer(output, benchmark, one, format, group[0]),
            protocols=tuple(group),
        )
        for number, benchmark in enumerate(benchmarks)
        for group in _by_run(_fitting(protocols, benchmark, benchmarks))
        for index, one in enumerate(contestants)
    ]


def _plan(one: Contestant, protocol: Protocol, seed: int) -> RunPlan:
    rule = protocol.convention
    return RunPlan(
        kind=protocol.run,
        rule=rule if rule in _RESET_RULES else "toolkit",  # type: ignore[arg-type]
        repetitions=1 if one.deterministic else REPETITIONS.get(protocol.run, 1),
        seed=seed,
    )


def _writer(
    output: Path | None,
    benchmark: Benchmark,
    one: Contestant,
    format: FormatName | None,
    protocol: Protocol,
) -> ResultWriter | None:
    if output is None:
        return None
    return ResultWriter(
        folder=output / benchmark.name / one.label,
        format=format or DEFAULT_FORMAT[protocol.run],
        kind=protocol.run,
    )


def _fitting(
    names: Sequence[str], benchmark: Benchmark, benchmarks: Sequence[Benchmark]
) -> list[Protocol]:
    """The protocols among ``names`` for a benchmark; its default where none fits it."""
    found, problem = [], None
    for name in names:
        try:
            found.append(find_protocol(name, benchmark))
        except InputError as error:
            problem = error
            if len(benchmarks) == 1 or not any(_fits(name, other) for other in benchmarks):
                raise
    if problem is None and found:
        return list({protocol.name: protocol for protocol in found}.values())
    return found or [find_protocol(None, benchmark)]


def _fits(name: str, benchmark: Benchmark) -> bool:
    try:
        find_protocol(name, benchmark)
    except InputError:
        return False
    return True


def _by_run(protocols: Sequence[Protocol]) -> list[list[Protocol]]:
    """Protocols that score the same run, together: the tracker is run once for them.

    Raises:
        InputError: two of them measure time by different clocks, so that their runs differ.
    """
    groups: dict[str, list[Protocol]] = {}
    for protocol in protocols:
        groups.setdefault(protocol.run, []).append(protocol)
    own = [one for one in groups.get("realtime", []) if one.convention == "got10k"]
    others = [one for one in groups.get("realtime", []) if one.convention != "got10k"]
    if own and others:
        raise InputError(
            f"{own[0].name} runs by a clock of its own, which is not that of {others[0].name}: "
            "evaluate it by itself, with another --output"
        )
    return list(groups.values())
