"""What a family must say about its training: from a batch of pairs to named losses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from feathertrack.data.batch import PairBatch
from feathertrack.models.network import Network
from feathertrack.training.randomness import undisturbed

Losses = Mapping[str, Tensor]
"""Scalars by name; ``total`` is what is minimised, the others are its terms, unweighted."""

Parts = Mapping[str, Tensor]
"""What a teacher makes of a batch, float32 tensors (B, ...) by name."""


class TeacherMemory(Protocol):
    """Remembers what a teacher made of pairs; see ``training.teacher_cache``."""

    def recall(
        self, batch: PairBatch, further: Sequence[Tensor], compute: Callable[[], Parts]
    ) -> Parts:
        """Return the outputs of a batch, computed where they are not known."""
        ...

    def close(self) -> None:
        """Write what is not written yet."""

    @property
    def notes(self) -> list[str]:
        """What came of it, a sentence each."""
        ...


class Task(nn.Module):
    """A network together with its targets and losses: what the loop trains.

    The loop calls the task like a function, so that gradients of several processes are gathered.
    A teacher is no part of the task's parameters: keep it with ``hold_teacher``.

    Attributes:
        network: the network that is trained and saved.
        cache: what the teacher's outputs are kept in, None where they are not.
    """

    network: Network

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.cache: TeacherMemory | None = None
        self._teacher: tuple[Network, ...] = ()

    def hold_teacher(self, teacher: Network) -> None:
        """Keep a network that is neither trained nor saved, in evaluation mode."""
        self._teacher = (teacher.eval().requires_grad_(False),)

    @property
    def teacher(self) -> Network | None:
        """The network that is imitated, None when there is none."""
        return self._teacher[0] if self._teacher else None

    def forward(self, batch: PairBatch) -> Losses:
        """Return the losses of a batch, float32 scalars; ``total`` is the weighted sum."""
        raise NotImplementedError

    def teacher_parts(self, batch: PairBatch) -> Parts:
        """Return what the teacher makes of a batch as a cache keeps it, without looking there."""
        raise NotImplementedError

    def close(self) -> None:
        """Write what is kept besides the weights; called when a training ends."""
        if self.cache is not None:
            self.cache.close()

    def notes(self) -> list[str]:
        """What there is to say after the training, a sentence each."""
        return [] if self.cache is None else self.cache.notes

    def set_epoch(self, epoch: int) -> None:
        """Told at the start of every epoch, counted from 0; tasks with phases override it."""

    def pictures(self, batch: PairBatch, *, count: int) -> list[NDArray[np.uint8]]:
        """Return up to ``count`` RGB pictures of pairs with their targets and predictions."""
        raise NotImplementedError


def drawn_pairs(task: Task, batch: PairBatch, *, count: int) -> list[NDArray[np.uint8]]:
    """Return a task's pictures without disturbing a training; none where it draws none.

    The task is left in evaluation mode.
    """
    task.eval()
    try:
        with undisturbed(), torch.no_grad():
            return list(task.pictures(batch, count=count))
    except NotImplementedError:
        return []
