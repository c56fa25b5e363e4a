"""Batches of pairs, prepared by worker processes.

Batch ``step`` of an epoch holds the pairs ``step * w * b`` up to ``(step + 1) * w * b`` of it, for
``w`` processes with batches of ``b``; every process takes its part of them. A pair depends on its
number alone, so neither workers, nor ranks, nor where a run was taken up again change it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import torch
from torch.utils.data import DataLoader

from feathertrack.data.augment.batched import render_batch
from feathertrack.data.batch import PairBatch
from feathertrack.data.prepared import Prepared, planes
from feathertrack.data.preparing import PairMaker
from feathertrack.data.settings import DataSettings
from feathertrack.data.sources import Source
from feathertrack.data.workers import (
    Steps,
    WholeBatches,
    WorkerLost,
    next_batch,
    quiet_children,
    signals_wait,
    start_worker,
)
from feathertrack.errors import InputError

MAX_EXAMPLES = 20
"""How many sentences about unreadable pictures are kept."""


class HasBatchSize(Protocol):
    """What is asked of the settings of the loop."""

    @property
    def batch_size(self) -> int:
        """Pairs per process and forward pass."""


class PairLoader:
    """Iterable of batches; every ``iter`` goes over the rest of the epoch that was set.

    Iterating leaves ``state`` at the next batch, so ``set_epoch(*state)`` goes on from there.

    Args:
        sources: the opened sets, in the order of ``data.sets``.
        data: the settings.
        loop: the settings of the loop, for the pairs per batch and process.
        seed: of everything that is drawn.
        rank: number of this process.
        world: number of processes.
        device: where batches end up; with ``data.augment == "torch"`` they are cut there.

    Attributes:
        replaced: how many pairs could not be read and were replaced, over all batches so far.
        examples: some sentences about them.

    Raises:
        InputError: settings that cannot be, or fewer pairs per epoch than one batch needs.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        data: DataSettings,
        loop: HasBatchSize,
        *,
        seed: int,
        rank: int = 0,
        world: int = 1,
        device: torch.device | str = "cpu",
    ) -> None:
        batch_size = loop.batch_size
        if not 0 <= rank < world:
            raise InputError(f"rank {rank} is not one of {world} processes")
        if batch_size < 1 or data.workers < 0:
            raise InputError(
                f"loop.batch_size is {batch_size} and data.workers {data.workers}: expected 1 or "
                f"more, and 0 or more"
            )
        self._len = data.pairs_per_epoch // (batch_size * world)
        if not self._len:
            raise InputError(
                f"pairs_per_epoch is {data.pairs_per_epoch}: one batch of {world} x {batch_size} "
                f"needs {world * batch_size}"
            )
        self.device = torch.device(device)
        self.replaced = 0
        self.examples: list[str] = []
        self._steps = Steps(batch_size, rank=rank, world=world, length=self._len)
        self._dataset = WholeBatches(
            PairMaker(sources, data, seed=seed), raw=data.augment == "torch"
        )
        self._workers = data.workers
        self._loader: DataLoader[Prepared] | None = None

    def __len__(self) -> int:
        """Batches of an epoch, the incomplete one left out."""
        return self._len

    @property
    def state(self) -> tuple[int, int]:
        """The epoch, and the number of batches that were taken of it."""
        return self._steps.epoch, self._steps.taken

    def places(self) -> tuple[int, ...]:
        """Pairs per epoch of every set."""
        return self._dataset.maker.sampler.places()

    def set_epoch(self, epoch: int, start_step: int = 0) -> None:
        """Say what the next ``iter`` goes over: an epoch, from one of its batches on."""
        if epoch < 0 or not 0 <= start_step <= self._len:
            raise InputError(f"epoch {epoch} has batches 0 to {self._len}, not {start_step}")
        self._steps.epoch, self._steps.taken = epoch, start_step

    def __iter__(self) -> Iterator[PairBatch]:
        """Yield the batches that are left of the epoch.

        Raises:
            WorkerLost: a worker was killed.
            FeathertrackError: whatever a worker met.
        """
        if self._loader is None:
            self._loader = self._make_loader()
        try:
            with quiet_children(), signals_wait():
                batches = iter(self._loader)
            while (prepared := next_batch(batches)) is not None:
                self._steps.taken += 1
                yield self._finish(prepared)
        except WorkerLost:
            self.close()
            raise

    def close(self) -> None:
        """End the workers; the next ``iter`` starts new ones."""
        if self._loader is not None:
            workers = getattr(self._loader, "_iterator", None)
            self._loader = None
            if workers is not None and hasattr(workers, "_shutdown_workers"):
                with contextlib.suppress(RuntimeError):
                    workers._shutdown_workers()

    def _make_loader(self) -> DataLoader[Prepared]:
        given: dict[str, Any] = {}
        if self._workers:
            given = {
                "multiprocessing_context": "spawn",  # alike on every system; threads survive it
                "persistent_workers": True,
                "prefetch_factor": 2,
                "worker_init_fn": start_worker,
            }
        return DataLoader(
            self._dataset,
            batch_sampler=self._steps,
            num_workers=self._workers,
            collate_fn=_as_it_is,
            pin_memory=self.device.type == "cuda",
            **given,
        )

    def _finish(self, prepared: Prepared) -> PairBatch:
        if prepared.error is not None:
            raise prepared.error
        self.replaced += len(prepared.problems)
        self.examples += prepared.problems[: max(MAX_EXAMPLES - len(self.examples), 0)]
        moved = prepared.to(self.device)
        template, search = moved.template, moved.search
        boxes = (moved.template_boxes, moved.search_boxes)
        if prepared.plans is not None:
            template, template_boxes = render_batch(planes(template), prepared.plans[0])
            search, search_boxes = render_batch(planes(search), prepared.plans[1])
            boxes = (template_boxes, search_boxes)
        else:
            template, search = planes(template).float(), planes(search).float()
        return PairBatch(
            template=template,
            search=search,
            template_boxes=boxes[0],
            search_boxes=boxes[1],
            positive=moved.positive,
            seeds=moved.seeds,
        )


def _as_it_is(prepared: Any) -> Any:
    return prepared
