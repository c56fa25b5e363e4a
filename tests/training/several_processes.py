"""What ``test_several_processes`` starts by torchrun: several small trainings, one after another.

torchrun --standalone --nproc-per-node 2 -m tests.training.several_processes OUTPUT
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch

from feathertrack.training.launch import launch
from feathertrack.training.loop import fit
from feathertrack.training.progress import FitResult, Progress
from feathertrack.training.recipe import FreezeSettings, Recipe
from tests.training.toys import ToyPairs, toy_recipe, toy_task


def recipes() -> dict[str, Recipe]:
    """Trainings that must give the same losses in one process, with the doubled batch."""
    base = toy_recipe()
    return {
        "mean": base,
        "clipped": replace(base, optim=replace(base.optim, clip=0.02)),
        "accumulated": replace(base, loop=replace(base.loop, accumulate=3)),
        "thawing": replace(base, freeze=FreezeSettings(frozen={"stem": 1})),
        "bfloat16": replace(base, loop=replace(base.loop, precision="bfloat16")),
        "spoiled": base,
    }


def summed() -> Recipe:
    base = toy_recipe()
    return replace(base, optim=replace(base.optim, reduce="sum"))


def train(
    name: str,
    recipe: Recipe,
    output: Path,
    *,
    resume: bool = False,
    watch: Callable[[Progress], None] | None = None,
) -> FitResult:
    fabric = launch(recipe.loop, devices="cpu")
    world = fabric.world_size
    size = recipe.loop.batch_size
    pairs = ToyPairs(size=size, rank=fabric.global_rank, world=world)
    spoiled = 17 if name == "spoiled" else None  # a pair of the second process
    task = toy_task(norm=False, spoiled=spoiled)
    return fit(recipe, task, pairs, output=output / name, fabric=fabric, resume=resume, watch=watch)


def stop_second_process(recipe: Recipe, output: Path) -> None:
    """The signal reaches one process; both must stop after the same step, saved."""
    fabric = launch(recipe.loop, devices="cpu")
    task, size = toy_task(norm=False), recipe.loop.batch_size
    pairs = ToyPairs(size=size, rank=fabric.global_rank, world=fabric.world_size)
    if fabric.global_rank == 1:
        # ``watch`` is called on the first process alone: the task raises the signal here.
        task.register_forward_pre_hook(
            lambda *_: signal.raise_signal(signal.SIGTERM) if len(task.seen) == 3 * size else None
        )
    result = fit(recipe, task, pairs, output=output / "stopped", fabric=fabric)
    (output / f"stopped-{fabric.global_rank}.txt").write_text(
        f"{result.steps} {result.stopped_by}", encoding="utf-8"
    )


def main() -> None:
    torch.set_num_threads(1)
    output = Path(sys.argv[1])
    for name, recipe in recipes().items():
        train(name, recipe, output)
    train("sum", summed(), output)
    stop_second_process(toy_recipe(), output)


if __name__ == "__main__":
    main()
