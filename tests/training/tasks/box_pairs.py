"""Miniature pairs for ATOM and DRNet, and their smallest networks."""

from __future__ import annotations

import torch

from feathertrack.data.batch import PairBatch
from feathertrack.models.atom import Atom
from feathertrack.models.backbones.strided_resnet import StridedResNet
from feathertrack.models.drnet import DRNet

SIDE = 96


def box_pairs(num: int = 4, *, seed: int = 0) -> PairBatch:
    """Bright rectangles, each of its own colour, on noise; the target is the rectangle."""
    generator = torch.Generator().manual_seed(seed)
    pictures = 60 * torch.rand(2, num, 3, SIDE, SIDE, generator=generator)
    size = torch.randint(20, 36, (num, 2), generator=generator).float()
    corners = torch.randint(8, SIDE - 44, (2, num, 2), generator=generator).float()
    boxes = torch.cat([corners, size.expand(2, -1, -1)], dim=-1)
    colors = 120 + 135 * torch.rand(num, 3, generator=generator)
    for picture, box in zip(pictures, boxes, strict=True):
        for i, (x, y, w, h) in enumerate(box.int().tolist()):
            picture[i, :, y : y + h, x : x + w] = colors[i, :, None, None]
    return PairBatch(
        template=pictures[0],
        search=pictures[1],
        template_boxes=boxes[0],
        search_boxes=boxes[1],
        positive=torch.ones(num, dtype=torch.bool),
        seeds=torch.arange(num) + 100 * seed,
    )


def tiny_atom(*, seed: int = 0) -> Atom:
    """ATOM on a ResNet-18 of 8 channels."""
    torch.manual_seed(seed)
    return Atom(StridedResNet(18, base_width=8), width=32)


def tiny_drnet(*, seed: int = 0) -> DRNet:
    """DRNet on a ResNet-18 of 8 channels."""
    torch.manual_seed(seed)
    return DRNet(StridedResNet(18, base_width=8), width=32)
