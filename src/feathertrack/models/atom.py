"""ATOM: a classifier learnt online, and a network that predicts the overlap of boxes.

Danelljan et al., ATOM: Accurate Tracking by Overlap Maximization, CVPR 2019, arXiv 1811.07628; the
smaller ones are the students of CFKD (Duolikun, University College London, 2020). Names and weights
are those of pytracking and CFKD.

A box is refined by gradient ascent on its predicted overlap. ``iou`` gives overlap and gradient in
closed form, so that it runs where there is no autograd; see ``box_network`` for the other calls.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from feathertrack.models.backbones.backbone import Backbone
from feathertrack.models.backbones.strided_mobilenetv2 import StridedMobileNetV2
from feathertrack.models.backbones.strided_resnet import StridedResNet
from feathertrack.models.box_network import BoxNetwork, judging
from feathertrack.models.heads.boxes import BoxHead, initialise
from feathertrack.models.registry import register


class AtomIoUNet(BoxHead):
    """Predicts 2 * IoU - 1 for every box."""

    def __init__(self, widths_in: tuple[int, ...], width: int) -> None:
        super().__init__(widths_in, width)
        self.iou_predictor = nn.Linear(2 * width, 1)
        initialise(self, random_norms=True)

    @property
    def predictor(self) -> nn.Linear:
        """The last layer."""
        return self.iou_predictor


class Atom(BoxNetwork):
    """A backbone and the overlap predictor."""

    family = "atom"
    bb_regressor: AtomIoUNet
    further_calls = judging("iou", "gradient")

    def __init__(self, backbone: Backbone, *, width: int) -> None:
        super().__init__(backbone, AtomIoUNet(backbone.widths, width))

    def iou(self, map3_NhwC: Tensor, map4_NhwC: Tensor, boxes_NP4: Tensor) -> tuple[Tensor, Tensor]:
        """Return predicted overlaps (N, P) and their gradients with respect to the boxes (N, P, 4).

        In evaluation mode; nothing is recorded for autograd, which is not needed.

        Args:
            map3_NhwC: the second output of ``predict``.
            map4_NhwC: the third.
            boxes_NP4: boxes in the pictures that ``predict`` was given.

        Returns:
            2 * IoU - 1, unbounded, and how each of x, y, w and h changes it.
        """
        head = self.bb_regressor
        pooled = head.pool((map3_NhwC, map4_NhwC), boxes_NP4)
        outputs, hidden = head.judge(pooled)
        sensitivity = head.predictor.weight.chunk(2, dim=1)
        total = torch.zeros_like(boxes_NP4)
        for boxes, block, output, weight in zip(
            pooled, (head.fc3_rt, head.fc4_rt), hidden, sensitivity, strict=True
        ):
            flat = block.back(weight, output_MC=output).to(boxes_NP4.dtype)
            num_images, num_boxes, height, width, channels = boxes.values_NPpqC.shape
            gradient = flat.reshape(num_images, num_boxes, channels, height, width)
            total = total + boxes.corner_gradient(gradient.permute(0, 1, 3, 4, 2))
        # x moves both sides, w only the right one.
        moved, grown = total[..., :2] + total[..., 2:], total[..., 2:]
        return outputs.squeeze(2), torch.cat([moved, grown], dim=-1)


@register
def atom_r18() -> Atom:
    """Build ATOM on ResNet-18."""
    return Atom(StridedResNet(18), width=256)


@register
def atom_r18_medium() -> Atom:
    """Build a student on ResNet-18 with half as many channels."""
    return Atom(StridedResNet(18, base_width=32), width=128)


@register
def atom_r18_small() -> Atom:
    """Build a student on ResNet-18 with a quarter of the channels."""
    return Atom(StridedResNet(18, base_width=16), width=64)


@register
def atom_r18_tiny() -> Atom:
    """Build a student on ResNet-18 with an eighth of the channels."""
    return Atom(StridedResNet(18, base_width=8), width=32)


@register
def atom_mobilenetv2() -> Atom:
    """Build the student on MobileNetV2, CFKD's best."""
    return Atom(StridedMobileNetV2(), width=64)
