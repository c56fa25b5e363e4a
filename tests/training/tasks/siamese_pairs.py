"""A backbone that costs nothing, and pairs that show a target, for tests of the siamese tasks."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from feathertrack.data.batch import PairBatch
from feathertrack.models.backbones import Backbone
from feathertrack.models.siamkpn import SiamKPN
from feathertrack.models.siamrpn import SiamRPN


class Shrink(Backbone):
    """One convolution of stride 8 with the geometry of the ResNet: 127 -> 15 cells, 255 -> 31."""

    def __init__(self, *, levels: int = 1, width: int = 16) -> None:
        super().__init__()
        self.widths = (width,) * levels
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 15, stride=8, bias=False), nn.BatchNorm2d(width), nn.ReLU()
        )

    def forward(self, image_B3HW: Tensor) -> list[Tensor]:
        features = self.stem(image_B3HW)
        return [features] * len(self.widths)


def tiny_siamrpn(*, levels: int = 1, anchors: str = "pysot") -> SiamRPN:
    torch.manual_seed(0)
    return SiamRPN(
        Shrink(levels=levels),
        widths=(16,) * levels,
        weighted=levels > 1,
        anchors=anchors,  # type: ignore[arg-type]
    )


def tiny_siamkpn(*, levels: int = 1, stages: int = 2) -> SiamKPN:
    torch.manual_seed(0)
    return SiamKPN(
        Shrink(levels=levels), widths=(16,) * levels, num_stages=stages, weighted=levels > 1
    )


def pairs(positive: list[bool], *, side: int = 159, seed: int = 0) -> PairBatch:
    """Pairs whose template shows a pattern; so does the search region, if the pair is positive."""
    num, generator = len(positive), torch.Generator().manual_seed(seed)
    draw = torch.rand(num, 4, generator=generator)
    size = 48 + 32 * draw[:, 2:]
    corner = (side - size) / 2 + 32 * (draw[:, :2] - 0.5)
    patterns = 255 * torch.rand(num, 3, 5, 5, generator=generator)
    template = 20 * torch.rand(num, 3, 127, 127, generator=generator)
    search = 20 * torch.rand(num, 3, side, side, generator=generator)
    for number in range(num):
        x, y, w, h = (round(float(one)) for one in (*corner[number], *size[number]))
        template[number, :, 32:96, 32:96] += resized(patterns[number], 64, 64)
        shown = patterns[number] if positive[number] else patterns[number].flip(0, 1)
        search[number, :, y : y + h, x : x + w] += resized(shown, h, w)
    return PairBatch(
        template=template,
        search=search,
        template_boxes=torch.tensor([[32.0, 32.0, 64.0, 64.0]]).repeat(num, 1),
        search_boxes=torch.cat([corner, size], dim=1),
        positive=torch.tensor(positive),
        seeds=torch.arange(num),
    )


def resized(pattern_3hw: Tensor, height: int, width: int) -> Tensor:
    return F.interpolate(pattern_3hw[None], (height, width), mode="bilinear")[0]
