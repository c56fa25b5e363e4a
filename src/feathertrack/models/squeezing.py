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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from torch import Tensor, nn

from feathertrack.errors import InputError
from feathertrack.models.folding import fold_pointwise
from feathertrack.models.network import Network
from feathertrack.models.registry import create_model, register
from feathertrack.models.units import (
    Rates,
    chain_of,
    expand_rates,
    find_units,
    resized_convolution,
    resized_part,
    squeezed_widths,
)


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
        _, self.in_list = chain_of(plain)
        self.rates = expand_rates(rates, len(self.units))
        if not 0 <= step < 2 * self.num_layers:
            raise InputError(f"step is 0 ... {2 * self.num_layers - 1}, got {step}")
        self.step = step
        narrow = squeezed_widths(self.units, self.rates)
        width_in = 3
        for i, (unit, thin) in enumerate(zip(self.units, narrow, strict=True), start=1):
            convolution = plain.get_submodule(unit.convolution)
            assert isinstance(convolution, nn.Conv2d), unit
            resized = resized_convolution(convolution, width_in, unit.width)
            self.add_module(f"conv{i}", nn.Sequential(resized))
            width_in = thin if self._is_narrow(i) else unit.width
            if unit.tail:
                parts = [resized_part(plain.get_submodule(name), width_in) for name in unit.tail]
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
            unit.convolution, resized_convolution(convolution, width_in, width), strict=True
        )
        if unit.norm:
            norm = resized_part(backbone.get_submodule(unit.norm), width)
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
