"""Where a run that is taken up again stands, also with another number of processes."""

from __future__ import annotations

from dataclasses import replace

from feathertrack.training.checkpoints import Checkpoint
from feathertrack.training.keeping import Standing


def standing_at(
    checkpoint: Checkpoint, *, pairs_per_step: int, processes: int, judged_by: str | None
) -> tuple[Standing, list[str]]:
    """Return how far a checkpoint's run had come, and what a reader must know of going on.

    Should the number of processes differ, it goes on from the step at which as many pairs were
    seen, rounded down: some are then trained on twice, none is left out.

    Args:
        checkpoint: of the run.
        pairs_per_step: of all processes together, from now on.
        processes: from now on.
        judged_by: how weights are judged from now on, None where they are not.
    """
    position = checkpoint.position
    step, again = divmod(position.pairs, pairs_per_step)
    best = checkpoint.best
    other = best is not None and judged_by is not None and best.judged_by != judged_by
    if other:
        best = None
    standing = Standing(
        position=replace(position, step=step, pairs=step * pairs_per_step),
        best=best,
        validated=checkpoint.validated,
        skipped=checkpoint.skipped,
    )
    notes = []
    if checkpoint.world_size != processes:
        notes.append(
            f"{_processes(checkpoint.world_size)} trained until step {position.total_steps} and "
            f"{processes} from there: {pairs_per_step} pairs make a step now"
        )
    if other:
        notes.append(
            "weights are judged by another metric or on other sequences than before: the best so "
            "far does not count"
        )
    if again:
        notes.append(f"{again} pairs of epoch {position.epoch + 1} are trained on twice")
    return standing, notes


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"
