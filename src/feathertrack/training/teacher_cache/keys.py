"""By what a cache knows a teacher's outputs: the settings behind them, and the pair itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from feathertrack.data.batch import PairBatch
from feathertrack.models.network import Network
from feathertrack.training.recipe import Recipe
from feathertrack.training.recipe_json import recipe_to_json

VERSION = 1
"""To be raised when the code makes other outputs of the same pair."""


def describe_outputs(recipe: Recipe, teacher: Network) -> dict[str, Any]:
    """Everything but pair and device that decides a teacher's outputs to the last bit, for JSON.

    The size of a batch is part of it, since it chooses the order in which a processor sums up.
    Where the data lie and how many workers read them are not.
    """
    data = recipe_to_json(recipe)["data"]
    del data["workers"]
    for one in data["sets"]:
        del one["root"]
    return {
        "version": VERSION,
        **describe_network(teacher),
        "data": data,
        "seed": recipe.loop.seed,
        "batch_size": recipe.loop.batch_size,
        "precision": recipe.loop.precision,
        "torch": torch.__version__,
    }


def describe_network(network: Network) -> dict[str, Any]:
    """Everything that decides what a network computes, for JSON; where its file lies does not.

    Options of its builder are part of it: some, as a gain or a stride, leave no trace in the
    weights.
    """
    options = json.dumps(dict(network.config), sort_keys=True, default=str)
    return {
        "teacher": network.name,
        "options": json.loads(options),
        "weights": weights_digest(network),
    }


def network_digest(network: Network) -> str:
    """SHA-256 of what ``describe_network`` returns."""
    return _digest(describe_network(network))


def folder_name(described: dict[str, Any]) -> str:
    """A name of a folder for what ``describe_outputs`` returned."""
    return _digest(described)[:20]


def weights_digest(network: Network) -> str:
    """SHA-256 of every weight and statistic of a network, with their names."""
    digest = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def pair_keys(batch: PairBatch, further: Sequence[Tensor] = ()) -> Tensor:
    """Return what tells each pair from all others, int64 (B, 2), on the CPU.

    The first number is the pair's seed, a function of the run's seed, epoch and index. The second
    is a checksum of the crops, the boxes and what else the teacher is given: a pair that was cut,
    varied or read in another way has another one, whatever the reason is.

    Args:
        batch: the pairs.
        further: other float32 inputs of the teacher, (B, ...).
    """
    inputs = (batch.template, batch.search, batch.template_boxes, batch.search_boxes, *further)
    total = torch.zeros(len(batch), dtype=torch.int64, device=batch.search.device)
    for number, tensor in enumerate(inputs):
        bits = tensor.float().contiguous().flatten(1).view(torch.int32).long()
        # Wraps around, in whole numbers: the order of the sum makes no difference.
        total = total * 31 + (bits * _weights(bits.shape[1], number, bits.device)).sum(1)
    return torch.stack([batch.seeds.to(total.device), total], dim=1).cpu()


def _digest(described: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=16)
def _weights(count: int, number: int, device: torch.device) -> Tensor:
    drawn = np.random.default_rng([VERSION, number]).integers(-(2**63), 2**63 - 1, count)
    return torch.from_numpy(drawn | 1).to(device)
