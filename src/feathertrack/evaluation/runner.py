"""Run trackers on benchmarks, keep raw results, score them; killed anywhere, it goes on there.

In ``OUTPUT/<benchmark>/``: ``<tracker>/`` holds the raw results, ``<tracker>.run.json`` what made
them, ``<tracker>.errors/`` a traceback for each sequence that failed. ``OUTPUT/scores.json`` and
``scores.csv`` hold the tables, those of earlier calls included.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.errors import FeathertrackError, InputError
from feathertrack.evaluation.contestants import Contestant, contestant_of
from feathertrack.evaluation.differences import with_differences
from feathertrack.evaluation.error_logs import discard_empty, error_log
from feathertrack.evaluation.executors import ExecutorName, execute
from feathertrack.evaluation.gathering import Ground
from feathertrack.evaluation.identity import identity_of
from feathertrack.evaluation.outputs import claim_folder, write_scores
from feathertrack.evaluation.protocols import Protocol, choose_results, score_records
from feathertrack.evaluation.records import TrackerRecords
from feathertrack.evaluation.result_files import FormatName, read_results, write_whole
from feathertrack.evaluation.running import count_rows, expected_runs
from feathertrack.evaluation.runs import Evaluation, Failure, Run, list_runs
from feathertrack.evaluation.scoring import ScoreTable
from feathertrack.evaluation.tasks import Moved, Outcome, Task, Workshop
from feathertrack.evaluation.tuned_presets import tuning_notes
from feathertrack.trackers.tracker import Tracker

Advance = Callable[[Outcome], None]


class Runner:
    """Plans, runs and scores; ``plan`` first, then ``run``, then ``score``.

    Args:
        contestants: the trackers.
        benchmarks: what to run them on.
        protocols: names; those that fit a benchmark are used on it, none means its default.
        output: folder of everything that is written; None keeps results in memory.
        format: of the raw results; None takes the one that keeps every digit.
        seed: of all runs.

    Raises:
        InputError: a protocol fits no benchmark, or a format cannot hold a run.
    """

    def __init__(
        self,
        contestants: Sequence[Contestant],
        benchmarks: Sequence[Benchmark],
        *,
        protocols: Sequence[str] = (),
        output: Path | None = None,
        format: FormatName | None = None,
        seed: int = 0,
    ) -> None:
        self.contestants = tuple(contestants)
        self.benchmarks = tuple(benchmarks)
        self.output = output
        self.grounds = [Ground(benchmark) for benchmark in benchmarks]
        self.runs = list_runs(
            contestants, benchmarks, protocols=protocols, output=output, format=format, seed=seed
        )
        self.tasks: list[Task] = []
        self.num_done = 0
        self.num_damaged = 0

    def plan(self) -> int:
        """List the sequences that have no result yet; return how many frames they have.

        A result that has not a row for every frame, as after somebody edited it, is none:
        ``num_damaged`` counts these, ``num_done`` those that need not be run.

        Raises:
            InputError: the output holds results of a tracker of the same name that was configured
                differently, or a sequence cannot be read.
        """
        self.tasks, self.num_done, self.num_damaged = [], 0, 0
        for number, run in enumerate(self.runs):
            self._claim(run)
            ground = self.grounds[run.benchmark]
            for name, reason in ground.runnable(run.plan.kind).items():
                if reason:
                    continue  # scoring notes it
                sequence = ground[name]
                runs = expected_runs(sequence, run.plan)
                rows = [count_rows(sequence, one) for one in runs]
                if run.writer and run.writer.is_there(runs):
                    if run.writer.is_whole(runs, rows):
                        self.num_done += 1
                        continue
                    self.num_damaged += 1
                self.tasks.append(
                    Task(
                        contestant=run.contestant,
                        benchmark=run.benchmark,
                        sequence=name,
                        plan=run.plan,
                        frames=sum(rows),
                        run=number,
                    )
                )
        return sum(task.frames for task in self.tasks)

    def _claim(self, run: Run) -> None:
        """Write down what makes the results of a folder, or see that it is the same."""
        if run.writer is None:
            return
        kind = run.plan.kind
        wanted = {
            **identity_of(self.contestants[run.contestant]),
            "seed": run.plan.seed,
            f"format of {kind}": run.writer.format,
        }
        if kind in ("reset", "realtime"):
            wanted[f"resets of {kind}"] = run.plan.rule
        claim_folder(run.writer.folder, wanted)

    def run(
        self,
        *,
        workers: int = 1,
        executor: ExecutorName = "process",
        apart: bool = False,
        advance: Advance | None = None,
        moved: Moved | None = None,
    ) -> tuple[Failure, ...]:
        """Run what ``plan`` found missing, and write each sequence when it is finished.

        Args:
            workers: how many at a time.
            executor: ``process`` or ``ray``.
            apart: run in another process even where there is one worker.
            advance: called after each sequence.
            moved: told how many frames of a sequence are done, now and then; not with ray.
        """
        workshop = Workshop(contestants=self.contestants, benchmarks=self.benchmarks)
        outcomes = execute(
            self.tasks, workshop, workers=workers, executor=executor, apart=apart, moved=moved
        )
        with closing(outcomes):  # workers end here, not when Python forgets what was raised
            for outcome in outcomes:
                self._keep(outcome)
                if advance is not None:
                    advance(outcome)
        return self._failures()

    def _failures(self) -> tuple[Failure, ...]:
        """In the order of runs and sequences, whatever finished first."""
        return tuple(
            run.failed[name]
            for run in self.runs
            for name in self.benchmarks[run.benchmark].names
            if name in run.failed
        )

    def _keep(self, outcome: Outcome) -> None:
        """Write the results of a sequence, or why there are none."""
        task = outcome.task
        run = self.runs[task.run]
        label = self.contestants[task.contestant].label
        several = len({one.plan.kind for one in self.runs}) > 1
        log = error_log(run, task.sequence, tracker=label, several_kinds=several)
        error, trace = outcome.error, outcome.traceback
        if not error and run.writer is not None:
            try:
                run.writer.write(outcome.records)
            except InputError as failed:
                if isinstance(failed.__cause__, OSError):
                    raise
                error = trace = str(failed)
        if not error:
            run.memory[task.sequence] = outcome.records if run.writer is None else ()
            if log is not None:
                log.unlink(missing_ok=True)
            return
        if log is not None:
            write_whole(log, trace)
        run.failed[task.sequence] = Failure(
            benchmark=self.benchmarks[task.benchmark].name,
            tracker=label,
            sequence=task.sequence,
            error=error,
            traceback=log,
        )

    def score(self) -> Evaluation:
        """Score every tracker by every protocol, from the files that were written."""
        tables: list[ScoreTable] = []
        notes: list[str] = []
        withheld: list[str] = []
        for run in self.runs:
            one, ground = self.contestants[run.contestant], self.grounds[run.benchmark]
            name = ground.benchmark.name
            if not all(ground[sequence].complete for sequence in ground.benchmark.names):
                withheld.append(
                    f"{one.label} on {name}: a server keeps the true boxes; write its archive with "
                    f"feathertrack score {name} --results ... --submission FILE"
                )
                continue
            reasons = ground.runnable(run.plan.kind).values()
            if len(run.failed) == sum(not reason for reason in reasons):
                notes.append(f"{one.label} on {name}: it failed on every sequence")
                continue
            for protocol in run.protocols:
                try:
                    results = self._results(run, protocol)
                    table = score_records(
                        results, ground, protocol=protocol.name, partial=bool(run.failed)
                    )
                    told = (*table.notes, *tuning_notes(one, ground.benchmark))
                    tables.append(replace(table, tracker=one.label, notes=told))
                except FeathertrackError as error:
                    notes.append(f"{one.label} on {name}: {error}")
        tables = with_differences(tables)
        if self.output is not None and tables:
            write_scores(self.output, tables)
        return Evaluation(
            tables=tuple(tables),
            failures=self._failures(),
            notes=tuple(notes),
            withheld=tuple(withheld),
        )

    def _results(self, run: Run, protocol: Protocol) -> TrackerRecords:
        """What a run gave: from its files, or from memory where none were written."""
        benchmark, one = self.benchmarks[run.benchmark], self.contestants[run.contestant]
        if run.writer is None:
            ordered = {n: run.memory[n] for n in benchmark.names if n in run.memory}
            return TrackerRecords(tracker=one.label, records=ordered)
        return choose_results(read_results(run.writer.folder, benchmark), protocol)[0]

    def discard_errors(self) -> None:
        """Remove the folders of tracebacks that are empty."""
        for run in self.runs:
            discard_empty(run, tracker=self.contestants[run.contestant].label)


def evaluate(
    tracker: Tracker | str,
    benchmark: Benchmark,
    *,
    protocol: str | None = None,
    output: str | Path | None = None,
    format: FormatName | None = None,
    workers: int = 1,
    executor: ExecutorName = "process",
    seed: int = 0,
) -> ScoreTable:
    """Run one tracker on a benchmark and score it.

    Args:
        tracker: a tracker, or a name for ``create_tracker``; with several workers a name.
        benchmark: of ``open_benchmark``.
        protocol: as ``otb@got10k``; None takes the benchmark's default.
        output: folder for raw results; a run that was stopped goes on there. None keeps none.
        format: of the raw results.
        workers: sequences at a time.
        executor: ``process`` or ``ray``.
        seed: of all runs.

    Raises:
        InputError: the words do not fit the benchmark, or data cannot be read.
        FeathertrackError: the tracker failed on a sequence; the others are kept in ``output``.
    """
    runner = Runner(
        [contestant_of(tracker)],
        [benchmark],
        protocols=[protocol] if protocol else [],
        output=None if output is None else Path(output),
        format=format,
        seed=seed,
    )
    runner.plan()
    failures = runner.run(workers=workers, executor=executor)
    if failures:
        first = failures[0]
        raise FeathertrackError(
            f"{first.tracker} failed on {len(failures)} of {len(benchmark)} sequences of "
            f"{benchmark.name}, first on {first.sequence}: {first.error}"
        )
    evaluation = runner.score()
    problems = (*evaluation.notes, *evaluation.withheld)
    if problems:
        raise InputError(problems[0])
    return evaluation.tables[0]
