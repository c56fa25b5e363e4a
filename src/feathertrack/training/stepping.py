"""One step of the optimiser: forward, backward, and a decision that all processes share.

A step whose loss is not finite or too large is left out on every process, and the batch norms'
statistics return to what they were, so that one bad batch leaves no trace.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.nn.utils import clip_grads_with_norm_, get_total_norm
from torch.optim import Optimizer

from feathertrack.data.batch import PairBatch
from feathertrack.errors import FeathertrackError
from feathertrack.training.freezing import Freezing
from feathertrack.training.optim import gradients_of, parameters_of, set_rates
from feathertrack.training.recipe import Recipe
from feathertrack.training.schedules import schedule_factors
from feathertrack.training.task import Task

if TYPE_CHECKING:
    from lightning_fabric import Fabric

_MOST_SKIPPED = 100
"""Steps left out in a row after which a training counts as diverged."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """What a step of the optimiser came to.

    Attributes:
        losses: of this process, means over its forward passes; on the device.
        gradient_norm: length of the whole gradient before it was clipped.
        skipped: the weights were left as they were.
        requests: whether any process asked, for each request that was given.
    """

    losses: dict[str, Tensor]
    gradient_norm: float
    skipped: bool
    requests: tuple[bool, ...]


class Stepper:
    """Trains a task step by step.

    Args:
        fabric: device, processes and precision.
        recipe: rates, freezing, clipping.
        task: what is trained, on its device.
        optimizer: of ``build_optimizer``.
        freezing: what trains when.
    """

    def __init__(
        self, fabric: Fabric, recipe: Recipe, task: Task, optimizer: Optimizer, freezing: Freezing
    ) -> None:
        self._fabric = fabric
        self._recipe = recipe
        self._task = task
        self._optimizer = optimizer
        self._fabric_optimizer: Any = fabric.setup_optimizers(optimizer)
        self._freezing = freezing
        self._factors = schedule_factors(recipe.schedule, epochs=recipe.loop.epochs)
        self._training: frozenset[str] = frozenset()
        self._forward: nn.Module = nn.Module()
        self._buffers = list(task.buffers())
        self._kept = [buffer.clone() for buffer in self._buffers]
        self._num_skipped_in_a_row = 0

    @property
    def scaler(self) -> torch.amp.GradScaler | None:
        """What scales the loss of float16, None in other precisions."""
        return getattr(self._fabric.strategy.precision, "scaler", None)

    def start_epoch(self, epoch: int, *, within: bool = False) -> dict[str, float]:
        """Freeze, thaw and set the rates for an epoch; return the rates by group.

        Args:
            epoch: counted from 0.
            within: steps of it were made before, by a run that is resumed.
        """
        training = self._freezing.apply(epoch)
        if self._recipe.freeze.fresh_optimizer and self._freezing.thaws(epoch) and not within:
            self._optimizer.state.clear()
        if training != self._training:
            self._forward = self._wrap()
            self._training = training
        self._task.set_epoch(epoch)
        factor = self._factors[epoch]
        return set_rates(self._optimizer, base=self._recipe.optim.lr, factor=factor)

    def _wrap(self) -> nn.Module:
        """Gradients are gathered for what trains in this epoch and for nothing else."""
        self._forward = nn.Module()  # lets go of the hooks of the last one first
        return self._fabric.strategy.setup_module(_Forward(self._task))

    def step(self, batches: Sequence[PairBatch], *, requests: Sequence[bool] = ()) -> Step:
        """Make one step from the batches of this process, one forward pass each.

        Raises:
            FeathertrackError: so many steps in a row were left out that the training has diverged.
        """
        _copy(self._buffers, to=self._kept)
        sums: dict[str, Tensor] = {}
        for number, batch in enumerate(batches, 1):
            with self._gathering(last=number == len(batches)):
                losses = self._pass(batch, share=1.0 / len(batches))
            for name, value in losses.items():
                sums[name] = sums[name] + value if name in sums else value
        losses = {name: value / len(batches) for name, value in sums.items()}
        norm = self._gradient_norm()
        total, length, *asked = self._shared(losses["total"], norm, requests)
        usable = math.isfinite(total) and total <= self._recipe.loop.skip_above
        skipped = not (usable and math.isfinite(length))
        if skipped:
            self._leave_out()
        else:
            self._apply(norm)
        self._count(skipped, total)
        return Step(
            losses=losses,
            gradient_norm=length,
            skipped=skipped,
            requests=tuple(value > 0 for value in asked),
        )

    def _pass(self, batch: PairBatch, *, share: float) -> dict[str, Tensor]:
        tensors = {field.name: getattr(batch, field.name) for field in fields(batch)}
        with self._fabric.autocast():
            losses: dict[str, Tensor] = self._forward(**tensors)
        self._fabric.backward(losses["total"] * share)
        return {name: value.detach().float() for name, value in losses.items()}

    @contextlib.contextmanager
    def _gathering(self, *, last: bool) -> Iterator[None]:
        if last or not isinstance(self._forward, DistributedDataParallel):
            yield
            return
        with self._forward.no_sync():
            yield

    def _gradient_norm(self) -> Tensor:
        """Unscale the gradients, sum or average them, and return the length of the whole."""
        if self.scaler is not None:
            self.scaler.unscale_(self._optimizer)
        gradients = gradients_of(self._optimizer)
        if self._recipe.optim.reduce == "sum" and self._fabric.world_size > 1:
            torch._foreach_mul_(gradients, float(self._fabric.world_size))
        return get_total_norm(gradients)

    def _shared(self, total: Tensor, norm: Tensor, requests: Sequence[bool]) -> list[float]:
        """The largest value of each over all processes; a NaN anywhere becomes infinity."""
        own = torch.stack([total.detach(), norm.to(total)])
        if requests:
            own = torch.cat([own, own.new_tensor([float(request) for request in requests])])
        own = torch.nan_to_num(own, nan=math.inf, posinf=math.inf, neginf=math.inf)
        if self._fabric.world_size > 1:
            own = self._fabric.all_reduce(own, reduce_op="max")  # type: ignore[assignment]
        return own.tolist()

    def _apply(self, norm: Tensor) -> None:
        if self._recipe.optim.clip:
            clip_grads_with_norm_(parameters_of(self._optimizer), self._recipe.optim.clip, norm)
        self._fabric_optimizer.step()
        self._hold_scale()
        self._optimizer.zero_grad(set_to_none=True)

    def _leave_out(self) -> None:
        _copy(self._kept, to=self._buffers)
        if self.scaler is not None:
            self.scaler.update()
            self._hold_scale()
        self._optimizer.zero_grad(set_to_none=True)

    def _hold_scale(self) -> None:
        if self.scaler is not None and self._recipe.loop.loss_scale:
            self.scaler.update(self._recipe.loop.loss_scale)

    def _count(self, skipped: bool, total: float) -> None:
        self._num_skipped_in_a_row = self._num_skipped_in_a_row + 1 if skipped else 0
        if self._num_skipped_in_a_row >= _MOST_SKIPPED:
            raise FeathertrackError(
                f"the training has diverged: {_MOST_SKIPPED} steps in a row were left out, the last"
                f" for a loss of {total:g}; lower optim.lr, or set optim.clip"
            )


def _copy(values: list[Tensor], *, to: list[Tensor]) -> None:
    if values:
        torch._foreach_copy_(to, values)


class _Forward(nn.Module):
    """A task as DDP wants it: tensors in, and no graph behind the terms that are only logged."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task

    def forward(self, **tensors: Tensor) -> dict[str, Tensor]:
        """The losses of a batch that is given by its tensors; ``total`` alone has a gradient."""
        losses = self.task(PairBatch(**tensors))
        total = losses["total"].float()
        return {**{name: value.detach() for name, value in losses.items()}, "total": total}
