"""Any chain of convolutions while FDSiamFC's way of squeezing narrows it, one after another.

A unit is a convolution with what follows it up to the next one: batch norm, ReLU, pooling. Behind
convolution i of the teacher stand two 1 x 1 convolutions without batch norm or ReLU:
``con{i}_squeeze`` narrows its output, ``con{i}_combine`` widens it back (the official names, and no
``combine`` behind the last). With L units there are the steps 0 ... 2L - 1. At step 2i - 1 the
output of convolution i passes both; from step 2i on it stays narrow. At the end every squeeze is
merged into its convolution, which gives a plain network with fewer channels. A unit of rate 1 is
not squeezed at any step.

Shapes: B images, H W pixels, D output channels, h w cells.
Source: github.com/conquerhuang/FDSiamFC, ``FDAlexNet`` and ``FDAlexNet_8l``, which are written out
for two backbones; here the units are found on the network.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from feathertrack.errors import InputError
from feathertrack.models.folding import fold_pointwise
from feathertrack.models.network import Network
from feathertrack.models.registry import create_model, register

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
    names, _ = _chain(backbone)
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


def _chain(backbone: nn.Module) -> tuple[list[str], bool]:
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


class StepBackbone(nn.Module):
    """The teacher's units with a squeeze behind each convolution: img_B3HW -> feat_BDhw.

    Every squeeze and combine exists at every step; those out of use are not called.

    Attributes:
        units: those of the teacher.
        rates: squeeze rate of each unit.
        step: 0 (the teacher) ... 2L - 1 (every convolution squeezed).
        in_list: the features are returned in a list, as the teacher's backbone does.
    """

    def __init__(self, plain: nn.Module, rates: Rates, *, step: int) -> None:
        super().__init__()
        self.units = find_units(plain)
        _, self.in_list = _chain(plain)
        self.rates = expand_rates(rates, len(self.units))
        if not 0 <= step < 2 * self.num_layers:
            raise InputError(f"step is 0 ... {2 * self.num_layers - 1}, got {step}")
        self.step = step
        narrow = squeezed_widths(self.units, self.rates)
        width_in = 3
        for i, (unit, thin) in enumerate(zip(self.units, narrow, strict=True), start=1):
            convolution = plain.get_submodule(unit.convolution)
            assert isinstance(convolution, nn.Conv2d), unit
            resized = _resized_convolution(convolution, width_in, unit.width)
            self.add_module(f"conv{i}", nn.Sequential(resized))
            width_in = thin if self._is_narrow(i) else unit.width
            if unit.tail:
                parts = [_resized_part(plain.get_submodule(name), width_in) for name in unit.tail]
                self.add_module(f"bn{i}", nn.Sequential(*parts))
        for i, (unit, thin) in enumerate(zip(self.units, narrow, strict=True), start=1):
            bias = self._convolution(f"conv{i}").bias is not None
            squeeze = nn.Conv2d(unit.width, thin, 1, groups=unit.groups, bias=bias)
            self.add_module(f"con{i}_squeeze", nn.Sequential(squeeze))
            if i < self.num_layers:
                combine = nn.Conv2d(thin, unit.width, 1, groups=unit.groups, bias=bias)
                self.add_module(f"con{i}_combine", nn.Sequential(combine))

    @property
    def num_layers(self) -> int:
        """L, the number of convolutions."""
        return len(self.units)

    def forward(self, image_B3HW: Tensor) -> Tensor | list[Tensor]:
        """Return feat_BDhw; D is squeezed at the last step alone."""
        features = image_B3HW
        for i, unit in enumerate(self.units, start=1):
            features = self._part(f"conv{i}")(features)
            for name in self.pointwise(i):
                features = self._part(name)(features)
            if unit.tail:
                features = self._part(f"bn{i}")(features)
        return [features] if self.in_list else features

    def pointwise(self, layer: int) -> tuple[str, ...]:
        """Names of the 1 x 1 convolutions that the output of convolution ``layer`` passes."""
        if self.rates[layer - 1] == 1 or self.step < 2 * layer - 1:
            return ()
        if self._is_narrow(layer):
            return (f"con{layer}_squeeze",)
        return f"con{layer}_squeeze", f"con{layer}_combine"

    def _is_narrow(self, layer: int) -> bool:
        """Whether the output of a unit has fewer channels than the teacher's."""
        return self.step >= 2 * layer - (layer == self.num_layers)

    def _part(self, name: str) -> nn.Sequential:
        part = getattr(self, name)
        assert isinstance(part, nn.Sequential), name
        return part

    def _convolution(self, name: str) -> nn.Conv2d:
        convolution = self._part(name)[0]
        assert isinstance(convolution, nn.Conv2d), name
        return convolution

    def reached_rates(self) -> tuple[float, ...]:
        """Rate of each unit at this step; 1 where it is not squeezed to its end yet."""
        return tuple(
            rate if self.pointwise(i)[-1:] == (f"con{i}_squeeze",) else 1.0
            for i, rate in enumerate(self.rates, start=1)
        )

    def merged_state(self) -> dict[str, Tensor]:
        """Return the state dict of the plain backbone that computes the same without squeezes.

        Folded in float64. Its names are those of the backbone the units were found on.
        """
        state: dict[str, Tensor] = {}
        for i, unit in enumerate(self.units, start=1):
            convolution = self._convolution(f"conv{i}")
            dtype = convolution.weight.dtype
            weight, bias = convolution.weight.double(), convolution.bias
            shift = weight.new_zeros(len(weight)) if bias is None else bias.double()
            for name in self.pointwise(i):
                weight, shift = fold_pointwise(weight, shift, self._convolution(name))
            state[f"{unit.convolution}.weight"] = weight.detach().to(dtype)
            if bias is not None:
                state[f"{unit.convolution}.bias"] = shift.detach().to(dtype)
            if unit.norm:
                norm = self._part(f"bn{i}")[unit.tail.index(unit.norm)].state_dict()
                state |= {f"{unit.norm}.{key}": value.clone() for key, value in norm.items()}
        return state


