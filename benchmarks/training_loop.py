"""Throughput of the training loop beside the bare forward-backward-step on the same batch.

    python benchmarks/training_loop.py --output benchmarks/results/training_loop_NAME.json

Both train a SiamFC from the same batch in memory, in the same precision and memory format. They
take turns, a block of steps each, so that a busy machine slows both alike: while the loop waits for
its next batch, the bare one makes its steps. The loop's time is everything between two batches:
checks, logging and progress, but no checkpoint. The processor's own time, which others on the
machine lengthen little, is compared too. A block is one step on the CPU, and 20 on a GPU,
which is waited for at the end of a block only, so that both may run ahead.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from machine import describe_machine

from feathertrack.data.batch import PairBatch
from feathertrack.models import create_model
from feathertrack.recipes.siamfc import siamfc_got10k
from feathertrack.training.loop import fit
from feathertrack.training.recipe import Recipe, ValidationSettings
from feathertrack.training.task import Task

WARM_UP = 2
HALVES = {"float16": torch.float16, "bfloat16": torch.bfloat16}


def make_batch(recipe: Recipe, device: torch.device) -> PairBatch:
    """Noise of the recipe's sizes."""
    generator = torch.Generator().manual_seed(0)
    size, data = recipe.loop.batch_size, recipe.data
    template = 255 * torch.rand(size, 3, *[data.template.size] * 2, generator=generator)
    search = 255 * torch.rand(size, 3, *[data.search.size] * 2, generator=generator)
    boxes = torch.tensor([90.0, 90.0, 50.0, 50.0]).expand(size, 4).contiguous()
    batch = PairBatch(
        template=template.contiguous(memory_format=torch.channels_last),
        search=search.contiguous(memory_format=torch.channels_last),
        template_boxes=boxes,
        search_boxes=boxes,
        positive=torch.ones(size, dtype=torch.bool),
        seeds=torch.arange(size),
    )
    return batch.to(device)


def make_task(recipe: Recipe) -> Task:
    """A new network with the recipe's losses."""
    torch.manual_seed(0)
    return recipe.task.build(create_model(recipe.model), recipe=recipe)


class Bare:
    """Forward, backward, step: nothing else."""

    def __init__(self, recipe: Recipe, batch: PairBatch, device: torch.device) -> None:
        self.task = make_task(recipe).to(device).train()
        self.task.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        optim = recipe.optim
        self.optimizer = torch.optim.SGD(
            self.task.parameters(), lr=1e-6, momentum=optim.momentum, weight_decay=5e-4
        )
        self.batch, self.device, self.precision = batch, device, recipe.loop.precision

    def step(self) -> None:
        """One step of the optimiser."""
        self.optimizer.zero_grad(set_to_none=True)
        with self._autocast():
            loss = self.task(self.batch)["total"]
        loss.backward()
        self.optimizer.step()

    def _autocast(self) -> AbstractContextManager[object]:
        if self.precision == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, dtype=HALVES[self.precision])


class Turns:
    """A loader that lets the bare training make its steps before every block of batches."""

    def __init__(self, bare: Bare, *, blocks: int, block: int) -> None:
        self.bare, self.blocks, self.block = bare, blocks, block
        self.seconds: dict[str, list[float]] = {"bare": [], "loop": []}
        self.busy: dict[str, list[float]] = {"bare": [], "loop": []}

    def set_epoch(self, epoch: int, start_step: int = 0) -> None:
        """There is one epoch."""

    def __len__(self) -> int:
        """Return the number of batches."""
        return self.blocks * self.block

    def __iter__(self) -> Iterator[PairBatch]:
        """Yield the batch again and again, and keep the times of both."""
        for _ in range(self.blocks):
            began, used = self._now(), time.process_time()
            for _ in range(self.block):
                self.bare.step()
            between, half = self._now(), time.process_time()
            for _ in range(self.block):
                yield self.bare.batch
            self.seconds["loop"].append(self._now() - between)
            self.seconds["bare"].append(between - began)
            self.busy["loop"].append(time.process_time() - half)
            self.busy["bare"].append(half - used)

    def _now(self) -> float:
        if self.bare.device.type == "cuda":
            torch.cuda.synchronize(self.bare.device)
        return time.perf_counter()


def measure(recipe: Recipe, device: torch.device, *, blocks: int) -> dict[str, object]:
    """Seconds a step of both, medians, and the share of the bare throughput that the loop keeps."""
    block = 20 if device.type == "cuda" else 1
    bare = Bare(recipe, make_batch(recipe, device), device)
    turns = Turns(bare, blocks=blocks + WARM_UP, block=block)
    with TemporaryDirectory() as folder:
        fit(recipe, make_task(recipe), turns, output=folder, devices=str(device))
    steps = {name: np.array(times[WARM_UP:]) / block for name, times in turns.seconds.items()}
    shares = steps["bare"] / steps["loop"]
    busy = {name: sum(times[WARM_UP:]) for name, times in turns.busy.items()}
    return {
        "model": recipe.model,
        "precision": recipe.loop.precision,
        "batch_size": recipe.loop.batch_size,
        "steps": blocks * block,
        "bare_ms": {"median": 1e3 * float(np.median(steps["bare"])), "all": _ms(steps["bare"])},
        "loop_ms": {"median": 1e3 * float(np.median(steps["loop"])), "all": _ms(steps["loop"])},
        "share_of_bare": {
            "total": float(steps["bare"].sum() / steps["loop"].sum()),
            "median": float(np.median(shares)),
            "quartiles": [float(value) for value in np.quantile(shares, [0.25, 0.75])],
            "processor_time": busy["bare"] / busy["loop"],
        },
    }


def _ms(seconds: np.ndarray) -> list[float]:
    return [round(1e3 * float(value), 2) for value in seconds]


def main() -> None:
    """Parse the words, run, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--models", nargs="+", default=["siamfc", "fdsiamfc_15"])
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--blocks", type=int, default=30)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--precisions", nargs="+", default=["float32"])
    words = parser.parse_args()
    torch.set_num_threads(words.threads)
    machine = {**describe_machine(), "torch": torch.__version__, "threads": words.threads}
    device = torch.device(words.device)
    if device.type == "cuda":
        machine["gpu"] = torch.cuda.get_device_name(device)
    rows = []
    for model, precision in itertools.product(words.models, words.precisions):
        recipe = replace(siamfc_got10k(), model=model, validation=ValidationSettings())
        loop = replace(recipe.loop, epochs=1, batch_size=words.batch, precision=precision)
        row = measure(replace(recipe, loop=loop), device, blocks=words.blocks)
        rows.append(row)
        share: dict[str, float] = row["share_of_bare"]  # type: ignore[assignment]
        print(
            f"{model}, {precision}: {100 * share['median']:.1f} % of the bare throughput (median), "
            f"{100 * share['processor_time']:.1f} % by the processor's time"
        )
    report = {"machine": machine, "device": words.device, "rows": rows}
    words.output.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
