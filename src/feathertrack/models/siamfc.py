"""SiamFC, its deep variant Siamd, and the narrow students that FDSiamFC compresses them to.

SiamFC: Bertinetto et al., Fully-Convolutional Siamese Networks for Object Tracking, ECCV Workshops
2016, arXiv 1606.09549. FDSiamFC and FDSiamd: github.com/conquerhuang/FDSiamFC.

Every network here is one stack of unpadded convolutions of total stride 8, and the score map is the
correlation of its two outputs. A student is its teacher with every width multiplied by a squeeze rate.

Shapes: B templates, N search regions (a multiple of B), D output channels, H W pixels, h w cells.
Images are RGB, 0..255, without further normalisation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor, nn

from feathertrack.models.correlation import CorrelationForm, xcorr
from feathertrack.models.registry import register


@dataclass(frozen=True, kw_only=True)
class Stage:
    """One convolution and what follows it: batch norm, ReLU, and max pooling (3, stride 2) if ``pool``.

    The last stage of a backbone is the bare convolution.
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


def squeeze(stages: Sequence[Stage], rates: Sequence[float]) -> tuple[Stage, ...]:
    """Multiply the width of each stage by its rate, rounded down to an even number.

    Even, because of the groups of two (FDSiamFC, ``FDAlexNetLite``).

    Raises:
        ValueError: there are not as many rates as stages, or one leaves no channel.

    >>> [stage.width for stage in squeeze(SIAMFC_STAGES, [0.3] * 5)]
    [28, 76, 114, 114, 76]
    """
    if len(rates) != len(stages):
        raise ValueError(f"{len(stages)} stages need as many squeeze rates, got {len(rates)}")
    narrow = tuple(
        replace(stage, width=int(rate * stage.width / 2) * 2)
        for stage, rate in zip(stages, rates, strict=True)
    )
    if any(stage.width < 2 for stage in narrow):
        raise ValueError(f"squeeze rates {tuple(rates)} leave a stage without channels")
    return narrow


class Backbone(nn.Sequential):
    """Unpadded convolutions with the official names ``conv1``, ``conv2``, ...: img_BHW -> feat_BDhw.

    >>> import torch
    >>> Backbone(SIAMFC_STAGES)(torch.zeros(1, 3, 127, 127)).shape
    torch.Size([1, 256, 6, 6])
    """

    stride = 8

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


class SiamFC(nn.Module):
    """One backbone for both images; the score map is their correlation times a fixed gain."""

    family = "siamfc"
    template_size = 127
    search_size = 255

    def __init__(self, backbone: Backbone, *, gain: float = 1e-3) -> None:
        super().__init__()
        self.backbone = backbone
        self.stride = backbone.stride
        self.gain = gain
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
        """Return score_N1mn of a template (B, 3, 127, 127) in search regions (N, 3, 255, 255)."""
        return self.predict(self.embed(template_B3hw), search_N3HW)


@register
def siamfc() -> SiamFC:
    """Build the original SiamFC on AlexNet."""
    return SiamFC(Backbone(SIAMFC_STAGES))


@register
def siamd() -> SiamFC:
    """Build the deep variant: eight 3 x 3 convolutions."""
    return SiamFC(Backbone(SIAMD_STAGES))


def fdsiamfc(rates: Sequence[float]) -> SiamFC:
    """Build a SiamFC student with one squeeze rate for each of its five convolutions."""
    return SiamFC(Backbone(squeeze(SIAMFC_STAGES, rates)))


def fdsiamd(rates: Sequence[float]) -> SiamFC:
    """Build a Siamd student with one squeeze rate for each of its eight convolutions."""
    return SiamFC(Backbone(squeeze(SIAMD_STAGES, rates)))


@register
def fdsiamfc_30() -> SiamFC:
    """Build the student that keeps 30 % of the channels."""
    return fdsiamfc([0.3] * 5)


@register
def fdsiamfc_15() -> SiamFC:
    """Build the student that keeps 15 % of the channels."""
    return fdsiamfc([0.15] * 5)


@register
def fdsiamd_50() -> SiamFC:
    """Build the deep student that keeps half of the channels."""
    return fdsiamd([0.5] * 8)
