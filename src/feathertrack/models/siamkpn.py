"""SiamKPN: a siamese keypoint network, boxes as centre, offset and size, refined in a cascade.

Li et al., Siamese Keypoint Prediction Network for Visual Object Tracking, arXiv 2006.04078; the
networks are those of github.com/ZekuiQin/SiamKPN, under its names.

Outputs of a stage are ``heatmap`` (N, 1, m, n), the logit of "the target's centre is here",
``offsets`` (N, 2, m, n), x and y from the cell to the centre, and ``objsize`` (N, 2, m, n), width
and height in pixels of the crop. ``predict`` returns those of the last stage, ``forward`` of all.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import nn

from feathertrack.errors import InputError
from feathertrack.models.backbones import AlexNet, Backbone, DilatedResNet, MobileNetV2
from feathertrack.models.backbones.mobilenetv2 import USED
from feathertrack.models.depthwise_siamese import DepthwiseSiamese
from feathertrack.models.heads import KEYPOINT, FusedHead
from feathertrack.models.registry import register
from feathertrack.models.siamrpn import WIDTHS, neck


class SiamKPN(DepthwiseSiamese):
    """Three outputs, each by a cascade of its own on every level."""

    family = "siamkpn"
    search_size = 255

    def __init__(
        self,
        backbone: Backbone,
        *,
        widths: Sequence[int] | None,
        num_stages: int,
        weighted: bool,
    ) -> None:
        if not 1 <= num_stages <= len(KEYPOINT.stages):
            raise InputError(f"there are 1 to {len(KEYPOINT.stages)} stages, got {num_stages}")
        super().__init__(backbone, None if widths is None else neck(backbone, widths))
        self.kpn_head = FusedHead(
            KEYPOINT,
            outputs={"heatmap": 1, "offsets": 2, "objsize": 2},
            widths=backbone.widths if widths is None else widths,
            num_stages=num_stages,
            weighted=weighted,
        )

    @property
    def head(self) -> FusedHead:
        """The keypoint head."""
        return self.kpn_head

    def expect_size(self, pixels: float) -> None:
        """Begin a training with sizes of so many pixels, in every stage."""
        for key, parameter in self.named_parameters():
            if ".objsize." in key and parameter.shape == (2,):
                nn.init.constant_(parameter, pixels)


def _r50(num_stages: int, widths: Sequence[int], weighted: bool) -> SiamKPN:
    backbone = DilatedResNet(50)
    return SiamKPN(backbone, widths=widths, num_stages=num_stages, weighted=weighted)


@register
def siamkpn_r50_1s(*, widths: Sequence[int] = WIDTHS, weighted: bool = True) -> SiamKPN:
    """Build it on ResNet-50 with one stage."""
    return _r50(1, widths, weighted)


@register
def siamkpn_r50_2s(*, widths: Sequence[int] = WIDTHS, weighted: bool = True) -> SiamKPN:
    """Build it on ResNet-50 with two stages."""
    return _r50(2, widths, weighted)


@register
def siamkpn_r50_3s(*, widths: Sequence[int] = WIDTHS, weighted: bool = True) -> SiamKPN:
    """Build it on ResNet-50 with three stages."""
    return _r50(3, widths, weighted)


@register
def siamkpn_mobilenetv2(
    *,
    multiplier: float = 1.4,
    widths: Sequence[int] = WIDTHS,
    num_stages: int = 1,
    weighted: bool = True,
    used: Sequence[int] = USED,
    stride: int = 8,
    size_prior: float = 0.0,
) -> SiamKPN:
    """Build it on MobileNetV2; a light one of ours.

    Args:
        multiplier: of the widths of the backbone.
        widths: channels of the neck's levels.
        num_stages: of the cascade.
        weighted: whether levels are fused by learned weights.
        used: layers of the backbone that are the levels.
        stride: 8, or 16: a fifth of the work, a coarser map.
        size_prior: width and height in pixels that an untrained network says; targets have about
            64 in a crop, and sizes are learned by small steps. 0 as the public code.
    """
    backbone = MobileNetV2(multiplier=multiplier, used=used, stride=stride)
    network = SiamKPN(backbone, widths=widths, num_stages=num_stages, weighted=weighted)
    network.stride = stride
    if size_prior:
        network.expect_size(size_prior)
    return network


@register
def siamkpn_alexnet() -> SiamKPN:
    """Build it on AlexNet, one level and one stage; a light one of ours.

    Its kernels are 4 cells wide, so that the response has one cell more than the search features,
    23 for 255 pixels, and its middle cell is the middle of the crop; a second stage would shift it.
    """
    return SiamKPN(AlexNet(), widths=None, num_stages=1, weighted=False)
