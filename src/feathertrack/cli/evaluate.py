"""``feathertrack evaluate BENCHMARK...``: run trackers on benchmarks and score them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from tyro.conf import Positional, UseAppendAction, arg

from feathertrack.cli._options import refuse_engine_words, runs_no_network
from feathertrack.cli._outcomes import failure_lines, print_tables
from feathertrack.cli._overrides import apply_overrides
from feathertrack.cli._progress import Progress
from feathertrack.cli._terminal import remark, write_json
from feathertrack.errors import InputError

if TYPE_CHECKING:
    from feathertrack.benchmarks import Benchmark
    from feathertrack.evaluation.contestants import Contestant
    from feathertrack.evaluation.runs import Evaluation


@dataclass(frozen=True, kw_only=True)
class Evaluate:
    """Run trackers on benchmarks, keep raw results, and score them.

    After a stop or a kill the same command goes on where it was.

    Examples:
      feathertrack evaluate synthetic
      feathertrack evaluate otb100 --data OTB --tracker fdsiamfc_30
        --tracker mine:Tracker --protocol otb@pysot --protocol otb_tre
      feathertrack evaluate otb100 uav123 --data benchmarks/
        --tracker checkpoints/ --workers 8

    Attributes:
        benchmarks: What to run on, as otb100, uav123, lasot, got10k_val, trackingnet, vot2018;
            synthetic needs no data.
        data: The folder of the benchmark, or one that holds a folder called like each.
        tracker: A name of 'feathertrack list', a file of weights, a folder of them (that many
            trackers), MODULE:CLASS, or 'trax:COMMAND' (any program that speaks TraX); after an @ a
            preset or a JSON file of settings. Repeat it.
        output: Where raw results and scores go.
        protocol: How to run and score, as otb@pysot, otb_tre, vot_realtime@toolkit. Repeat it;
            those that do not fit a benchmark are passed over there.
        workers: Sequences at a time, in as many processes. 0 with ray: all processors of the
            cluster.
        executor: Where workers are: processes of this machine, or a Ray cluster (RAY_ADDRESS, else
            one is started here).
        format: Of the raw results; without it the one that keeps every digit: pysot, GOT-10k's own,
            the VOT toolkit's, or OTB's JSON for otb_tre and otb_sre.
        engine: What runs the networks.
        device: Where the networks run.
        precision: What the networks compute in.
        threads: Processor threads of a network; without it they are shared by the workers.
        settings: Change a setting of every tracker: --settings.window-weight 0.3,
            --settings.confidence.midpoint 0.6.
        seed: From which every run's own seed is made.
        json: Write all tables here too.
    """

    benchmarks: Positional[
        Annotated[tuple[str, ...], arg(metavar="BENCHMARK", help_behavior_hint="")]
    ]

    data: Annotated[Path | None, arg(metavar="ROOT", help_behavior_hint="")] = None

    tracker: Annotated[tuple[str, ...], UseAppendAction, arg(metavar="NAME|FILE|FOLDER|CLASS")] = ()

    output: Annotated[Path, arg(metavar="DIR")] = Path("results")

    protocol: Annotated[tuple[str, ...], UseAppendAction, arg(metavar="NAME")] = ()

    workers: Annotated[int, arg(metavar="N")] = 1

    executor: Literal["process", "ray"] = "process"

    format: Annotated[
        Literal["got10k", "pysot", "pytracking", "otb", "lasot", "vot", "vot_binary"] | None,
        arg(metavar="got10k|pysot|pytracking|otb|lasot|vot|vot_binary", help_behavior_hint=""),
    ] = None

    engine: Literal["auto", "onnx", "openvino", "torch"] = "auto"

    device: Annotated[str, arg(metavar="auto|cpu|cuda[:N]|mps")] = "auto"

    precision: Literal["auto", "float32", "bfloat16", "float16", "int8"] = "auto"

    threads: Annotated[int | None, arg(metavar="N", help_behavior_hint="")] = None

    settings: Annotated[
        tuple[tuple[str, str], ...],
        UseAppendAction,
        arg(name="settings.FIELD", metavar="VALUE"),
    ] = ()

    seed: Annotated[int, arg(metavar="N")] = 0

    json: Annotated[Path | None, arg(metavar="FILE", help_behavior_hint="")] = None

    def run(self) -> int:
        """Plan, run what is missing, score."""
        from feathertrack.cli._stopping import Stopped, stop_signals
        from feathertrack.engines.requests import check_request
        from feathertrack.evaluation.contestants import find_contestants
        from feathertrack.evaluation.runner import Runner

        how = {"engine": self.engine, "device": self.device, "precision": self.precision}
        check_request(**how, threads=self.threads)
        contestants = find_contestants(
            self.tracker or ("default",),
            skip=partial(print, file=sys.stderr),
            threads=self.threads,
            **how,
        )
        for one in contestants:
            one.check()
        if all(runs_no_network(one.name) for one in contestants):
            refuse_engine_words(contestants[0].name, **how, threads=self.threads)
        benchmarks, broken = open_readable(self.benchmarks, self.data)
        runner = Runner(
            [_changed(one, self.settings) for one in contestants],
            benchmarks,
            protocols=self.protocol,
            output=self.output,
            format=self.format,
            seed=self.seed,
        )
        frames = runner.plan()
        if runner.num_damaged:
            said = f"{runner.num_damaged} results do not have a row for every frame"
            print(f"note: {said}: they are made anew", file=sys.stderr)
        if runner.num_done:
            remark(f"{runner.num_done} sequences are done already, {len(runner.tasks)} to do")
        progress = Progress(frames, len(runner.tasks))
        with stop_signals(), progress:
            try:
                runner.run(
                    workers=self.workers,
                    executor=self.executor,
                    apart=True,
                    advance=progress.advance,
                    moved=progress.moved,
                )
            except Stopped as stop:
                done = f"after {progress.done} of {len(runner.tasks)} sequences"
                detail = f"{done}: the same command goes on"
                raise Stopped(stop.signal_number, detail) from None
        evaluation = runner.score()
        runner.discard_errors()
        return self._report(evaluation, broken)

    def _report(self, evaluation: Evaluation, broken: Sequence[str]) -> int:
        print_tables(evaluation.tables)
        if self.json is not None:
            write_json(self.json, [table.to_json() for table in evaluation.tables])
        for line in failure_lines(evaluation.failures):
            print(line, file=sys.stderr)
        for note in evaluation.withheld:
            print(f"not scored here: {note}")
        for note in evaluation.notes:
            print(f"not scored: {note}", file=sys.stderr)
        for problem in broken:
            print(f"not run: {problem}", file=sys.stderr)
        return 1 if evaluation.failures or evaluation.notes or broken else 0


def _changed(one: Contestant, overrides: Sequence[tuple[str, str]]) -> Contestant:
    """The contestant with other settings; found out here that it has them, and not by each worker.

    Raises:
        InputError: it has no settings, or not such ones.
    """
    if not overrides:
        return one
    from feathertrack.trackers.changing import settings_of

    settings = settings_of(one.create())
    if settings is None:
        raise InputError(f"tracker {one.name!r} has no settings to change")
    return replace(one, settings=apply_overrides(settings, overrides))


def open_readable(names: Sequence[str], data: Path | None) -> tuple[list[Benchmark], list[str]]:
    """Benchmarks by name, each without the sequences that cannot be read; and what is left out.

    Args:
        names: of benchmarks.
        data: the folder of the benchmark, or one that holds a folder called like it.

    Raises:
        InputError: a name is unknown or given twice, or no benchmark can be read.
    """
    _check_names(names)
    benchmarks, problems = [], []
    first: InputError | None = None
    for name in names:
        try:
            benchmark, lost = _readable(open_one(name, data))
        except InputError as error:
            first = first or error
            problems.append(f"{name}: {error}; see feathertrack data check {name} {data or 'ROOT'}")
            continue
        benchmarks.append(benchmark)
        problems += lost
    if first is not None and not benchmarks:
        raise first
    return benchmarks, problems


def _readable(benchmark: Benchmark) -> tuple[Benchmark, list[str]]:
    """A benchmark without its unreadable sequences, and a sentence about those.

    Raises:
        InputError: none can be read.
    """
    errors: dict[str, InputError] = {}
    for name in benchmark.names:
        try:
            len(benchmark[name])
        except InputError as error:
            errors[name] = error
    if not errors:
        return benchmark, []
    name, why = next(iter(errors.items()))
    check = f"feathertrack data check {benchmark.name} {benchmark.root}"
    count = f"{len(errors)} of {len(benchmark)} sequences cannot be read"
    said = f"{count}, first {name}: {why}; for all: {check}"
    if len(errors) == len(benchmark):
        raise InputError(f"{benchmark.name}: {said}")
    rest = tuple(one for one in benchmark.names if one not in errors)
    notes = (*benchmark.notes, f"partial: {count} and are left out")
    return replace(benchmark, names=rest, notes=notes), [f"{benchmark.name}: {said}"]


def open_benchmarks(names: Sequence[str], data: Path | None) -> list[Benchmark]:
    """Benchmarks by name, all of them.

    Raises:
        InputError: a name is unknown or given twice, or its data is not there.
    """
    _check_names(names)
    return [open_one(name, data) for name in names]


def _check_names(names: Sequence[str]) -> None:
    from feathertrack.benchmarks import list_benchmarks, open_benchmark

    if not names:
        raise InputError("no benchmark was named: feathertrack evaluate BENCHMARK...")
    if len(set(names)) < len(names):
        raise InputError(f"a benchmark is named twice: {' '.join(names)}")
    known = set(list_benchmarks())
    for name in names:
        if name not in known:
            open_benchmark(name)  # which says what is near


def open_one(name: str, data: Path | None) -> Benchmark:
    """A benchmark: the folder in ``data`` that is called like it, else ``data`` itself.

    Raises:
        InputError: its data is not there.
    """
    from feathertrack.benchmarks import open_benchmark
    from feathertrack.benchmarks.opening import root_of

    if name == "synthetic" or data is None:  # synthetic is in no folder of the user's
        return open_benchmark(name)
    return open_benchmark(name, root_of(name, data.expanduser()))
