"""A Feather network that costs nothing, and pairs of its sizes that show a target."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from feathertrack.data.batch import PairBatch
from feathertrack.models.backbones import Backbone
from feathertrack.models.feather import Feather
from tests.training.tasks.siamese_pairs import resized


class Shrink(Backbone):
    """One convolution of stride 16 with the geometry of the trunk: cell c is at pixel 16 c."""

    def __init__(self, *, width: int = 32) -> None:
        super().__init__()
        self.widths = (width,)
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 17, stride=16, padding=8, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        )

    def forward(self, image_B3HW: Tensor) -> list[Tensor]:
        return [self.stem(image_B3HW)]


def tiny_feather() -> Feather:
    """A network for templates of 64 or more pixels, whose trunk is one convolution."""
    torch.manual_seed(0)
    network = Feather(blocks=(1, 1, 1, 1), width=32, tower=2, cells=4)
    network.trunk = Shrink()  # type: ignore[assignment]
    network.neck = nn.Sequential(nn.Conv2d(32, 32, 1, bias=False), nn.BatchNorm2d(32))
    return network


def feather_pairs(positive: list[bool], *, side: int = 256, seed: int = 0) -> PairBatch:
    """Pairs of 128 and ``side`` pixels; a negative one shows another pattern."""
    num, generator = len(positive), torch.Generator().manual_seed(seed)
    draw = torch.rand(num, 4, generator=generator)
    size = 48 + 32 * draw[:, 2:]
    corner = (side - size) / 2 + (side - 160) * (draw[:, :2] - 0.5)
    patterns = 255 * torch.rand(num, 3, 5, 5, generator=generator)
    template = 20 * torch.rand(num, 3, 128, 128, generator=generator)
    search = 20 * torch.rand(num, 3, side, side, generator=generator)
    boxes = torch.cat([corner, size], dim=1).round()
    for number in range(num):
        x, y, w, h = (int(one) for one in boxes[number])
        template[number, :, 32:96, 32:96] += resized(patterns[number], 64, 64)
        shown = patterns[number] if positive[number] else patterns[number].flip(0, 1)
        search[number, :, y : y + h, x : x + w] += resized(shown, h, w)
    return PairBatch(
        template=template,
        search=search,
        template_boxes=torch.tensor([[32.0, 32.0, 64.0, 64.0]]).repeat(num, 1),
        search_boxes=boxes,
        positive=torch.tensor(positive),
        seeds=torch.arange(num) * 400,
    )
