"""Processes that take numbered jobs one at a time; none outlives the one that started them."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

import cv2

from feathertrack.errors import FeathertrackError, InputError

Work = Callable[[Any, int], Any]
"""From what all jobs share, and the number of a job, to its answer."""

Progress = Callable[[Iterator[int], int], Iterable[int]]
"""Passes numbers on as something is done, once for each unit, and shows how far of how many it is.
The units are those of who calls: frames, crops."""


def run_jobs(
    work: Work, shared: object, jobs: Sequence[int], *, processes: int
) -> Iterator[tuple[int, Any]]:
    """Do jobs in any order; yields (number, answer) as they are done.

    Args:
        work: a function of a module, so that spawned processes find it.
        shared: its first argument; it must be possible to pickle it.
        jobs: numbers.
        processes: 1 does them in this process.

    Raises:
        FeathertrackError: what a job raised, or a process was killed.
    """
    if processes <= 1 or len(jobs) <= 1:
        for job in jobs:
            yield job, work(shared, job)
        return
    spawn = multiprocessing.get_context("spawn")
    left = list(reversed(jobs))
    pipes: dict[Connection, int] = {}
    started = []
    try:
        for _ in range(min(processes, len(jobs))):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(target=_serve, args=(theirs, work, shared), daemon=True)
            process.start()
            theirs.close()  # now the pipe ends when the process does
            started.append(process)
            pipes[ours] = _give(ours, left)
        while pipes:
            for pipe in wait(list(pipes)):
                assert isinstance(pipe, Connection), "only pipes are waited for"
                job = pipes.pop(pipe)
                yield job, _answer(pipe)
                if left:
                    pipes[pipe] = _give(pipe, left)
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.join()


def _give(pipe: Connection, left: list[int]) -> int:
    job = left.pop()
    try:
        pipe.send(job)
    except OSError as error:
        raise InputError("a worker process was killed: run the same again to go on") from error
    return job


def _answer(pipe: Connection) -> Any:
    try:
        answer = pipe.recv()
    except (EOFError, OSError) as error:
        raise InputError("a worker process was killed: run the same again to go on") from error
    if isinstance(answer, FeathertrackError):
        raise answer
    return answer


def _serve(pipe: Connection, work: Work, shared: object) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the starting process's to handle
    cv2.setNumThreads(0)
    try:
        while True:
            job = pipe.recv()
            try:
                pipe.send(work(shared, job))
            except FeathertrackError as error:
                pipe.send(error)
    except (EOFError, OSError):
        return  # the process that started this one is gone
