"""Channels rounded up to whole vector registers, exactly: the added channels are zero.

A convolution with 28 output channels takes as long as one with 32 where registers hold 8 numbers,
or longer, since the remainder runs through slower code. Shapes: O output, I input channels.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor, nn

Model = TypeVar("Model", bound=nn.Module)

_ZERO_STAYS_ZERO = (nn.Conv2d, nn.ReLU, nn.ReLU6, nn.MaxPool2d, nn.Identity, nn.Dropout)


def align_channels(model: Model, *, multiple: int = 8, largest_growth: float = 1.3) -> Model:
    """Return a copy whose backbone has whole multiples of ``multiple`` channels per group.

    Only a ``backbone`` of convolutions, ReLUs and poolings is changed; batch norms must be folded
    before. If it is a plain chain, the features gain channels that are zero in the template and in
    the search region, which their correlation does not see. If it has branches, its convolutions
    must be dense or depth-wise, and a ``neck`` of convolutions takes its levels: the neck does not
    see the added channels, which are the last of every map.

    Args:
        model: a network; it is left as it is.
        multiple: numbers in a vector register.
        largest_growth: a layer that would grow by more than this factor keeps its width.
    """
    aligned = copy.deepcopy(model)
    backbone, neck = getattr(aligned, "backbone", None), getattr(aligned, "neck", None)
    if not isinstance(backbone, nn.Module):
        return aligned
    leaves = [module for module in backbone.modules() if not list(module.children())]
    if not all(isinstance(leaf, _ZERO_STAYS_ZERO) for leaf in leaves):
        return aligned
    convolutions = _convolutions(backbone)
    if isinstance(backbone, nn.Sequential):
        _align(convolutions, multiple=multiple, largest_growth=largest_growth)
    elif isinstance(neck, nn.Module) and all(map(_is_dense_or_depthwise, convolutions)):
        _align_last(convolutions, _convolutions(neck), multiple=multiple, growth=largest_growth)
    return aligned


def _convolutions(module: nn.Module) -> list[nn.Conv2d]:
    return [leaf for leaf in module.modules() if isinstance(leaf, nn.Conv2d)]


def _is_dense_or_depthwise(convolution: nn.Conv2d) -> bool:
    depthwise = convolution.groups == convolution.in_channels == convolution.out_channels
    return convolution.groups == 1 or depthwise


def _align_last(
    inside: Sequence[nn.Conv2d], after: Sequence[nn.Conv2d], *, multiple: int, growth: float
) -> None:
    """Add channels at the end of every map; maps of equal width, which may be added up, stay so."""

    def wide(width: int) -> int:
        rounded = -(-width // multiple) * multiple
        return width if width == 3 or rounded > growth * width else rounded  # 3: the picture

    for convolution in inside:
        if convolution.groups > 1:
            _widen_depthwise(convolution, wide(convolution.in_channels))
            continue
        kept, places = (
            torch.arange(n) for n in (convolution.in_channels, convolution.out_channels)
        )
        widths = wide(len(kept)), wide(len(places))
        _widen(convolution, kept=kept, width_in=widths[0], places=places, width_out=widths[1])
    for convolution in after:
        kept, width_out = torch.arange(convolution.in_channels), convolution.out_channels
        places = torch.arange(width_out)
        _widen(convolution, kept=kept, width_in=wide(len(kept)), places=places, width_out=width_out)


def _widen_depthwise(convolution: nn.Conv2d, width: int) -> None:
    """Add channels whose kernel and bias are zero."""
    added = width - convolution.in_channels
    weight, bias = convolution.weight.detach(), convolution.bias
    convolution.weight = nn.Parameter(
        torch.cat([weight, weight.new_zeros(added, *weight.shape[1:])])
    )
    if bias is not None:
        convolution.bias = nn.Parameter(torch.cat([bias.detach(), bias.new_zeros(added)]))
    convolution.in_channels = convolution.out_channels = convolution.groups = width


def _align(convolutions: Sequence[nn.Conv2d], *, multiple: int, largest_growth: float) -> None:
    kept = torch.arange(convolutions[0].in_channels)  # where each channel of the input went
    width_in = len(kept)
    groups_after = [convolution.groups for convolution in convolutions[1:]] + [1]
    for convolution, groups in zip(convolutions, groups_after, strict=True):
        # A part is the finest split that this layer's groups or those of the next one make.
        parts = max(convolution.groups, groups)
        width = convolution.out_channels // parts
        wide = -(-width // multiple) * multiple
        if wide > largest_growth * width or convolution.out_channels % parts:
            parts, width, wide = 1, convolution.out_channels, convolution.out_channels
        places = torch.cat([torch.arange(width) + part * wide for part in range(parts)])
        _widen(convolution, kept=kept, width_in=width_in, places=places, width_out=parts * wide)
        kept, width_in = places, parts * wide


def _widen(
    convolution: nn.Conv2d, *, kept: Tensor, width_in: int, places: Tensor, width_out: int
) -> None:
    """Spread the kernel over wider inputs and outputs: channel i of either goes to its place."""
    groups, kernel = convolution.groups, tuple(convolution.weight.shape[2:])
    bias = convolution.bias
    dense_OIkk = _dense(convolution.weight.detach(), groups)
    wide_OIkk = dense_OIkk.new_zeros(width_out, width_in, *kernel)
    wide_OIkk[places[:, None], kept[None, :]] = dense_OIkk
    convolution.weight = nn.Parameter(_blocks(wide_OIkk, groups))
    if bias is not None:
        wide_O = bias.detach().new_zeros(width_out)
        wide_O[places] = bias.detach()
        convolution.bias = nn.Parameter(wide_O)
    convolution.in_channels, convolution.out_channels = width_in, width_out


def _dense(weight: Tensor, groups: int) -> Tensor:
    """Kernel (O, I / groups, k, k) -> (O, I, k, k), zero between the groups."""
    rows, columns = weight.shape[0] // groups, weight.shape[1]
    dense = weight.new_zeros(weight.shape[0], columns * groups, *weight.shape[2:])
    for group in range(groups):
        block = slice(group * rows, (group + 1) * rows)
        dense[block, group * columns : (group + 1) * columns] = weight[block]
    return dense


def _blocks(dense: Tensor, groups: int) -> Tensor:
    """Undo :func:`_dense`."""
    rows, columns = dense.shape[0] // groups, dense.shape[1] // groups
    return torch.cat(
        [dense[g * rows : (g + 1) * rows, g * columns : (g + 1) * columns] for g in range(groups)]
    )
