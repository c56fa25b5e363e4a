"""What a hit in the teacher's cache saves: steps of a distillation without, filling and with it.

    python benchmarks/teacher_cache.py --output benchmarks/results/teacher_cache_NAME.json

The three take turns, a step each, on the same batches of noise and with the same student, so that a
busy machine slows all alike. The student's losses must agree to the last bit.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from machine import describe_machine

from feathertrack.data.batch import PairBatch
from feathertrack.models import create_model
from feathertrack.models.network import Network
from feathertrack.recipes.cfkd import ANSWERS, CFKD, distilling
from feathertrack.training.recipe import Recipe
from feathertrack.training.task import Task
from feathertrack.training.tasks.distill_atom import DistillAtomSettings
from feathertrack.training.teacher_cache import CacheSettings

SUMS = {"ts_ah": ANSWERS, "ts_ah_fid": CFKD[:3], "cfkd": CFKD}
NAMES = ("plain", "filling", "hits")


def make_batches(recipe: Recipe, count: int) -> list[PairBatch]:
    """Noise of the recipe's sizes, with targets in the middle."""
    generator = torch.Generator().manual_seed(0)
    size, side = recipe.loop.batch_size, recipe.data.search.size
    box = torch.tensor([side * 0.4, side * 0.4, side * 0.2, side * 0.2]).repeat(size, 1)
    batches = []
    for number in range(count):
        pictures = 255 * torch.rand(2, size, 3, side, side, generator=generator)
        template, search = (one.contiguous(memory_format=torch.channels_last) for one in pictures)
        batches.append(
            PairBatch(
                template=template,
                search=search,
                template_boxes=box,
                search_boxes=box,
                positive=torch.ones(size, dtype=torch.bool),
                seeds=torch.arange(size) + size * number,
            )
        )
    return batches


def make_task(recipe: Recipe, teacher: Network, folder: str) -> Task:
    """A new student, its teacher, and its cache where a folder is given."""
    torch.manual_seed(0)
    assert isinstance(recipe.task, DistillAtomSettings)
    settings = replace(recipe.task, cache=CacheSettings(folder=folder))
    task = settings.build(create_model(recipe.model), recipe=recipe, teacher=teacher).train()
    return task.to(memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]


def step(task: Task, batch: PairBatch) -> tuple[float, float, float]:
    """Forward and backward pass: the loss, seconds, and seconds of this process alone."""
    began, used = time.perf_counter(), time.process_time()
    loss = task(batch)["total"]
    loss.backward()
    task.zero_grad(set_to_none=True)
    return float(loss.detach()), time.perf_counter() - began, time.process_time() - used


def measure(recipe: Recipe, teacher: Network, *, steps: int) -> dict[str, object]:
    """Medians of the three, and what the cache has on the disk."""
    batches = make_batches(recipe, steps + 1)
    with TemporaryDirectory() as folder:
        filled = make_task(recipe, teacher, folder)
        for batch in batches:
            filled(batch)
        filled.close()
        tasks = [make_task(recipe, teacher, place) for place in ("", f"{folder}/other", folder)]
        found = np.array([[step(task, batch) for task in tasks] for batch in batches])[1:]
        tasks[1].close()
        shards = Path(folder).glob("*/*.safetensors")
        stored = sum(path.stat().st_size for path in shards)
    if not (found[:, :1, 0] == found[:, :, 0]).all():
        raise SystemExit("the losses of the three differ")
    pairs = recipe.loop.batch_size * (steps + 1)
    medians = {name: 1e3 * float(np.median(found[:, i, 1])) for i, name in enumerate(NAMES)}
    busy = {name: 1e3 * float(np.median(found[:, i, 2])) for i, name in enumerate(NAMES)}
    return {
        "step_ms": medians,
        "processor_ms": busy,
        "saved": 1 - float(np.median(found[:, 2, 1] / found[:, 0, 1])),
        "saved_processor": 1 - float(np.median(found[:, 2, 2] / found[:, 0, 2])),
        "bytes_per_pair": round(stored / pairs),
    }


def main() -> None:
    """Parse the words, run, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--student", default="atom_r18_small")
    parser.add_argument("--teacher", default="atom_mobilenetv2")
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    words = parser.parse_args()
    torch.set_num_threads(words.threads)
    machine = {**describe_machine(), "torch": torch.__version__, "threads": words.threads}
    torch.manual_seed(1)
    teacher = create_model(words.teacher)
    rows = []
    for name, terms in SUMS.items():
        recipe = distilling(name, terms, source="ours", model=words.student)
        loop = replace(recipe.loop, batch_size=words.batch)
        row = measure(replace(recipe, loop=loop), teacher, steps=words.steps)
        rows.append({"sum": name, **row})
        print(json.dumps(rows[-1]))
    settings = {name: getattr(words, name) for name in ("student", "teacher", "batch", "steps")}
    report = {"machine": machine, **settings, "rows": rows}
    words.output.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
