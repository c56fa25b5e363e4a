"""SiamFC, its deep variant Siamd, and the narrow students that FDSiamFC compresses them to.

SiamFC: Bertinetto et al., Fully-Convolutional Siamese Networks for Object Tracking, ECCV Workshops
2016, arXiv 1606.09549. FDSiamFC and FDSiamd: github.com/conquerhuang/FDSiamFC.

Every network here is one stack of unpadded convolutions of total stride 8, and the score map is the
correlation of its two outputs. A student is its teacher with every width multiplied by a squeeze
rate. What a student is while it is being distilled: ``squeezing``.

Shapes: B templates, N search regions (a multiple of B), D output channels, H W pixels, h w cells.
Images are RGB, 0..255, without further normalisation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor, nn

from feathertrack.errors import InputError
from feathertrack.models.correlation import CorrelationForm, xcorr
from feathertrack.models.network import Network
from feathertrack.models.registry import register
from feathertrack.models.units import Rates, expand_rates, squeezed_width


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One convolution and what follows it: batch norm, ReLU, and, if ``pool``, max pooling.

    Pooling is 3 x 3 with stride 2. The last stage of a backbone is the bare convolution.
    """

    width: int
    kernel: int
    stride: int = 1
    groups: int = 1
    pool: bool = False


SIAMFC_STAGES = (
    Stage(width=96, kernel=11, stride=2, pool=True),
    Stage(width=256, kernel=5, groups=2, pool=True),
    Stage(width=384, kernel=3),
    Stage(width=384, kernel=3, groups=2),
    Stage(width=256, kernel=3, groups=2),
)

SIAMD_STAGES = (
    Stage(width=24, kernel=3, stride=2),
    Stage(width=48, kernel=3),
    Stage(width=96, kernel=3, pool=True),
    Stage(width=128, kernel=3, groups=2),
    Stage(width=256, kernel=3, groups=2, pool=True),
    Stage(width=384, kernel=3),
    Stage(width=384, kernel=3, groups=2),
    Stage(width=256, kernel=3, groups=2),
)


STUDENT_STAGES: Mapping[str, tuple[Stage, ...]] = {
    "fdsiamfc": SIAMFC_STAGES,
    "fdsiamd": SIAMD_STAGES,
}
"""Name of a student -> the stages of its teacher."""

FEATHER_RATES = (0.17, 0.25, 0.25, 0.25, 0.3)
"""Squeeze rates of the narrow student; the last width is that of its teacher, fdsiamfc_30."""

GAIN = 1e-3
"""Factor of the correlation, which sums thousands of products (FDSiamFC, ``SiamFC.out_scale``)."""


def squeeze(stages: Sequence[Stage], rates: Rates) -> tuple[Stage, ...]:
    """Multiply the width of each stage by its rate; one rate serves all stages.

    Raises:
        InputError: there are not as many rates as stages, a rate is not in (0, 1], or one leaves
            no channel.

    >>> [stage.width for stage in squeeze(SIAMFC_STAGES, 0.3)]
    [28, 76, 114, 114, 76]
    """
    each = expand_rates(rates, len(stages))
    narrow = tuple(
        replace(stage, width=squeezed_width(stage.width, rate))
        for stage, rate in zip(stages, each, strict=True)
    )
    if any(stage.width < 2 for stage in narrow):
        raise InputError(f"squeeze rates {list(each)} leave a stage without channels")
    return narrow


def name_student(kind: str, rates: Sequence[float]) -> tuple[str, dict[str, object]]:
    """Name and options by which ``create_model`` builds a student; short for a released one.

    >>> name_student("fdsiamfc", [0.15] * 5)
    ('fdsiamfc_15', {})
    >>> name_student("fdsiamfc", [1.0] * 5)
    ('siamfc', {})
    >>> name_student("fdsiamd", [0.25] * 8)
    ('fdsiamd', {'rates': 0.25})
    """
    if len(set(rates)) > 1:
        return kind, {"rates": list(rates)}
    if rates[0] == 1:
        return kind.removeprefix("fd"), {}
    released = {("fdsiamfc", 0.3), ("fdsiamfc", 0.15), ("fdsiamd", 0.5)}
    if (kind, rates[0]) in released:
        return f"{kind}_{round(100 * rates[0])}", {}
    return kind, {"rates": rates[0]}


