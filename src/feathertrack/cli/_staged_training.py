"""What ``distill`` does with several recipes in turn: prints what they would do, or trains them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from feathertrack.cli.train import speaks

if TYPE_CHECKING:
    from feathertrack.training.progress import FitResult
    from feathertrack.training.staged import StagedRecipe


def print_stages(
    staged: StagedRecipe, *, data: Path | None, given_teachers: Sequence[str] = ()
) -> None:
    """Print every field of all stages, then data, steps and memory of each; nothing is trained.

    Args:
        staged: the stages.
        data: folder of all data.
        given_teachers: names of the stages whose teacher somebody named.

    Raises:
        InputError: a recipe names a network, teacher, schedule or task that cannot be used.
    """
    from feathertrack.cli._training_plan import print_cost, print_fields, print_sizes
    from feathertrack.training.ranges import check_numbers

    check_numbers(staged)
    print_fields(staged)
    for stage in staged.stages:
        print(f"\nstage     {stage.name}")
        print_sizes(stage.data, data=data)
        print_cost(stage, given_teacher=stage.name in given_teachers)


def train_stages(staged: StagedRecipe, *, data: Path | None, output: Path, devices: str) -> int:
    """Train the stages with progress on the terminal, and say what came of each.

    Raises:
        InputError: data, weights or a number of a recipe cannot be used.
        Stopped: a signal ended it, saved.
    """
    from feathertrack.cli._stopping import Stopped
    from feathertrack.cli._training_view import watching
    from feathertrack.training.staged import run_staged

    results = run_staged(staged, data_root=data, output=output, devices=devices, watch=watching)
    _print_results(staged, results)
    last = results[-1]
    if last.stopped_by:
        done = f"in stage {len(results)} of {len(staged.stages)}: the same command goes on"
        raise Stopped(last.stopped_by, done)
    if not speaks():
        return 0
    if last.best is not None:
        print(f"best      {last.metric} {last.best:.4f} after epoch {last.best_epoch}")
    print(f"weights   {last.weights}")
    return 0


def _print_results(staged: StagedRecipe, results: Sequence[FitResult]) -> None:
    if not speaks():
        return
    for stage, result in zip(staged.stages, results, strict=False):
        for note in result.notes:
            print(f"note: {stage.name}: {note}", file=sys.stderr)
        losses = ", ".join(f"{name} {value:.4f}" for name, value in result.losses.items())
        print(f"{stage.name}: {result.epochs} epochs, {result.steps} steps; {losses}")
