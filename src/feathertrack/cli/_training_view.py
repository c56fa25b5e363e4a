"""What a person sees of a training: a bar on a terminal, a line per epoch in a pipe."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from feathertrack.cli._terminal import at_terminal

if TYPE_CHECKING:
    from feathertrack.training.progress import Progress, Watch


@contextlib.contextmanager
def watching(name: str) -> Iterator[Watch]:
    """Yield what shows the progress of the training called ``name`` on stderr."""
    with _bar(name) if at_terminal() else _lines(name) as watch:
        yield watch


@contextlib.contextmanager
def _lines(name: str) -> Iterator[Watch]:
    """A line whenever there is something to say, and one at the end of every epoch."""

    def watch(progress: Progress) -> None:
        if progress.message:
            print(f"{name}: {progress.message}", file=sys.stderr, flush=True)
        elif progress.step >= progress.steps:
            print(
                f"{name}: epoch {progress.epoch}/{progress.epochs}  {_numbers(progress)}".rstrip(),
                file=sys.stderr,
                flush=True,
            )

    yield watch


@contextlib.contextmanager
def _bar(name: str) -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.percentage:.0f} %  {task.fields[numbers]}", markup=False),
        TimeRemainingColumn(compact=True),
    )
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task(name, total=None, numbers="")

        def watch(progress: Progress) -> None:
            if progress.message:
                bar.console.print(f"{name}: {progress.message}", markup=False, highlight=False)
            done = (progress.epoch - 1) * progress.steps + progress.step
            bar.update(
                row,
                completed=done,
                total=progress.epochs * progress.steps,
                description=f"{name} {progress.epoch}/{progress.epochs}",
                numbers=_numbers(progress),
            )

        yield watch


def _numbers(progress: Progress) -> str:
    losses = " ".join(f"{name} {value:.4f}" for name, value in progress.losses.items())
    speed = f"{progress.pairs_per_second:.1f} pairs/s" if progress.pairs_per_second else ""
    wait = f"{progress.data_wait:.0%} waiting for data" if progress.data_wait >= 0.05 else ""
    return "  ".join(part for part in (losses, speed, wait) if part)
