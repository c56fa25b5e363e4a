"""Where sequences are run: in this process, in processes of this machine, or on a Ray cluster.

All three take the same tasks and give the same outcomes, each seeded by what it is; only the order
in which they come differs. A worker that dies (out of memory, a crash in native code) is replaced,
and its task tried again.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from typing import Any, Literal

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.errors import FeathertrackError, InputError, TrackerFailed, require
from feathertrack.evaluation.contestants import Contestant
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.running import RunPlan, run_sequence
from feathertrack.trackers.tracker import Tracker

ExecutorName = Literal["process", "ray"]
ATTEMPTS = 3
"""How often a task is tried whose worker dies."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """One sequence with all its runs.

    Attributes:
        contestant: number of the tracker.
        benchmark: number of the benchmark.
        sequence: name.
        plan: how to run.
        frames: how many frames that is, for progress.
        run: number of the run that it is part of, for whoever made it.
    """

    contestant: int
    benchmark: int
    sequence: str
    plan: RunPlan
    frames: int = 0
    run: int = 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a task.

    Attributes:
        task: it.
        records: of all runs; empty after a failure.
        error: what went wrong in a sentence, "" for nothing.
        traceback: where.
    """

    task: Task
    records: tuple[Record, ...] = ()
    error: str = ""
    traceback: str = ""


@dataclass
class Workshop:
    """Runs tasks; keeps the tracker and the benchmarks between them. It can be sent to workers.

    Attributes:
        contestants: the trackers.
        benchmarks: the benchmarks.
    """

    contestants: tuple[Contestant, ...]
    benchmarks: tuple[Benchmark, ...]
    _current: tuple[int, Tracker] | None = field(default=None, repr=False)

    def run(self, task: Task) -> Outcome:
        """Run one task; what the tracker raises becomes part of the outcome."""
        try:
            tracker = self._tracker(task.contestant)
            sequence = self.benchmarks[task.benchmark][task.sequence]
            return Outcome(task=task, records=tuple(run_sequence(tracker, sequence, task.plan)))
        except (Exception, SystemExit) as error:  # exit() in a tracker ends its sequence only
            kind = "" if isinstance(error, FeathertrackError) else f"{type(error).__name__}: "
            named = error.reason if isinstance(error, TrackerFailed) else error  # its row says who
            text = " ".join(f"{kind}{named}".split())
            self._current = None  # a tracker that raised may be in any state
            return Outcome(task=task, error=text, traceback=traceback.format_exc())

    def _tracker(self, number: int) -> Tracker:
        if self._current is None or self._current[0] != number:
            self._current = (number, self.contestants[number].create())
        return self._current[1]

    def fresh(self) -> Workshop:
        """The same without a tracker that has been made, to be sent away.

        Raises:
            InputError: a tracker was given as an object, which only this process has.
        """
        for one in self.contestants:
            if one.made is not None:
                raise InputError(
                    f"{one.label} is an object of this process: give its name to use workers"
                )
        return replace(self, _current=None)


def execute(
    tasks: Sequence[Task],
    workshop: Workshop,
    *,
    workers: int = 1,
    executor: ExecutorName = "process",
) -> Iterator[Outcome]:
    """Run tasks and yield their outcomes as they come.

    Args:
        tasks: in the order in which they are begun.
        workshop: what runs them.
        workers: how many at a time; 1 process is this one. With ray, 0 takes every processor.
        executor: ``process`` or ``ray``.

    Raises:
        InputError: a number of workers that makes no sense.
        MissingExtra: ray is not installed.
    """
    if workers < 0 or (workers == 0 and executor == "process"):
        raise InputError(f"--workers {workers}: at least 1 is needed")
    if executor == "ray":
        yield from _on_ray(tasks, workshop.fresh(), workers)
    elif workers == 1 or len(tasks) < 2:
        for task in tasks:
            yield workshop.run(task)
    else:
        yield from _in_processes(tasks, _sharing(workshop.fresh(), workers), workers)


