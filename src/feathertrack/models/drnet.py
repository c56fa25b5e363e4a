"""DRNet: ATOM whose head goes from one box to the target's in one step.

The tracker that came second in VOT 2019 (github.com/ShuaiBai623/DRNet) and its student of CFKD
(Duolikun, University College London, 2020). ``deltas`` is the step; see ``box_network`` for the
other calls.
"""

from __future__ import annotations

from torch import Tensor, nn

from feathertrack.models.backbones.backbone import Backbone
from feathertrack.models.backbones.se_resnet import SEResNet50
from feathertrack.models.backbones.strided_mobilenetv2 import StridedMobileNetV2
from feathertrack.models.backbones.strided_resnet import StridedResNet
from feathertrack.models.box_network import BoxNetwork, judging
from feathertrack.models.heads.boxes import BoxHead, initialise
from feathertrack.models.registry import register


class DirectReg(BoxHead):
    """Predicts the way from a box to the target's: dx / w, dy / h, log of the growth of w and h."""

    def __init__(self, widths_in: tuple[int, ...], width: int) -> None:
        super().__init__(widths_in, width)
        self.box_predictor = nn.Linear(2 * width, 4)
        initialise(self, random_norms=False)

    @property
    def predictor(self) -> nn.Linear:
        """The last layer."""
        return self.box_predictor


class DRNet(BoxNetwork):
    """A backbone and the regression of boxes."""

    family = "drnet"
    template_size = 320
    search_size = 320
    search_area = 5.5
    bb_regressor: DirectReg
    further_calls = judging("deltas")

    def __init__(self, backbone: Backbone, *, width: int) -> None:
        super().__init__(backbone, DirectReg(backbone.widths, width))

    def deltas(self, map3_NhwC: Tensor, map4_NhwC: Tensor, boxes_NP4: Tensor) -> Tensor:
        """Return the way (N, P, 4) from each box to the target's.

        Args:
            map3_NhwC: the second output of ``predict``.
            map4_NhwC: the third.
            boxes_NP4: boxes in the pictures that ``predict`` was given.

        Returns:
            What the centre moves, in widths and heights of the box, and the logarithms of how much
            width and height grow.
        """
        return self.bb_regressor.predict((map3_NhwC, map4_NhwC), boxes_NP4)


@register
def drnet_r50() -> DRNet:
    """Build DRNet on ResNet-50."""
    return DRNet(StridedResNet(50), width=256)


@register
def drnet_se_r50() -> DRNet:
    """Build DRNet on SE-ResNet-50."""
    return DRNet(SEResNet50(), width=256)


@register
def drnet_mobilenetv2() -> DRNet:
    """Build the student on MobileNetV2."""
    return DRNet(StridedMobileNetV2(), width=64)
