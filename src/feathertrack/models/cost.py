"""What a network costs: parameters, bytes and multiply-accumulate operations."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from feathertrack.models.network import Network


@dataclass(frozen=True, kw_only=True)
class Macs:
    """Multiply-accumulate operations for one image, half of what counts as FLOPs.

    Attributes:
        embed: once per target, on one template.
        predict: on one search region, correlation included; S regions cost S times as much.
    """

    embed: int
    predict: int


def count_parameters(model: nn.Module) -> int:
    """Number of learnt values; the running statistics of batch norms are not counted."""
    return sum(parameter.numel() for parameter in model.parameters())


def count_bytes(model: nn.Module) -> int:
    """Bytes of all parameters and buffers."""
    return sum(tensor.numel() * tensor.element_size() for tensor in model.state_dict().values())


def count_macs(model: Network) -> Macs:
    """Count the operations of ``embed`` and ``predict``; nothing is computed."""
    shell = copy.deepcopy(model).to("meta").eval()
    template = torch.zeros(1, 3, model.template_size, model.template_size, device="meta")
    search = torch.zeros(1, 3, model.search_size, model.search_size, device="meta")
    with torch.no_grad():
        with FlopCounterMode(display=False) as embed:
            features = shell.embed(template)
        with FlopCounterMode(display=False) as predict:
            shell.predict(features, search)
    return Macs(
        embed=embed.get_total_flops() // 2,
        predict=predict.get_total_flops() // 2,
    )
