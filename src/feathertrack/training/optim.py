"""The optimiser and its groups of parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer

from feathertrack.errors import InputError
from feathertrack.training.prefixes import check_prefixes, longest_prefix, short_name
from feathertrack.training.recipe import OptimSettings


@dataclass
class _Group:
    factor: float
    decays: bool
    label: str
    names: list[str] = field(default_factory=list)
    parameters: list[nn.Parameter] = field(default_factory=list)


def build_optimizer(task: nn.Module, settings: OptimSettings) -> Optimizer:
    """Return the optimiser over every parameter that requires a gradient.

    Parameters with factor 0 are left out, and their gradients turned off. Each group holds, besides
    what torch knows, ``factor``, ``label`` for the logs, and ``names`` of its parameters.

    Raises:
        InputError: a prefix stands for no part of the network, a number cannot be used, or nothing
            is left to train.
    """
    _check(settings)
    names = [short_name(name) for name, _ in task.named_parameters()]
    check_prefixes(settings.factors, names, option="optim.factors")
    groups = _groups(task, settings)
    if not groups:
        raise InputError("no parameter is left to train: every factor of optim.factors is 0")
    described = [
        {
            "params": group.parameters,
            "lr": settings.lr * group.factor,
            "weight_decay": settings.weight_decay if group.decays else 0.0,
            "factor": group.factor,
            "label": group.label,
            "names": group.names,
        }
        for group in groups
    ]
    return _make(described, settings)


def _check(settings: OptimSettings) -> None:
    for name in ("lr", "momentum", "weight_decay", "clip"):
        value = getattr(settings, name)
        if not 0 <= value < float("inf") or (name == "lr" and value == 0):
            least = "above" if name == "lr" else "at least"
            raise InputError(f"optim.{name} must be {least} 0 and finite, got {value}")
    for prefix, factor in settings.factors.items():
        if not 0 <= factor < float("inf"):
            raise InputError(f"optim.factors[{prefix!r}] must be at least 0, got {factor}")


def _groups(task: nn.Module, settings: OptimSettings) -> list[_Group]:
    """Groups by factor and decay, in the order of their first parameters."""
    groups: dict[tuple[float, bool], _Group] = {}
    for full, parameter in task.named_parameters():
        if not parameter.requires_grad:
            continue
        name = short_name(full)
        factor = longest_prefix(name, settings.factors, 1.0)
        if factor == 0:
            parameter.requires_grad_(False)
            continue
        # Norms and biases are the vectors; every other parameter has two axes or more.
        decays = settings.decay_norms or parameter.ndim > 1
        label = f"x{factor:g}" + ("" if decays else " without decay")
        group = groups.setdefault(
            (factor, decays), _Group(factor=factor, decays=decays, label=label)
        )
        group.names.append(name)
        group.parameters.append(parameter)
    return list(groups.values())


def _make(groups: list[dict[str, object]], settings: OptimSettings) -> Optimizer:
    if settings.kind == "sgd":
        return SGD(groups, lr=settings.lr, momentum=settings.momentum)
    kind = Adam if settings.kind == "adam" else AdamW
    return kind(groups, lr=settings.lr, betas=settings.betas)


def set_rates(optimizer: Optimizer, *, base: float, factor: float) -> dict[str, float]:
    """Set the rate of every group: ``base`` times its own factor times the schedule's.

    Returns:
        The rates by label.
    """
    rates = {}
    for group in optimizer.param_groups:
        group["lr"] = base * group["factor"] * factor
        rates[str(group["label"])] = float(group["lr"])
    return rates


def gradients_of(optimizer: Optimizer) -> list[torch.Tensor]:
    """The gradients that are there."""
    return [parameter.grad for parameter in parameters_of(optimizer) if parameter.grad is not None]


def parameters_of(optimizer: Optimizer) -> Iterable[nn.Parameter]:
    """Every parameter of every group."""
    return (parameter for group in optimizer.param_groups for parameter in group["params"])