def _sharing(workshop: Workshop, workers: int) -> Workshop:
    """Divide the processors among the workers, unless the user said how many threads."""
    threads = max(1, (os.cpu_count() or 1) // workers)
    contestants = tuple(
        one if one.threads is not None else replace(one, threads=threads)
        for one in workshop.contestants
    )
    return replace(workshop, contestants=contestants)


class _Worker:
    """A spawned process and the task that it has in hand."""

    def __init__(self, workshop: Workshop) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, workshop), daemon=True)
        self.process.start()
        theirs.close()
        self.task: Task | None = None

    def give(self, task: Task) -> None:
        self.task = task
        with contextlib.suppress(OSError):  # one that died before shows when it is waited for
            self.connection.send(task)

    def stop(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.join()


def _serve(connection: Connection, workshop: Workshop) -> None:
    """The life of a worker: tasks in, outcomes out, until the other end is closed."""
    # Ctrl-C reaches the whole group of processes; the parent decides what happens.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        try:
            connection.send(workshop.run(task))
        except (BrokenPipeError, OSError):
            return


def _in_processes(tasks: Sequence[Task], workshop: Workshop, workers: int) -> Iterator[Outcome]:
    waiting = deque(tasks)
    attempts: dict[Task, int] = {}
    pool = [_Worker(workshop) for _ in range(min(workers, len(tasks)))]
    try:
        for worker in pool:
            worker.give(waiting.popleft())
        while any(worker.task is not None for worker in pool):
            busy = {worker.connection: worker for worker in pool if worker.task is not None}
            for ready in wait(list(busy)):
                worker = busy[ready]  # type: ignore[index]
                task = worker.task
                assert task is not None
                try:
                    outcome = worker.connection.recv()
                except (EOFError, OSError):
                    worker.stop()
                    code = worker.process.exitcode
                    outcome = _after_death(task, attempts, waiting, f"exit code {code}")
                    worker = _replace(pool, worker, workshop)
                if outcome is not None:
                    yield outcome
                worker.task = None
                if waiting:
                    worker.give(waiting.popleft())
    finally:
        for worker in pool:
            worker.stop()


def _replace(pool: list[_Worker], dead: _Worker, workshop: Workshop) -> _Worker:
    fresh = _Worker(workshop)
    pool[pool.index(dead)] = fresh
    return fresh


def _after_death(
    task: Task, attempts: dict[Task, int], waiting: deque[Task], why: str
) -> Outcome | None:
    """Put the task of a dead worker back, or give it up after ``ATTEMPTS``."""
    attempts[task] = attempts.get(task, 0) + 1
    if attempts[task] < ATTEMPTS:
        waiting.appendleft(task)
        return None
    error = f"the worker died {ATTEMPTS} times ({why})"
    return Outcome(task=task, error=error, traceback=error + "\n")


class _RayWorker:
    """What an actor is; ``ray.remote`` makes it one."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    def run(self, task: Task) -> Outcome:
        """Run one task."""
        return self.workshop.run(task)


def _on_ray(tasks: Sequence[Task], workshop: Workshop, workers: int) -> Iterator[Outcome]:
    """Actors of a Ray cluster: the one at RAY_ADDRESS, else one that is started here."""
    ray: Any = require("ray", extra="ray")
    started = not ray.is_initialized()
    if started:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    try:
        count = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        yield from _with_actors(ray, tasks, workshop, min(count, max(len(tasks), 1)))
    finally:
        if started:
            ray.shutdown()


def _with_actors(
    ray: Any, tasks: Sequence[Task], workshop: Workshop, count: int
) -> Iterator[Outcome]:
    make = ray.remote(num_cpus=1, max_restarts=0)(_RayWorker)
    shared = ray.put(workshop)
    waiting, attempts = deque(tasks), dict[Task, int]()
    running: dict[Any, tuple[Any, Task]] = {}

    def begin(actor: Any) -> None:
        if waiting:
            task = waiting.popleft()
            running[actor.run.remote(task)] = (actor, task)

    for _ in range(count):
        begin(make.remote(shared))
    while running:
        (ready, *_), _ = ray.wait(list(running), num_returns=1)
        actor, task = running.pop(ready)
        try:
            outcome: Outcome | None = ray.get(ready)
        except ray.exceptions.RayError as error:
            outcome = _after_death(task, attempts, waiting, type(error).__name__)
            actor = make.remote(shared)
        if outcome is not None:
            yield outcome
        begin(actor)
