"""The bar of evaluate counts frames, whatever order news come in."""

from __future__ import annotations

from feathertrack.cli._progress import Progress
from feathertrack.evaluation.running import RunPlan
from feathertrack.evaluation.tasks import Outcome, Task


def task(name: str, frames: int) -> Task:
    return Task(contestant=0, benchmark=0, sequence=name, plan=RunPlan(kind="ope"), frames=frames)


def test_the_bar_moves_before_a_sequence_ends_and_never_counts_twice() -> None:
    long, short = task("long", 90), task("short", 10)
    progress = Progress(100, 2)
    with progress:
        progress.moved(long, 30)
        progress.moved(short, 5)
        assert progress.frames_done == 35
        progress.moved(long, 10)  # its worker died, it began anew
        progress.advance(Outcome(task=short))
        assert (progress.frames_done, progress.done) == (20, 1)
        progress.advance(Outcome(task=long, error="it failed"))
        assert (progress.frames_done, progress.done) == (100, 2)
