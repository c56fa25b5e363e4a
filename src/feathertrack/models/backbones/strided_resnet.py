"""ResNet of total stride 16 and torchvision's layout: the backbone of ATOM and DRNet.

He et al., Deep Residual Learning for Image Recognition, CVPR 2016, arXiv 1512.03385. ATOM and DRNet
use it up to ``layer3``; ``layer4`` and the classifier, which their files hold all the same, exist
only where they are asked for. torchvision's ImageNet weights fit by name.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor, nn

from feathertrack.models.backbones.backbone import Backbone

_BLOCKS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}
_CLASSES = 1000


class PlainBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut."""

    expansion = 1
    batchnorm_pairs = (("conv1", "bn1"), ("conv2", "bn2"))

    def __init__(self, width_in: int, width: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = shortcut(width_in, width, stride=stride)

    def forward(self, features: Tensor) -> Tensor:
        """(B, width_in, H, W) -> (B, width, h, w)."""
        kept = features if self.downsample is None else self.downsample(features)
        changed = self.relu(self.bn1(self.conv1(features)))
        added: Tensor = self.relu(self.bn2(self.conv2(changed)) + kept)
        return added


class BottleneckBlock(nn.Module):
    """1 x 1, 3 x 3 and 1 x 1 convolutions and a shortcut; the 3 x 3 one has the stride."""

    expansion = 4
    batchnorm_pairs = (("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3"))

    def __init__(self, width_in: int, width: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = shortcut(width_in, width * self.expansion, stride=stride)

    def forward(self, features: Tensor) -> Tensor:
        """(B, width_in, H, W) -> (B, 4 * width, h, w)."""
        kept = features if self.downsample is None else self.downsample(features)
        changed = self.relu(self.bn1(self.conv1(features)))
        changed = self.relu(self.bn2(self.conv2(changed)))
        added: Tensor = self.relu(self.bn3(self.conv3(changed)) + kept)
        return added


class StridedResNet(Backbone):
    """The stem and the layers up to the deepest that is used.

    Args:
        depth: 18 or 50.
        base_width: channels of the stem; each layer doubles what the one before it has.
        used: levels that are returned; 0 is the stem after its ReLU (stride 2), 1 ... 4 are the
            layers (strides 4, 8, 16, 32).
        whole: also build what an ImageNet classifier has, up to ``fc``.
    """

    batchnorm_pairs = (("conv1", "bn1"),)

    def __init__(
        self,
        depth: int,
        *,
        base_width: int = 64,
        used: Sequence[int] = (2, 3),
        whole: bool = False,
    ) -> None:
        super().__init__()
        block = BottleneckBlock if depth == 50 else PlainBlock
        self.used = tuple(used)
        self.conv1 = nn.Conv2d(3, base_width, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(base_width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        widths = [base_width]
        for number in range(1, (4 if whole else max(self.used)) + 1):
            width, stride = base_width << (number - 1), 1 if number == 1 else 2
            wide = width * block.expansion
            blocks = [block(widths[-1], width, stride=stride)]
            blocks += [block(wide, width, stride=1) for _ in range(_BLOCKS[depth][number - 1] - 1)]
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
            widths.append(wide)
        if whole:
            self.fc = nn.Linear(widths[-1], _CLASSES)
        self.num_levels = len(widths)
        self.widths = tuple(widths[level] for level in self.used)
        normal_by_fan_out(self)

    def forward(self, image_B3HW: Tensor, used: Sequence[int] | None = None) -> list[Tensor]:
        """Return the maps of the used levels, or of those asked for here."""
        levels = self.used if used is None else tuple(used)
        stem = self.relu(self.bn1(self.conv1(image_B3HW)))
        maps = [stem]
        features = self.maxpool(stem)
        for number in range(1, max(levels) + 1):
            features = getattr(self, f"layer{number}")(features)
            maps.append(features)
        return [maps[level] for level in levels]


def shortcut(width_in: int, width: int, *, stride: int) -> nn.Sequential | None:
    """What brings a block's input to its output's shape; None where it has it already."""
    if stride == 1 and width_in == width:
        return None
    return nn.Sequential(nn.Conv2d(width_in, width, 1, stride, bias=False), nn.BatchNorm2d(width))


def normal_by_fan_out(network: nn.Module) -> None:
    """Normal convolutions of variance 2 / fan-out; batch norms stay neutral."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels
            nn.init.normal_(module.weight, std=math.sqrt(2 / fan_out))
