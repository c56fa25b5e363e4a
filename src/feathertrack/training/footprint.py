"""What a training needs in memory, found without computing anything."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from feathertrack.data.batch import PairBatch
from feathertrack.models.network import Network
from feathertrack.training.recipe import Recipe
from feathertrack.training.task import Task

_MOMENTS = {"sgd": 1, "adam": 2, "adamw": 2}


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Bytes of one process that trains, without those of the framework and of the data workers.

    Attributes:
        weights: parameters and buffers.
        gradients: of the parameters that train.
        optimizer: its moments.
        activations: what the forward pass keeps for the backward pass, and the batch.
    """

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations


def estimate_footprint(recipe: Recipe, network: Network) -> Footprint:
    """Return what one step of a recipe needs.

    Args:
        recipe: its batch size, views, precision and optimiser count.
        network: what is trained; it is left as it is.
    """
    shell = copy.deepcopy(network).to("meta").train()
    task = recipe.task.build(shell, recipe=recipe)
    parameters = sum(tensor.nbytes for tensor in task.parameters() if tensor.requires_grad)
    moments = (
        _MOMENTS[recipe.optim.kind] if recipe.optim.kind != "sgd" or recipe.optim.momentum else 0
    )
    batch = _empty_batch(recipe)
    pixels = batch.template.nbytes + batch.search.nbytes
    return Footprint(
        weights=sum(tensor.nbytes for tensor in network.state_dict().values()),
        gradients=parameters,
        optimizer=moments * parameters,
        activations=pixels + _kept_bytes(task, batch, recipe.loop.precision),
    )


def _empty_batch(recipe: Recipe) -> PairBatch:
    num = recipe.loop.batch_size
    template, search = recipe.data.template.size, recipe.data.search.size
    with torch.device("meta"):
        return PairBatch(
            template=torch.zeros(num, 3, template, template),
            search=torch.zeros(num, 3, search, search),
            template_boxes=torch.zeros(num, 4),
            search_boxes=torch.zeros(num, 4),
            positive=torch.ones(num, dtype=torch.bool),
            seeds=torch.zeros(num, dtype=torch.int64),
        )


def _kept_bytes(task: Task, batch: PairBatch, precision: str) -> int:
    """Bytes of the tensors that the forward pass saves, each storage once."""
    kept: dict[int, int] = {}
    alive: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        alive.append(tensor)  # so that no address is used twice
        storage = tensor.untyped_storage()
        kept[storage._cdata] = math.prod(tensor.shape) * tensor.element_size()
        return tensor

    mixed = precision != "float32"
    dtype = torch.float16 if precision == "float16" else torch.bfloat16
    own = {tensor.untyped_storage()._cdata for tensor in task.parameters()}
    with (
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        torch.autocast("cuda" if mixed else "cpu", dtype=dtype, enabled=mixed),
    ):
        task(batch)
    return sum(size for storage, size in kept.items() if storage not in own)
