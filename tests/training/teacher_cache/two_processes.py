"""What ``test_cached_runs`` starts by torchrun: one distillation, whose ranks share a cache.

torchrun --standalone --nproc-per-node 2 -m tests.training.teacher_cache.two_processes CACHE OUTPUT
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from feathertrack.training.launch import launch
from feathertrack.training.loop import fit
from tests.training.tasks.box_pairs import tiny_atom
from tests.training.teacher_cache.taught_runs import BoxBatches, shared_recipe


def main() -> None:
    torch.set_num_threads(1)
    folder, output = sys.argv[1], Path(sys.argv[2])
    recipe = shared_recipe(folder)
    fabric = launch(recipe.loop, devices="cpu")
    batches = BoxBatches(rank=fabric.global_rank, world=fabric.world_size)
    task = recipe.task.build(tiny_atom(), recipe=recipe, teacher=tiny_atom(seed=1))
    fit(recipe, task, batches, output=output, fabric=fabric)
    task.close()


if __name__ == "__main__":
    main()
