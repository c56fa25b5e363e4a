"""SiamRPN++: a siamese region proposal network with depth-wise correlation on several levels.

Li et al., SiamRPN++: Evolution of Siamese Visual Tracking with Very Deep Networks, CVPR 2019,
arXiv 1812.11703; the networks are those of github.com/STVIR/pysot, under its names. The one of
mmtracking is the ResNet-50 here with other anchors.

Outputs are ``cls`` (N, 2A, m, n), logits of "background" for all A anchors, then of "target", and
``loc`` (N, 4A, m, n): dx of all anchors, then dy, dw, dh.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from feathertrack.errors import InputError
from feathertrack.models.backbones import AlexNet, Backbone, DilatedResNet, MobileNetV2
from feathertrack.models.backbones.mobilenetv2 import USED
from feathertrack.models.depthwise_siamese import DepthwiseSiamese
from feathertrack.models.heads import REGION, FusedHead
from feathertrack.models.necks import AdjustLevels
from feathertrack.models.registry import register

Anchors = Literal["pysot", "mmtracking"]
"""Whose anchors, crop and decoding the weights were trained with; see ``SiamRPN.conventions``."""

NUM_ANCHORS = 5
WIDTHS = (256, 256, 256)


class SiamRPN(DepthwiseSiamese):
    """Two outputs, classes and boxes of anchors.

    ``conventions`` says what a tracker must do as the weights' authors did: ``anchors`` (heights
    rounded by ``pysot`` or by ``mmtracking``), ``crop`` and ``decoding`` (mmtracking limits the
    growth of a box by 1000 / 16; pysot does not).
    """

    family = "siamrpn"
    search_size = 255

    def __init__(
        self,
        backbone: Backbone,
        *,
        widths: Sequence[int] | None,
        weighted: bool,
        anchors: Anchors = "pysot",
    ) -> None:
        if anchors not in get_args(Anchors):
            known = " or ".join(get_args(Anchors))
            raise InputError(f"anchors are those of {known}, got {anchors!r}")
        super().__init__(backbone, None if widths is None else neck(backbone, widths))
        self.rpn_head = FusedHead(
            REGION,
            outputs={"cls": 2 * NUM_ANCHORS, "loc": 4 * NUM_ANCHORS},
            widths=backbone.widths if widths is None else widths,
            weighted=weighted,
        )
        self.conventions = dict.fromkeys(("anchors", "crop", "decoding"), str(anchors))

    @property
    def head(self) -> FusedHead:
        """The region proposal head."""
        return self.rpn_head


def neck(backbone: Backbone, widths: Sequence[int]) -> AdjustLevels:
    """A neck that brings the levels of a backbone to ``widths``.

    Raises:
        InputError: there are not as many widths as levels, or one is below 1.
    """
    if len(widths) != len(backbone.widths):
        raise InputError(f"{len(backbone.widths)} levels need as many widths, got {list(widths)}")
    if min(widths) < 1:
        raise InputError(f"widths are at least 1, got {list(widths)}")
    return AdjustLevels(backbone.widths, widths)


@register
def siamrpn_alexnet(*, anchors: Anchors = "pysot") -> SiamRPN:
    """Build the fast one: AlexNet, one level, search regions of 287 pixels."""
    network = SiamRPN(AlexNet(), widths=None, weighted=False, anchors=anchors)
    network.search_size = 287
    return network


@register
def siamrpn_mobilenetv2(
    *,
    multiplier: float = 1.4,
    widths: Sequence[int] = WIDTHS,
    weighted: bool = False,
    anchors: Anchors = "pysot",
    used: Sequence[int] = USED,
    stride: int = 8,
) -> SiamRPN:
    """Build it on MobileNetV2, whose widths are times ``multiplier``.

    Args:
        multiplier: 1.4 in pysot.
        widths: channels of the neck's levels.
        weighted: whether levels are fused by learned weights.
        anchors: whose conventions the weights follow.
        used: layers of the backbone that are the levels.
        stride: 8 as in pysot, or 16, which is ours: a fifth of the work, a coarser map.
    """
    backbone = MobileNetV2(multiplier=multiplier, used=used, stride=stride)
    network = SiamRPN(backbone, widths=widths, weighted=weighted, anchors=anchors)
    network.stride = stride
    return network


@register
def siamrpn_r18(
    *, widths: Sequence[int] = WIDTHS, weighted: bool = True, anchors: Anchors = "pysot"
) -> SiamRPN:
    """Build it on ResNet-18."""
    return SiamRPN(DilatedResNet(18), widths=widths, weighted=weighted, anchors=anchors)


@register
def siamrpn_r34(
    *, widths: Sequence[int] = WIDTHS, weighted: bool = True, anchors: Anchors = "pysot"
) -> SiamRPN:
    """Build it on ResNet-34."""
    return SiamRPN(DilatedResNet(34), widths=widths, weighted=weighted, anchors=anchors)


@register
def siamrpn_r50(
    *, widths: Sequence[int] = WIDTHS, weighted: bool = True, anchors: Anchors = "pysot"
) -> SiamRPN:
    """Build SiamRPN++.

    Args:
        widths: channels of the neck's levels; (128, 256, 512) in the long-term variant.
        weighted: whether levels are fused by learned weights; not in pysot's model for OTB.
        anchors: whose conventions the weights follow.
    """
    return SiamRPN(DilatedResNet(50), widths=widths, weighted=weighted, anchors=anchors)
