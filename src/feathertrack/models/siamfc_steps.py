"""FDSiamFC and FDSiamd students while they are being distilled, one convolution after another.

Behind every convolution i of the teacher stand two 1 x 1 convolutions without batch norm or ReLU:
``con{i}_squeeze`` narrows its output, ``con{i}_combine`` widens it back (the official names, and no
``combine`` behind the last). With L convolutions there are the steps 0 ... 2L - 1. At step 2i - 1
the output of convolution i passes both; from step 2i on it stays narrow. At the end every squeeze
is merged into its convolution, which gives the plain student of ``siamfc``.

Shapes: B images, H W pixels, D output channels, h w cells.
Source: github.com/conquerhuang/FDSiamFC, ``FDAlexNet`` and ``FDAlexNet_8l``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from feathertrack.errors import InputError
from feathertrack.models.folding import fold_pointwise
from feathertrack.models.registry import create_model, register
from feathertrack.models.siamfc import (
    GAIN,
    STUDENT_STAGES,
    Rates,
    SiamFC,
    Stage,
    initialise,
    name_student,
    squeeze,
)


class StepBackbone(nn.Module):
    """The teacher's convolutions with a squeeze behind each: img_B3HW -> feat_BDhw.

    Every squeeze and combine exists at every step; those out of use are not called.

    Attributes:
        step: 0 (the teacher) ... 2L - 1 (every convolution squeezed).
        num_layers: L, the number of convolutions.
    """

    def __init__(self, stages: Sequence[Stage], rates: Rates, *, step: int) -> None:
        super().__init__()
        if not 0 <= step < 2 * len(stages):
            raise InputError(f"step is 0 ... {2 * len(stages) - 1}, got {step}")
        self.step = step
        self.num_layers = len(stages)
        narrow = squeeze(stages, rates)
        width_in = 3
        for i, (stage, squeezed) in enumerate(zip(stages, narrow, strict=True), start=1):
            self.add_module(f"conv{i}", nn.Sequential(_convolution(width_in, stage)))
            width_in = squeezed.width if step >= 2 * i else stage.width
            if i < len(stages):
                self.add_module(f"bn{i}", _norm(width_in, pool=stage.pool))
        for i, (stage, squeezed) in enumerate(zip(stages, narrow, strict=True), start=1):
            wide, thin = stage.width, squeezed.width
            self.add_module(f"con{i}_squeeze", _pointwise(wide, thin, groups=stage.groups))
            if i < len(stages):
                self.add_module(f"con{i}_combine", _pointwise(thin, wide, groups=stage.groups))

    def forward(self, image_B3HW: Tensor) -> Tensor:
        """Return feat_BDhw; D is squeezed at the last step alone."""
        features = image_B3HW
        for i in range(1, self.num_layers + 1):
            features = self._part(f"conv{i}")(features)
            for name in self.pointwise(i):
                features = self._part(name)(features)
            if i < self.num_layers:
                features = self._part(f"bn{i}")(features)
        return features

    def pointwise(self, layer: int) -> tuple[str, ...]:
        """Names of the 1 x 1 convolutions that the output of convolution ``layer`` passes."""
        if self.step == 2 * layer - 1 and layer < self.num_layers:
            return f"con{layer}_squeeze", f"con{layer}_combine"
        return (f"con{layer}_squeeze",) if self.step >= 2 * layer - 1 else ()

    def _part(self, name: str) -> nn.Sequential:
        part = getattr(self, name)
        assert isinstance(part, nn.Sequential), name
        return part

    def _convolution(self, name: str) -> nn.Conv2d:
        convolution = self._part(name)[0]
        assert isinstance(convolution, nn.Conv2d), name
        return convolution

    def merged_state(self) -> dict[str, Tensor]:
        """Return the state dict of the ``Backbone`` that computes the same without squeezes."""
        state: dict[str, Tensor] = {}
        for i in range(1, self.num_layers + 1):
            convolution = self._convolution(f"conv{i}")
            dtype = convolution.weight.dtype
            weight, bias = convolution.weight.double(), convolution.bias
            assert bias is not None
            bias = bias.double()
            for name in self.pointwise(i):
                weight, bias = fold_pointwise(weight, bias, self._convolution(name))
            state[f"conv{i}.0.weight"] = weight.detach().to(dtype)
            state[f"conv{i}.0.bias"] = bias.detach().to(dtype)
            if i < self.num_layers:
                norm = self._part(f"bn{i}")[0].state_dict()
                state |= {f"conv{i}.1.{key}": value.clone() for key, value in norm.items()}
        return state


def _convolution(width_in: int, stage: Stage) -> nn.Conv2d:
    return nn.Conv2d(width_in, stage.width, stage.kernel, stage.stride, groups=stage.groups)


def _pointwise(width_in: int, width_out: int, *, groups: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(width_in, width_out, 1, groups=groups))


def _norm(width: int, *, pool: bool) -> nn.Sequential:
    norm = nn.BatchNorm2d(width, eps=1e-6, momentum=0.05)
    return nn.Sequential(norm, nn.ReLU(inplace=True), *([nn.MaxPool2d(3, stride=2)] * pool))


class StepSiamFC(SiamFC):
    """A student at one step of its distillation; ``merged`` gives the plain network."""

    backbone: StepBackbone

    def __init__(
        self, backbone: StepBackbone, *, kind: str, rates: Sequence[float], gain: float = GAIN
    ) -> None:
        super().__init__(backbone, gain=gain)
        self.kind = kind
        self.rates = tuple(rates)

    def merged(self) -> SiamFC:
        """Return the plain network that computes the same: squeezes folded in float64.

        A layer that is not squeezed yet keeps the teacher's width, a rate of 1.
        """
        rates = [
            rate if self.backbone.pointwise(i)[-1:] == (f"con{i}_squeeze",) else 1.0
            for i, rate in enumerate(self.rates, start=1)
        ]
        name, options = name_student(self.kind, rates)
        plain = create_model(name, gain=self.gain, **options)
        assert isinstance(plain, SiamFC)
        plain.backbone.load_state_dict(self.backbone.merged_state(), strict=True)
        plain.calibration = self.calibration
        plain.digest = self.digest
        return plain.train(self.training)


def _step_network(kind: str, rates: Rates, step: int, gain: float) -> StepSiamFC:
    stages = STUDENT_STAGES[kind]
    each = [rates] * len(stages) if isinstance(rates, (int, float)) else list(rates)
    network = StepSiamFC(StepBackbone(stages, each, step=step), kind=kind, rates=each, gain=gain)
    initialise(network)
    return network


@register
def fdsiamfc_step(*, rates: Rates = 0.3, step: int = 9, gain: float = GAIN) -> StepSiamFC:
    """Build a SiamFC student at step 0 ... 9 of its distillation."""
    return _step_network("fdsiamfc", rates, step, gain)


@register
def fdsiamd_step(*, rates: Rates = 0.5, step: int = 15, gain: float = GAIN) -> StepSiamFC:
    """Build a Siamd student at step 0 ... 15 of its distillation."""
    return _step_network("fdsiamd", rates, step, gain)


@dataclass(frozen=True, kw_only=True)
class StepKeys:
    """What happens to each tensor of a network when a step begins.

    Counters of batches are in none of the lists: they have no effect.

    Attributes:
        inherited: copied from the network of the step before, fine-tuned.
        fresh: keep their fresh initial values, since they are new or their width has changed.
        trainable: the parameters that the first phase of the step trains; the second trains all.
    """

    inherited: tuple[str, ...]
    fresh: tuple[str, ...]
    trainable: tuple[str, ...]


def step_keys(network: StepSiamFC) -> StepKeys:
    """Return what the network's step inherits, begins afresh, and trains (FDSiamFC, ``train``)."""
    step, num_layers = network.backbone.step, network.backbone.num_layers
    layer = (step + 1) // 2
    keys = [key for key in network.state_dict() if not key.endswith("num_batches_tracked")]
    parameters = [key for key, _ in network.named_parameters()]
    if step == 0:
        return StepKeys(inherited=(), fresh=tuple(keys), trainable=tuple(parameters))
    squeezes = (f"backbone.con{layer}_squeeze.", f"backbone.con{layer}_combine.")
    changed = (f"backbone.bn{layer}.", f"backbone.conv{layer + 1}.")
    begun = squeezes if step % 2 else changed
    unreached = tuple(f"backbone.con{i}_" for i in range(step // 2 + 1, num_layers + 1))
    new = unreached if step % 2 else (*changed, *unreached)
    return StepKeys(
        inherited=tuple(key for key in keys if not key.startswith(new)),
        fresh=tuple(key for key in keys if key.startswith(new)),
        trainable=tuple(key for key in parameters if key.startswith(begun)),
    )


def inherit(network: StepSiamFC, source: Mapping[str, Tensor]) -> None:
    """Copy into ``network``, in place, what its step inherits.

    Args:
        network: the network of a step, freshly built.
        source: state dict of the network of the step before.

    Raises:
        InputError: ``source`` is not from the step before: a tensor is missing or differs in shape.
    """
    state = network.state_dict()
    for key in step_keys(network).inherited:
        if key not in source or source[key].shape != state[key].shape:
            found = tuple(source[key].shape) if key in source else "nothing"
            raise InputError(
                f"step {network.backbone.step} inherits {key} of shape {tuple(state[key].shape)}, "
                f"but the step before has {found}"
            )
        state[key].copy_(source[key])


def teacher_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Rename the batch norms of a plain teacher's state dict as the step networks call them.

    >>> list(teacher_state({"backbone.conv1.1.bias": nn.Parameter()}))
    ['backbone.bn1.0.bias']
    """
    return {re.sub(r"\bconv(\d+)\.1\.", r"bn\1.0.", key): value for key, value in state.items()}
