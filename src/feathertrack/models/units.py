"""The units of a chain of convolutions, and how wide they are once squeezed.

A unit is a convolution with what follows it up to the next one: batch norm, ReLU, pooling. They are
found on the network, by following one image through it.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from feathertrack.errors import InputError

Rates = float | Sequence[float]

_TRACED_SIDE = 127


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A convolution of a chain and what follows it, as names of modules of the backbone.

    Attributes:
        convolution: as ``conv1.0``.
        tail: what runs after it, in order; () behind a bare convolution.
        norm: the batch norm in the tail, "" without one.
        width: its output channels.
        groups: of the convolution; its squeeze has as many.
        multiple: what every squeezed width is a multiple of: two, as in the reference, and the
            groups of this convolution and the next.
    """

    convolution: str
    tail: tuple[str, ...]
    norm: str
    width: int
    groups: int
    multiple: int


def find_units(backbone: nn.Module) -> tuple[Unit, ...]:
    """Return the units of a backbone, in the order in which they run.

    Raises:
        InputError: it is no chain: modules run in parallel or twice, something other than a module
            stands between two of them, or one has weights and is neither a convolution nor a batch
            norm.
    """
    names, _ = chain_of(backbone)
    starts = [
        k for k, name in enumerate(names) if isinstance(backbone.get_submodule(name), nn.Conv2d)
    ]
    if not starts or starts[0] != 0:
        raise InputError("a backbone that is squeezed begins with a convolution")
    convolutions = [backbone.get_submodule(names[start]) for start in starts]
    groups = [conv.groups for conv in convolutions if isinstance(conv, nn.Conv2d)]
    units = []
    for k, (start, conv) in enumerate(zip(starts, convolutions, strict=True)):
        assert isinstance(conv, nn.Conv2d), names[start]
        tail = names[start + 1 : starts[k + 1] if k + 1 < len(starts) else None]
        norms = [name for name in tail if isinstance(backbone.get_submodule(name), nn.BatchNorm2d)]
        if len(norms) > 1:
            raise InputError(f"{names[start]} has {len(norms)} batch norms behind it, not one")
        units.append(
            Unit(
                convolution=names[start],
                tail=tuple(tail),
                norm=norms[0] if norms else "",
                width=conv.out_channels,
                groups=conv.groups,
                multiple=math.lcm(2, *groups[k : k + 2]),
            )
        )
    return tuple(units)


def chain_of(backbone: nn.Module) -> tuple[list[str], bool]:
    """Names of the modules without parts of a backbone, in the order in which they run.

    The second value tells whether the last output is returned in a list, as backbones with several
    levels do.

    Each must get the very tensor that the one before it returned. Nothing is computed.
    """
    shell = copy.deepcopy(backbone).to("meta").eval()
    image = torch.zeros(1, 3, _TRACED_SIDE, _TRACED_SIDE, device="meta")
    names: list[str] = []
    last = image

    def follow(name: str) -> None:
        module = shell.get_submodule(name)
        known = isinstance(module, nn.Conv2d | nn.BatchNorm2d)
        if not known and next(module.parameters(), None) is not None:
            raise InputError(
                f"{name} ({type(module).__name__}) has weights and is neither a convolution nor a "
                "batch norm: such a backbone cannot be squeezed"
            )

        def ran(_: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            nonlocal last
            if inputs[0] is not last or name in names:
                after = f" after {names[-1]}" if names else ""
                raise InputError(
                    f"the backbone is no chain: {name} does not run right{after}; only convolutions"
                    " one after another can be squeezed"
                )
            names.append(name)
            last = output

        module.register_forward_hook(ran)

    for name, module in shell.named_modules():
        if not list(module.children()):
            follow(name)
    with torch.no_grad():
        output = shell(image)
    in_list = isinstance(output, list) and len(output) == 1
    if (output[0] if in_list else output) is not last:
        raise InputError("the backbone is no chain: its output is not that of its last module")
    return names, in_list


def squeezed_width(width: int, rate: float, *, multiple: int = 2) -> int:
    """Width times rate, rounded down to a multiple: to an even number, as ``FDAlexNetLite``."""
    return int(rate * width / multiple) * multiple


def expand_rates(rates: Rates, num_units: int, *, last: bool = True) -> tuple[float, ...]:
    """Return a rate for each unit.

    Args:
        rates: one for all, or one for each.
        num_units: number of units.
        last: whether one rate for all is that of the last unit too; where weights follow the
            backbone, its width stays.

    Raises:
        InputError: there are not as many rates as units, or a rate is not in (0, 1].
    """
    if isinstance(rates, (int, float)):
        each = [float(rates)] * num_units
        each[-1] = each[-1] if last else 1.0
    else:
        each = [float(rate) for rate in rates]
    if len(each) != num_units:
        raise InputError(f"{num_units} stages need as many squeeze rates, got {len(each)}")
    if not all(0 < rate <= 1 for rate in each):
        raise InputError(f"squeeze rates are above 0 and at most 1, got {each}")
    return tuple(each)


def squeezed_widths(units: Sequence[Unit], rates: Sequence[float]) -> tuple[int, ...]:
    """Return the width of each unit times its rate.

    Raises:
        InputError: a unit would keep no channel.
    """
    widths = tuple(
        unit.width if rate == 1 else squeezed_width(unit.width, rate, multiple=unit.multiple)
        for unit, rate in zip(units, rates, strict=True)
    )
    if min(widths) < 1:
        raise InputError(f"squeeze rates {list(rates)} leave a stage without channels")
    return widths


def resized_convolution(convolution: nn.Conv2d, width_in: int, width: int) -> nn.Conv2d:
    """A convolution of other widths with random weights, otherwise the same."""
    if convolution.groups > 2 and convolution.groups == convolution.in_channels:
        raise InputError("a depth-wise convolution has nothing to squeeze")
    assert isinstance(convolution.padding, tuple | str)
    return nn.Conv2d(
        width_in,
        width,
        convolution.kernel_size,  # type: ignore[arg-type]
        convolution.stride,  # type: ignore[arg-type]
        convolution.padding,  # type: ignore[arg-type]
        convolution.dilation,  # type: ignore[arg-type]
        groups=convolution.groups,
        bias=convolution.bias is not None,
    )


def resized_part(module: nn.Module, width: int) -> nn.Module:
    """A batch norm of another width, or a copy of what has no width."""
    if not isinstance(module, nn.BatchNorm2d):
        return copy.deepcopy(module)
    return nn.BatchNorm2d(width, eps=module.eps, momentum=module.momentum, affine=module.affine)
