"""Processes of this machine that run tasks; one that dies is replaced, and its task tried again."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait

from feathertrack.evaluation.tasks import Moved, Outcome, Task, Workshop, after_death

_BETWEEN_NEWS = 0.2
"""Seconds after which a worker says again how far it is."""

_TO_TIDY_UP = 5.0
"""Seconds that a worker without a task has to end by itself."""


def in_processes(
    tasks: Sequence[Task], workshop: Workshop, workers: int, *, moved: Moved | None = None
) -> Iterator[Outcome]:
    """Run tasks in so many spawned processes and yield their outcomes as they come."""
    waiting = deque(tasks)
    attempts: dict[Task, int] = {}
    pool = [_Worker(workshop.for_worker(number)) for number in range(min(workers, len(tasks)))]
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
                    news: Outcome | int | None = worker.connection.recv()
                except (EOFError, OSError):
                    worker.stop()
                    code = worker.process.exitcode
                    news = after_death(task, attempts, waiting, f"exit code {code}")
                    worker = _replace(pool, worker, workshop)
                if isinstance(news, int):
                    if moved is not None:
                        moved(task, news)
                    continue
                if news is not None:
                    yield news
                worker.task = None
                if waiting:
                    worker.give(waiting.popleft())
    finally:
        for worker in pool:  # all at once, so that they tidy up side by side
            worker.connection.close()
        for worker in pool:
            worker.stop()


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
        """Send it a task; it has none in hand."""
        self.task = task
        with contextlib.suppress(OSError):  # one that died before shows when it is waited for
            self.connection.send(task)

    def stop(self) -> None:
        """End the process: one without a task by itself, so that its libraries tidy up."""
        self.connection.close()
        if self.task is None:
            self.process.join(timeout=_TO_TIDY_UP)
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
            connection.send(workshop.run(task, _News(connection)))
        except (BrokenPipeError, OSError):
            return


class _News:
    """Sends how many frames are done, a few times a second."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sent = time.monotonic()

    def __call__(self, task: Task, frames: int) -> None:
        now = time.monotonic()
        if now - self._sent < _BETWEEN_NEWS:
            return
        self._sent = now
        with contextlib.suppress(OSError):  # a parent that has gone is met with the outcome
            self._connection.send(frames)


def _replace(pool: list[_Worker], dead: _Worker, workshop: Workshop) -> _Worker:
    number = pool.index(dead)
    fresh = pool[number] = _Worker(workshop.for_worker(number))
    return fresh
