"""Batches of pairs, prepared by worker processes.

Batch ``step`` of an epoch holds the pairs ``step * w * b`` up to ``(step + 1) * w * b`` of it, for
``w`` processes with batches of ``b``; every process takes its part of them. A pair depends on its
number alone, so neither workers, nor ranks, nor where a run was taken up again change it.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from feathertrack.data.augment.batched import render_batch
from feathertrack.data.augment.geometry import ViewPlan
from feathertrack.data.batch import PairBatch
from feathertrack.data.preparing import Pair, PairMaker, RawPair
from feathertrack.data.settings import DataSettings
from feathertrack.data.sources import Source
from feathertrack.errors import FeathertrackError, InputError

MAX_EXAMPLES = 20
"""How many sentences about unreadable pictures are kept."""

Key = tuple[int, int]


class WorkerLost(FeathertrackError):
    """A process that prepares pairs is gone."""


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
                f"batch_size is {batch_size} and workers {data.workers}: expected 1 or more, and "
                f"0 or more"
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
        self._steps = _Steps(batch_size, rank=rank, world=world, length=self._len)
        self._dataset = _Batches(PairMaker(sources, data, seed=seed), batched=data.augment)
        self._workers = data.workers
        self._loader: DataLoader[_Prepared] | None = None

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
            batches = iter(self._loader)
            while (prepared := _next(batches)) is not None:
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

    def _make_loader(self) -> DataLoader[_Prepared]:
        given: dict[str, Any] = {}
        if self._workers:
            given = {
                "multiprocessing_context": "spawn",  # alike on every system; threads survive it
                "persistent_workers": True,
                "prefetch_factor": 2,
                "worker_init_fn": _start_worker,
            }
        return DataLoader(
            self._dataset,
            batch_sampler=self._steps,
            num_workers=self._workers,
            collate_fn=_as_it_is,
            pin_memory=self.device.type == "cuda",
            **given,
        )

    def _finish(self, prepared: _Prepared) -> PairBatch:
        if prepared.error is not None:
            raise prepared.error
        self.replaced += len(prepared.problems)
        self.examples += prepared.problems[: max(MAX_EXAMPLES - len(self.examples), 0)]
        moved = prepared.to(self.device)
        template, search = moved.template, moved.search
        boxes = (moved.template_boxes, moved.search_boxes)
        if prepared.plans is not None:
            template, template_boxes = render_batch(_planes(template), prepared.plans[0])
            search, search_boxes = render_batch(_planes(search), prepared.plans[1])
            boxes = (template_boxes, search_boxes)
        else:
            template, search = _planes(template).float(), _planes(search).float()
        return PairBatch(
            template=template,
            search=search,
            template_boxes=boxes[0],
            search_boxes=boxes[1],
            positive=moved.positive,
            seeds=moved.seeds,
        )


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """What a worker sends: pictures as (B, H, W, 3), bytes where no colour was changed."""

    template: Tensor
    search: Tensor
    template_boxes: Tensor
    search_boxes: Tensor
    positive: Tensor
    seeds: Tensor
    plans: tuple[tuple[ViewPlan, ...], tuple[ViewPlan, ...]] | None = None
    problems: tuple[str, ...] = ()
    error: FeathertrackError | None = None

    def to(self, device: torch.device) -> _Prepared:
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> _Prepared:
        return self._each(Tensor.pin_memory)

    def _each(self, change: Any) -> _Prepared:
        tensors = {
            field.name: change(value)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), Tensor)
        }
        return replace(self, **tensors)


class _Steps:
    """The keys of every batch that is left of the epoch."""

    def __init__(self, batch_size: int, *, rank: int, world: int, length: int) -> None:
        self.epoch = 0
        self.taken = 0
        self._batch, self._rank, self._world, self._length = batch_size, rank, world, length

    def __len__(self) -> int:
        return self._length - self.taken

    def __iter__(self) -> Iterator[list[Key]]:
        epoch = self.epoch
        for step in range(self.taken, self._length):
            first = (step * self._world + self._rank) * self._batch
            yield [(epoch, first + number) for number in range(self._batch)]


class _Batches(Dataset[_Prepared]):
    """Makes whole batches; this is what is sent to the workers."""

    def __init__(self, maker: PairMaker, *, batched: str) -> None:
        self.maker = maker
        self._raw = batched == "torch"

    def __getitems__(self, keys: Sequence[Key]) -> _Prepared:
        try:
            if self._raw:
                return _collate_raw([self.maker.raw(*key) for key in keys])
            return _collate([self.maker.make(*key) for key in keys])
        except FeathertrackError as error:
            # The loader would wrap it in the text of a traceback.
            return replace(_nothing(), error=error)


def _collate(pairs: Sequence[Pair]) -> _Prepared:
    return _Prepared(
        template=_stack([pair.template for pair in pairs]),
        search=_stack([pair.search for pair in pairs]),
        template_boxes=_boxes([pair.template_box for pair in pairs]),
        search_boxes=_boxes([pair.search_box for pair in pairs]),
        **_rest(pairs),
    )


def _collate_raw(pairs: Sequence[RawPair]) -> _Prepared:
    return _Prepared(
        template=_stack([pair.patches[0] for pair in pairs]),
        search=_stack([pair.patches[1] for pair in pairs]),
        template_boxes=torch.empty(0),
        search_boxes=torch.empty(0),
        plans=(tuple(pair.plans[0] for pair in pairs), tuple(pair.plans[1] for pair in pairs)),
        **_rest(pairs),
    )


def _rest(pairs: Sequence[Pair | RawPair]) -> dict[str, Any]:
    return {
        "positive": torch.tensor([pair.positive for pair in pairs]),
        "seeds": torch.tensor([pair.seed for pair in pairs], dtype=torch.int64),
        "problems": tuple(problem for pair in pairs for problem in pair.problems),
    }


def _nothing() -> _Prepared:
    empty = torch.empty(0)
    return _Prepared(
        template=empty,
        search=empty,
        template_boxes=empty,
        search_boxes=empty,
        positive=empty,
        seeds=empty,
    )


def _stack(images: Sequence[NDArray[Any]]) -> Tensor:
    return torch.from_numpy(np.stack(images))  # one float picture makes all of them float


def _boxes(boxes: Sequence[NDArray[np.float64]]) -> Tensor:
    return torch.from_numpy(np.stack(boxes).astype(np.float32))


def _planes(images: Tensor) -> Tensor:
    """(B, H, W, 3) as (B, 3, H, W), in the order of memory that convolutions on a CPU like best."""
    return images.permute(0, 3, 1, 2)


def _as_it_is(prepared: Any) -> Any:
    return prepared


def _start_worker(_: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's to handle
    cv2.setNumThreads(0)
    torch.set_num_threads(1)


def _next(batches: Iterator[_Prepared]) -> _Prepared | None:
    try:
        return next(batches, None)
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        first = str(error).partition("\n")[0].rstrip(". ")
        raise WorkerLost(
            f"a process that prepares pairs is gone ({first}): if the memory was full, lower "
            f"--data.workers; then resume"
        ) from error
