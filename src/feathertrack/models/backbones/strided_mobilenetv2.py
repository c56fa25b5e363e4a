"""MobileNetV2 of total stride 16 in five groups: the backbone of the distilled ATOM and DRNet.

Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018, arXiv 1801.04381.
The blocks are torchvision's; they stand in groups ``conv1``, ``layer1`` ... ``layer4``, one for
each stride, as CFKD names them. The groups end without activation: features can be negative.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from feathertrack.models.backbones.backbone import Backbone

_GROUPS = (
    ((1, 16, 1, 1), (6, 24, 2, 2)),
    ((6, 32, 3, 2),),
    ((6, 64, 4, 2),),
    ((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
)
"""``layer1`` ... ``layer4``: expansion, width, number of blocks, stride of the first."""

_STEM, _LAST, _CLASSES = 32, 1280, 1000


class ExpandedBlock(nn.Module):
    """Widen by 1 x 1, convolve each channel by 3 x 3, narrow by 1 x 1 without activation."""

    def __init__(self, width_in: int, width: int, *, expansion: int, stride: int) -> None:
        super().__init__()
        middle = width_in * expansion
        widening = [] if expansion == 1 else [activated(width_in, middle, kernel=1)]
        self.conv = nn.Sequential(
            *widening,
            activated(middle, middle, kernel=3, stride=stride, groups=middle),
            nn.Conv2d(middle, width, 1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.adds = stride == 1 and width_in == width

    def forward(self, features: Tensor) -> Tensor:
        """(B, width_in, H, W) -> (B, width, h, w)."""
        changed: Tensor = self.conv(features)
        return features + changed if self.adds else changed


class StridedMobileNetV2(Backbone):
    """The stem and the groups up to the deepest that is used.

    Args:
        used: levels that are returned; 0 is the stem (stride 2), 1 ... 3 are the groups (strides 4,
            8, 16).
        whole: also build what an ImageNet classifier has, up to ``classifier``.
        blocks: how many blocks of each width are built, the narrowest first: of 16, 24, 32, 64, 96,
            160 and 320 channels, as far as they are named; () builds them all. With it, level 4 may
            be used, too: without the wider blocks it has stride 16.
    """

    def __init__(
        self, *, used: Sequence[int] = (2, 3), whole: bool = False, blocks: Sequence[int] = ()
    ) -> None:
        super().__init__()
        self.used = tuple(used)
        groups = _GROUPS if not blocks else _shortened(blocks)
        self.conv1 = nn.Sequential(activated(3, _STEM, kernel=3, stride=2))
        widths = [_STEM]
        for number in range(1, (4 if whole else max(self.used)) + 1):
            built: list[nn.Module] = []
            width_in = widths[-1]
            for expansion, width, repeats, first in groups[number - 1]:
                for stride in (first, *(1,) * (repeats - 1)):
                    built.append(ExpandedBlock(width_in, width, expansion=expansion, stride=stride))
                    width_in = width
            if number == 4 and not blocks:
                built.append(activated(width_in, _LAST, kernel=1))
            self.add_module(f"layer{number}", nn.Sequential(*built))
            widths.append(width_in)
        if whole:
            self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(_LAST, _CLASSES))
        self.num_levels = len(widths)
        self.widths = tuple(widths[level] for level in self.used)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out")

    def forward(self, image_B3HW: Tensor, used: Sequence[int] | None = None) -> list[Tensor]:
        """Return the maps of the used levels, or of those asked for here."""
        levels = self.used if used is None else tuple(used)
        features = self.conv1(image_B3HW)
        maps = [features]
        for number in range(1, max(levels) + 1):
            features = getattr(self, f"layer{number}")(features)
            maps.append(features)
        return [maps[level] for level in levels]


def _shortened(blocks: Sequence[int]) -> tuple[tuple[tuple[int, int, int, int], ...], ...]:
    """The groups with so many blocks of each width; the first of a width is never missing."""
    left = iter(blocks)
    groups = []
    for group in _GROUPS:
        counts = [min(next(left, 0), repeats) for _, _, repeats, _ in group]
        kept = zip(group, counts, strict=True)
        groups.append(
            tuple((e, width, count, first) for (e, width, _, first), count in kept if count)
        )
    return tuple(groups)


def activated(
    width_in: int,
    width: int,
    *,
    kernel: int,
    stride: int = 1,
    groups: int = 1,
    activation: type[nn.Module] = nn.ReLU6,
) -> nn.Sequential:
    """Convolution, batch norm, activation: the unit that MobileNets and their heads are made of."""
    return nn.Sequential(
        nn.Conv2d(width_in, width, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(width),
        activation(inplace=True),
    )
