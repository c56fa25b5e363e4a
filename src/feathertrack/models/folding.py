"""Linear layers folded into the convolution before them, exactly, in float64.

Both folds keep what the network computes and leave the given modules as they are.
"""

from __future__ import annotations

import copy
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn

Model = TypeVar("Model", bound=nn.Module)
Layer = TypeVar("Layer", nn.Conv2d, nn.Linear)


def fold_batchnorm(model: Model) -> Model:
    """Return a copy for inference whose batch norms are part of their convolutions.

    A batch norm is folded where it directly follows a convolution (or a linear layer) in an
    ``nn.Sequential``, or where the class of a module names the two attributes in
    ``batchnorm_pairs``, a tuple of (convolution, norm) names. ``nn.Identity`` takes its place, so
    that the other modules keep their names.

    >>> model = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU())
    >>> fold_batchnorm(model)[1]
    Identity()
    """
    folded = copy.deepcopy(model).eval()
    for module in list(folded.modules()):
        for before, after in _pairs(module):
            convolution, norm = getattr(module, before), getattr(module, after)
            weighted = isinstance(convolution, (nn.Conv2d, nn.Linear))
            if weighted and isinstance(norm, nn.BatchNorm2d):
                setattr(module, before, _absorb(convolution, norm))
                setattr(module, after, nn.Identity())
    return folded


def _pairs(module: nn.Module) -> list[tuple[str, str]]:
    """Names of the children of ``module`` of which the second runs directly after the first."""
    declared: tuple[tuple[str, str], ...] = getattr(type(module), "batchnorm_pairs", ())
    names = list(module._modules) if isinstance(module, nn.Sequential) else []
    return [*declared, *pairwise(names)]


def _absorb(convolution: Layer, norm: nn.BatchNorm2d) -> Layer:
    if norm.running_mean is None or norm.running_var is None:
        raise ValueError("a batch norm without running statistics cannot be folded")
    ones = torch.ones_like(norm.running_var, dtype=torch.float64)
    gain = (ones if norm.weight is None else norm.weight.double()) / torch.sqrt(
        norm.running_var.double() + norm.eps
    )
    shift = 0 * ones if norm.bias is None else norm.bias.double()
    bias = 0 * ones if convolution.bias is None else convolution.bias.double()
    weight = convolution.weight.double() * gain.reshape(-1, *(1,) * (convolution.weight.ndim - 1))
    bias = (bias - norm.running_mean.double()) * gain + shift
    absorbed = copy.deepcopy(convolution)
    absorbed.weight = nn.Parameter(weight.detach().to(convolution.weight.dtype))
    absorbed.bias = nn.Parameter(bias.detach().to(convolution.weight.dtype))
    return absorbed


def fold_pointwise(weight: Tensor, bias: Tensor, pointwise: nn.Conv2d) -> tuple[Tensor, Tensor]:
    """Return weight and bias of one convolution equal to a convolution and ``pointwise`` after it.

    Args:
        weight: (M, C / groups, k, k), float64.
        bias: (M,), float64.
        pointwise: a 1 x 1 convolution with as many groups as the convolution before it.
    """
    groups, (num_out, num_mid) = pointwise.groups, pointwise.weight.shape[:2]
    mixing_gom = pointwise.weight.double().reshape(groups, num_out // groups, num_mid)
    kernels_gmckk = weight.reshape(groups, num_mid, *weight.shape[1:])
    mixed = torch.einsum("gom,gmcij->gocij", mixing_gom, kernels_gmckk)
    shift = torch.einsum("gom,gm->go", mixing_gom, bias.reshape(groups, num_mid)).reshape(-1)
    if pointwise.bias is not None:
        shift = shift + pointwise.bias.double()
    return mixed.reshape(num_out, *weight.shape[1:]), shift
