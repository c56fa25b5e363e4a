"""A small network, a task and pairs in memory, for tests of the loop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from feathertrack.data.batch import PairBatch
from feathertrack.data.settings import DataSettings
from feathertrack.models.network import Network
from feathertrack.training.recipe import LoopSettings, OptimSettings, Recipe, TaskSettings
from feathertrack.training.task import Losses, Task


class ToyNetwork(Network):
    """Convolution, batch norm (unless ``norm`` is off), dropout, convolution."""

    family = "toy"
    stride = 1
    template_size = 9
    search_size = 13

    def __init__(self, *, norm: bool = True) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4) if norm else nn.Identity(), nn.ReLU()
        )
        self.head = nn.Sequential(nn.Dropout(0.2 if norm else 0.0), nn.Conv2d(4, 4, 3))

    def embed(self, template_B3hw: Tensor) -> Tensor:
        features: Tensor = self.head(self.stem(template_B3hw / 255))
        return features

    def predict(self, features: Tensor, search_N3HW: Tensor) -> Tensor:
        pooled: Tensor = self.embed(search_N3HW).mean((2, 3)) * features.mean((2, 3))
        return pooled.sum(1)


class ToyTask(Task):
    """Regression of the left edge; a pair whose seed is in ``spoiled`` makes the loss NaN."""

    def __init__(self, network: Network, *, spoiled: int | None = None) -> None:
        super().__init__(network)
        self.spoiled = spoiled
        self.seen: list[int] = []

    def forward(self, batch: PairBatch) -> Losses:
        self.seen += batch.seeds.tolist()
        wanted = batch.search_boxes[:, 0] / 10
        error = (self.network(batch.template, batch.search).float() - wanted) ** 2
        if self.spoiled is not None and bool((batch.seeds == self.spoiled).any()):
            error = error * float("nan")
        return {"total": error.mean(), "largest": error.max()}

    def pictures(self, batch: PairBatch, *, count: int) -> list[NDArray[np.uint8]]:
        torch.rand(3)  # a task may draw here; the training must not notice
        return [np.full((9, 9 + n, 3), 40 * n, dtype=np.uint8) for n in range(count)]


@dataclass
class ToyPairs:
    """``length`` batches of ``size`` pairs; a pair depends on its epoch and number alone."""

    length: int = 6
    size: int = 4
    rank: int = 0
    world: int = 1
    epoch: int = 0
    start: int = 0

    def set_epoch(self, epoch: int, start_step: int = 0) -> None:
        self.epoch, self.start = epoch, start_step

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[PairBatch]:
        torch.empty((), dtype=torch.int64).random_()  # as DataLoader does
        for step in range(self.start, self.length):
            first = (step * self.world + self.rank) * self.size
            yield stack([pair(self.epoch, first + n) for n in range(self.size)])


def pair(epoch: int, number: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(1000 * epoch + number)
    return {
        "template": 255 * torch.rand(3, 9, 9, generator=generator),
        "search": 255 * torch.rand(3, 13, 13, generator=generator),
        "template_boxes": 9 * torch.rand(4, generator=generator),
        "search_boxes": 9 * torch.rand(4, generator=generator),
        "positive": torch.tensor(True),
        "seeds": torch.tensor(1000 * epoch + number),
    }


def stack(pairs: list[dict[str, Tensor]]) -> PairBatch:
    return PairBatch(**{name: torch.stack([one[name] for one in pairs]) for name in pairs[0]})


def toy_recipe(**loop: Any) -> Recipe:
    return Recipe(
        name="toy",
        source="a test",
        model="toy",
        task=TaskSettings(),
        data=DataSettings(sets=(), pairs_per_epoch=24),
        optim=OptimSettings(lr=0.05),
        loop=replace(LoopSettings(epochs=2, batch_size=4, log_every=1), **loop),
    )


def toy_task(*, norm: bool = True, spoiled: int | None = None) -> ToyTask:
    torch.manual_seed(0)
    return ToyTask(ToyNetwork(norm=norm), spoiled=spoiled)