def _resized_convolution(convolution: nn.Conv2d, width_in: int, width: int) -> nn.Conv2d:
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


def _resized_part(module: nn.Module, width: int) -> nn.Module:
    """A batch norm of another width, or a copy of what has no width."""
    if not isinstance(module, nn.BatchNorm2d):
        return copy.deepcopy(module)
    return nn.BatchNorm2d(width, eps=module.eps, momentum=module.momentum, affine=module.affine)


@dataclass(frozen=True, kw_only=True)
class Squeezing:
    """What a network in squeezing becomes: kept on it as ``Network.squeezing``.

    Attributes:
        teacher: name of the network that is squeezed.
        options: options of its builder.
    """

    teacher: str
    options: Mapping[str, object] = field(default_factory=dict)

    def merge(self, network: Network) -> Network:
        """Return the plain network that computes the same: squeezes folded in float64.

        A unit that is not squeezed yet keeps the teacher's width, a rate of 1.
        """
        backbone = step_backbone(network)
        plain = self.student(backbone.reached_rates())
        rest = {
            key: value
            for key, value in network.state_dict().items()
            if not key.startswith("backbone.")
        }
        merged = {f"backbone.{key}": value for key, value in backbone.merged_state().items()}
        plain.load_state_dict({**rest, **merged}, strict=True)
        plain.calibration, plain.digest = network.calibration, network.digest
        return plain.train(network.training)

    def student(self, rates: Sequence[float]) -> Network:
        """Return the plain student of these rates, with random weights."""
        each = rates[0] if len(set(rates)) == 1 else list(rates)
        return create_model("squeezed", teacher=self.teacher, options=self.options, rates=each)


def step_backbone(network: Network) -> StepBackbone:
    """Return the backbone of a network in squeezing.

    Raises:
        InputError: the network is not in squeezing.
    """
    backbone = getattr(network, "backbone", None)
    if not isinstance(backbone, StepBackbone):
        raise InputError(f"{network.name or 'the network'} is not a student at a step of squeezing")
    return backbone


def has_weights_behind(network: Network) -> bool:
    """Whether parts other than the backbone have weights, so that its last width must stay."""
    return any(not name.startswith("backbone.") for name, _ in network.named_parameters())


def _plain_backbone(network: Network) -> nn.Module:
    backbone = getattr(network, "backbone", None)
    if not isinstance(backbone, nn.Module):
        raise InputError(f"{network.name} has no backbone that could be squeezed")
    return backbone


def _rates_for(network: Network, rates: Rates, num_units: int) -> tuple[float, ...]:
    behind = has_weights_behind(network)
    each = expand_rates(rates, num_units, last=not behind)
    if behind and each[-1] != 1:
        raise InputError(
            f"the last rate must be 1: weights of {network.name} follow its backbone, got {each}"
        )
    return each


@register
def squeezed(
    *,
    teacher: str = "siamfc_alexnetv2",
    options: Mapping[str, object] | None = None,
    rates: Rates = 0.5,
) -> Network:
    """Build a network with fewer channels in its backbone: a rate for each convolution, or for all.

    A student of any network whose backbone is a chain; those of FDSiamFC have names of their own.
    """
    network = create_model(teacher, **(options or {}))
    backbone = _plain_backbone(network)
    units = find_units(backbone)
    widths = squeezed_widths(units, _rates_for(network, rates, len(units)))
    width_in = 3
    for unit, width in zip(units, widths, strict=True):
        convolution = backbone.get_submodule(unit.convolution)
        assert isinstance(convolution, nn.Conv2d), unit
        backbone.set_submodule(
            unit.convolution, _resized_convolution(convolution, width_in, width), strict=True
        )
        if unit.norm:
            norm = _resized_part(backbone.get_submodule(unit.norm), width)
            backbone.set_submodule(unit.norm, norm, strict=True)
        width_in = width
    return network


@register
def squeezed_step(
    *,
    teacher: str = "siamfc_alexnetv2",
    options: Mapping[str, object] | None = None,
    rates: Rates = 0.5,
    step: int = 0,
) -> Network:
    """Build a student of any network at a step of its squeezing."""
    network = create_model(teacher, **(options or {}))
    plain = _plain_backbone(network)
    each = _rates_for(network, rates, len(find_units(plain)))
    network.backbone = StepBackbone(plain, each, step=step)
    network.squeezing = Squeezing(teacher=teacher, options=dict(options or {}))
    return network
