"""A Ray cluster whose actors run tasks; one that dies is replaced, and its task tried again.

Ray is imported, called and shut down in a thread of its own. A signal raises its exception in the
main thread, and one that is raised inside Ray's native code, or that keeps Ray's references alive
until after Ray was shut down, ends the process with a segmentation fault. So does a Python that is
finalized while that thread is inside Ray: the main thread waits for it, and a signal while it waits
ends the process without finalizing it. Ray's own processes see that theirs is gone, and end too.
"""

from __future__ import annotations

import contextlib
import os
from collections import deque
from collections.abc import Iterator, Sequence
from threading import Event
from types import FrameType
from typing import Any

from feathertrack.errors import FeathertrackError, require
from feathertrack.evaluation.tasks import Outcome, Task, Workshop, after_death
from feathertrack.signals import handling_stops
from feathertrack.video.prefetch import DecodeAhead

_PATIENCE = 0.2
"""Seconds after which a request to end is seen."""


class _RayWorker:
    """What an actor is; ``ray.remote`` makes it one."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop

    def run(self, task: Task) -> Outcome:
        """Run one task."""
        return self.workshop.run(task)


def on_ray(tasks: Sequence[Task], workshop: Workshop, workers: int) -> Iterator[Outcome]:
    """Run tasks on a cluster, the one at RAY_ADDRESS, else one that is started here.

    Args:
        tasks: in the order in which they are begun.
        workshop: what runs them.
        workers: how many actors; 0 takes every processor of the cluster.

    Raises:
        MissingExtra: ray is not installed.
        FeathertrackError: there is no cluster at RAY_ADDRESS, or none can be started.
    """
    in_thread = DecodeAhead(
        lambda closing: _on_cluster(tasks, workshop, workers, closing), depth=len(tasks) + 1
    )
    try:
        yield from in_thread
    finally:
        with handling_stops(_leave):
            in_thread.close()


def _leave(number: int, _: FrameType | None) -> None:
    """A signal while Ray is shut down: do not wait, and do not finalize Python beside it."""
    os._exit(128 + number)


def _on_cluster(
    tasks: Sequence[Task], workshop: Workshop, workers: int, closing: Event
) -> Iterator[Outcome]:
    ray: Any = require("ray", extra="ray")
    if closing.is_set():
        return
    started = not ray.is_initialized()
    try:
        if started:
            _start(ray)
        count = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        yield from _with_actors(ray, tasks, workshop, min(count, max(len(tasks), 1)), closing)
    finally:
        if started:
            ray.shutdown()


def _start(ray: Any) -> None:
    try:
        ray.init(include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    except Exception as error:  # Ray raises plain ones too
        raise FeathertrackError(f"no Ray cluster can be used: {error}") from error


def _with_actors(
    ray: Any, tasks: Sequence[Task], workshop: Workshop, count: int, closing: Event
) -> Iterator[Outcome]:
    make = ray.remote(num_cpus=1, max_restarts=0)(_RayWorker)
    shared = ray.put(workshop)
    waiting, attempts = deque(tasks), dict[Task, int]()
    running: dict[Any, tuple[Any, Task]] = {}

    def begin(actor: Any) -> None:
        if waiting:
            task = waiting.popleft()
            running[actor.run.remote(task)] = (actor, task)

    try:
        for _ in range(count):
            begin(make.remote(shared))
        while running and not closing.is_set():
            finished, _ = ray.wait(list(running), num_returns=1, timeout=_PATIENCE)
            for ready in finished:
                actor, task = running.pop(ready)
                try:
                    outcome: Outcome | None = ray.get(ready)
                except ray.exceptions.RayError as error:
                    outcome = after_death(task, attempts, waiting, type(error).__name__)
                    actor = make.remote(shared)
                if outcome is not None:
                    yield outcome
                begin(actor)
    finally:
        for actor, _ in running.values():  # those at work when the user stops
            with contextlib.suppress(Exception):
                ray.kill(actor)
        running.clear()  # an error that passes here would keep it, and with it Ray's references
