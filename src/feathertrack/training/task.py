"""What a family must say about its training: from a batch of pairs to named losses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from feathertrack.data.batch import PairBatch
from feathertrack.models.network import Network

Losses = Mapping[str, Tensor]
"""Scalars by name; ``total`` is what is minimised, the others are its terms, unweighted."""


class Task(nn.Module):
    """A network together with its targets and losses: what the loop trains.

    The loop calls the task like a function, so that gradients of several processes are gathered.
    A teacher is no part of the task's parameters: keep it with ``hold_teacher``.

    Attributes:
        network: the network that is trained and saved.
    """

    network: Network

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
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

    def set_epoch(self, epoch: int) -> None:
        """Told at the start of every epoch, counted from 0; tasks with phases override it."""

    def pictures(self, batch: PairBatch, *, count: int) -> list[NDArray[np.uint8]]:
        """Return up to ``count`` RGB pictures of pairs with their targets and predictions."""
        raise NotImplementedError