class Backbone(nn.Sequential):
    """Unpadded convolutions, officially named ``conv1``, ``conv2``, ...: img_B3HW -> feat_BDhw.

    >>> import torch
    >>> Backbone(SIAMFC_STAGES)(torch.zeros(1, 3, 127, 127)).shape
    torch.Size([1, 256, 6, 6])
    """

    def __init__(self, stages: Sequence[Stage]) -> None:
        super().__init__()
        self.stages = tuple(stages)
        width_in = 3
        for number, stage in enumerate(self.stages, start=1):
            last = number == len(self.stages)
            self.add_module(f"conv{number}", _stage(width_in, stage, last=last))
            width_in = stage.width


def _stage(width_in: int, stage: Stage, *, last: bool) -> nn.Sequential:
    convolution = nn.Conv2d(width_in, stage.width, stage.kernel, stage.stride, groups=stage.groups)
    if last:
        return nn.Sequential(convolution)
    norm = nn.BatchNorm2d(stage.width, eps=1e-6, momentum=0.05)
    pool = [nn.MaxPool2d(3, stride=2)] if stage.pool else []
    return nn.Sequential(convolution, norm, nn.ReLU(inplace=True), *pool)


class SiamFC(Network):
    """One backbone for both images; the score map is their correlation times a fixed gain."""

    family = "siamfc"
    template_size = 127
    search_size = 255

    def __init__(self, backbone: nn.Module, *, stride: int = 8, gain: float = GAIN) -> None:
        super().__init__()
        self.backbone = backbone
        self.stride = stride
        self.gain = float(gain)
        self.correlation: CorrelationForm = "grouped"

    def embed(self, template_B3hw: Tensor) -> Tensor:
        """Return features_BDhw of the target, once per target."""
        features: Tensor = self.backbone(template_B3hw)
        return features

    def predict(self, features_BDhw: Tensor, search_N3HW: Tensor) -> Tensor:
        """Return score_N1mn, logits of "the target's centre is here", once per frame."""
        search_NDHW = self.backbone(search_N3HW)
        return self.gain * xcorr(search_NDHW, features_BDhw, form=self.correlation)

    def forward(self, template_B3hw: Tensor, search_N3HW: Tensor) -> Tensor:
        """Return score_N1mn of templates in search regions."""
        return self.predict(self.embed(template_B3hw), search_N3HW)


def initialise(network: nn.Module) -> None:
    """Draw fresh weights in place: Xavier-uniform convolutions, zero biases, neutral batch norms.

    As the reference does (FDSiamFC, ``ops.init_weights``).
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.reset_parameters()


def _network(stages: Sequence[Stage], gain: float) -> SiamFC:
    """Return a network with fresh weights."""
    network = SiamFC(Backbone(stages), gain=gain)
    initialise(network)
    return network


@register
def siamfc(*, gain: float = GAIN) -> SiamFC:
    """Build the original SiamFC on AlexNet."""
    return _network(SIAMFC_STAGES, gain)


@register
def siamfc_alexnetv2(*, gain: float = GAIN) -> SiamFC:
    """Build SiamFC on an AlexNet whose convolutions have no groups."""
    return _network([replace(stage, groups=1) for stage in SIAMFC_STAGES], gain)


@register
def siamd(*, gain: float = GAIN) -> SiamFC:
    """Build the deep variant: eight 3 x 3 convolutions."""
    return _network(SIAMD_STAGES, gain)


@register
def fdsiamfc(*, rates: Rates = 0.3, gain: float = GAIN) -> SiamFC:
    """Build a SiamFC student: a squeeze rate for each of its five convolutions, or for all."""
    return _network(squeeze(SIAMFC_STAGES, rates), gain)


@register
def fdsiamfc_30(*, gain: float = GAIN) -> SiamFC:
    """Build the student that keeps 30 % of the channels."""
    return _network(squeeze(SIAMFC_STAGES, 0.3), gain)


@register
def fdsiamfc_15(*, gain: float = GAIN) -> SiamFC:
    """Build the student that keeps 15 % of the channels."""
    return _network(squeeze(SIAMFC_STAGES, 0.15), gain)


@register
def fdsiamd(*, rates: Rates = 0.5, gain: float = GAIN) -> SiamFC:
    """Build a Siamd student: a squeeze rate for each of its eight convolutions, or for all."""
    return _network(squeeze(SIAMD_STAGES, rates), gain)


@register
def fdsiamd_50(*, gain: float = GAIN) -> SiamFC:
    """Build the deep student that keeps half of the channels."""
    return _network(squeeze(SIAMD_STAGES, 0.5), gain)


@register
def feather_fc(*, gain: float = GAIN) -> SiamFC:
    """Build a narrow student: widths 16, 64, 96, 96, 76, multiples of 16 but for the last."""
    return _network(squeeze(SIAMFC_STAGES, FEATHER_RATES), gain)
