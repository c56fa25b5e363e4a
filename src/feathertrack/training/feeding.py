"""Batches for the loop: on its device, in the memory format of its convolutions, and timed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

import torch

from feathertrack.data.batch import PairBatch
from feathertrack.errors import InputError
from feathertrack.training.randomness import undisturbed
from feathertrack.training.recipe import LoopSettings


class Batches(Protocol):
    """What the loop draws from, one epoch after another; ``PairLoader`` is one."""

    def set_epoch(self, epoch: int, start_step: int = 0) -> None:
        """Choose the epoch, counted from 0, and the batch that iteration begins with."""

    def __len__(self) -> int:
        """Return the number of batches of a whole epoch, for this process."""

    def __iter__(self) -> Iterator[PairBatch]:
        """Yield the batches of the chosen epoch."""


class Feed:
    """The rest of an epoch, a few batches at a time.

    Args:
        loader: of this process.
        device: where the batches are wanted.
        epoch: counted from 0.
        start: batches of the epoch that were used before.
    """

    def __init__(self, loader: Batches, device: torch.device, *, epoch: int, start: int) -> None:
        loader.set_epoch(epoch, start)
        self._device = device
        self._waited = 0.0
        began = time.perf_counter()
        # Starting workers draws from torch's generator: a run that is resumed in the middle of an
        # epoch would start them once more, and go on with other numbers.
        with undisturbed():
            self._batches = iter(loader)
            self._first = next(self._batches, None)
        self._waited = time.perf_counter() - began

    def take(self, count: int) -> list[PairBatch]:
        """The next batches; fewer, or none, when the epoch has no more."""
        began = time.perf_counter()
        taken = []
        for _ in range(count):
            batch = self._first if self._first is not None else next(self._batches, None)
            self._first = None
            if batch is None:
                break
            taken.append(self._placed(batch))
        self._waited += time.perf_counter() - began
        return taken

    def waited(self) -> float:
        """Seconds spent in waiting since this was last asked."""
        waited, self._waited = self._waited, 0.0
        return waited

    def _placed(self, batch: PairBatch) -> PairBatch:
        placed = batch.to(self._device, non_blocking=True)
        return replace(
            placed,
            template=placed.template.contiguous(memory_format=torch.channels_last),
            search=placed.search.contiguous(memory_format=torch.channels_last),
        )


def steps_per_epoch(loader: Batches, settings: LoopSettings) -> int:
    """Return how many steps an epoch has.

    Raises:
        InputError: not even one, or a setting is below 1.
    """
    if settings.accumulate < 1 or settings.batch_size < 1 or settings.log_every < 1:
        raise InputError("loop.accumulate, loop.batch_size and loop.log_every must be at least 1")
    steps = len(loader) // settings.accumulate
    if not steps:
        raise InputError(
            f"data.pairs_per_epoch is too small for one step: {len(loader)} batches of "
            f"{settings.batch_size}, and loop.accumulate is {settings.accumulate}"
        )
    return steps
