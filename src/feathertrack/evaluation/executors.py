"""Where sequences are run: in this process, in processes of this machine, or on a Ray cluster.

All three take the same tasks and give the same outcomes, each seeded by what it is; only the order
in which they come differs. A worker that dies (out of memory, a crash in native code) is replaced,
and its task tried again.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Literal

from feathertrack.errors import InputError
from feathertrack.evaluation.processes import in_processes
from feathertrack.evaluation.ray_cluster import on_ray
from feathertrack.evaluation.tasks import Moved, Outcome, Task, Workshop

ExecutorName = Literal["process", "ray"]


def execute(
    tasks: Sequence[Task],
    workshop: Workshop,
    *,
    workers: int = 1,
    executor: ExecutorName = "process",
    apart: bool = False,
    moved: Moved | None = None,
) -> Generator[Outcome, None, None]:
    """Run tasks and yield their outcomes as they come; closing the generator ends the workers.

    Args:
        tasks: in the order in which they are begun.
        workshop: what runs them.
        workers: how many at a time; 1 process is this one. With ray, 0 takes every processor.
        executor: ``process`` or ``ray``.
        apart: give a single worker a process of its own too, so that a tracker that ends its
            process ends no other sequence. It is spawned: a script needs its ``__main__`` guard.
        moved: told how many frames of a task are done, now and then; not with ray.

    Raises:
        InputError: a number of workers that makes no sense.
        MissingExtra: ray is not installed.
    """
    if workers < 0 or (workers == 0 and executor == "process"):
        raise InputError(f"--workers {workers}: at least 1 is needed")
    if executor == "ray":
        yield from on_ray(tasks, workshop.fresh(), workers)
    elif apart or (workers > 1 and len(tasks) > 1):
        workers = min(workers, len(tasks))
        yield from in_processes(tasks, _sharing(workshop.fresh(), workers), workers, moved=moved)
    else:
        for task in tasks:
            yield workshop.run(task, moved)


def _sharing(workshop: Workshop, workers: int) -> Workshop:
    """Divide the processors among the workers, unless the user said how many threads."""
    if workers < 2:
        return workshop
    threads = max(1, (os.cpu_count() or 1) // workers)
    contestants = tuple(
        one if one.threads is not None else replace(one, threads=threads)
        for one in workshop.contestants
    )
    return replace(workshop, contestants=contestants)
