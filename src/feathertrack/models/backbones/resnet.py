"""ResNet of total stride 8, dilated where the original would halve the map again.

He et al., Deep Residual Learning for Image Recognition, CVPR 2016, arXiv 1512.03385; this form is
that of SiamRPN++ (pysot, SiamKPN and mmtracking alike): no padding in the stem and in convolutions
of stride 2, layers 3 and 4 dilated by 2 and 4, and 3 x 3 convolutions in the shortcuts, so that
torchvision's weights do not fit. 127 pixels give 15 cells, 255 give 31.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor, nn

from feathertrack.models.backbones.backbone import Backbone

_BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
_STRIDES = (1, 2, 1, 1)
_DILATIONS = (1, 1, 2, 4)


def _convolution3x3(width_in: int, width: int, *, stride: int = 1, dilation: int = 1) -> nn.Conv2d:
    """Padded by the dilation, or not at all where it halves the map."""
    padding = dilation if dilation > 1 else 2 - stride
    return nn.Conv2d(width_in, width, 3, stride, padding, dilation, bias=False)


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions and a shortcut: the block of ResNet-18 and 34."""

    expansion = 1
    batchnorm_pairs = (("conv1", "bn1"), ("conv2", "bn2"))

    def __init__(
        self, width_in: int, width: int, *, stride: int, dilation: int, shortcut: nn.Module | None
    ) -> None:
        super().__init__()
        first = dilation // 2 if shortcut is not None and dilation > 1 else dilation
        self.conv1 = _convolution3x3(width_in, width, stride=stride, dilation=first)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = _convolution3x3(width, width, dilation=dilation)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = shortcut

    def forward(self, features: Tensor) -> Tensor:
        """(B, width_in, H, W) -> (B, width, h, w)."""
        kept = features if self.downsample is None else self.downsample(features)
        changed = self.relu(self.bn1(self.conv1(features)))
        added: Tensor = self.relu(self.bn2(self.conv2(changed)) + kept)
        return added


class Bottleneck(nn.Module):
    """1 x 1, 3 x 3 and 1 x 1 convolutions and a shortcut: the block of ResNet-50."""

    expansion = 4
    batchnorm_pairs = (("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3"))

    def __init__(
        self, width_in: int, width: int, *, stride: int, dilation: int, shortcut: nn.Module | None
    ) -> None:
        super().__init__()
        middle = dilation // 2 if shortcut is not None and dilation > 1 else dilation
        self.conv1 = nn.Conv2d(width_in, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = _convolution3x3(width, width, stride=stride, dilation=middle)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * self.expansion, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = shortcut

    def forward(self, features: Tensor) -> Tensor:
        """(B, width_in, H, W) -> (B, 4 * width, h, w)."""
        kept = features if self.downsample is None else self.downsample(features)
        changed = self.relu(self.bn1(self.conv1(features)))
        changed = self.relu(self.bn2(self.conv2(changed)))
        added: Tensor = self.relu(self.bn3(self.conv3(changed)) + kept)
        return added


class DilatedResNet(Backbone):
    """The stem and the layers up to the deepest that is used.

    Args:
        depth: 18, 34 or 50.
        used: levels that are returned; 0 is the stem's convolution, 1 ... 4 are the layers.
    """

    batchnorm_pairs = (("conv1", "bn1"),)

    def __init__(self, depth: int, *, used: Sequence[int] = (2, 3, 4)) -> None:
        super().__init__()
        block = Bottleneck if depth == 50 else BasicBlock
        self.used = tuple(used)
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        widths = [64]
        for number in range(1, max(self.used) + 1):
            width, stride, dilation = 32 << number, _STRIDES[number - 1], _DILATIONS[number - 1]
            wide = width * block.expansion
            shortcut = _shortcut(widths[-1], wide, stride=stride, dilation=dilation)
            blocks = [block(widths[-1], width, stride=stride, dilation=dilation, shortcut=shortcut)]
            for _ in range(_BLOCKS[depth][number - 1] - 1):
                blocks.append(block(wide, width, stride=1, dilation=dilation, shortcut=None))
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
            widths.append(wide)
        self.widths = tuple(widths[level] for level in self.used)
        _initialise(self)

    def forward(self, image_B3HW: Tensor) -> list[Tensor]:
        """Return the maps of the used levels."""
        stem = self.relu(self.bn1(self.conv1(image_B3HW)))
        features, maps = self.maxpool(stem), [stem]
        for number in range(1, max(self.used) + 1):
            features = getattr(self, f"layer{number}")(features)
            maps.append(features)
        return [maps[level] for level in self.used]


def _shortcut(width_in: int, width: int, *, stride: int, dilation: int) -> nn.Sequential | None:
    """What brings a layer's input to its output's shape; None where it has it already."""
    if stride == 1 and width_in == width:
        return None
    if stride == 1 and dilation == 1:
        convolution = nn.Conv2d(width_in, width, 1, bias=False)
    elif dilation > 1:
        half = dilation // 2
        convolution = nn.Conv2d(width_in, width, 3, stride, half, half, bias=False)
    else:
        convolution = nn.Conv2d(width_in, width, 3, stride, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(width))


def _initialise(network: nn.Module) -> None:
    """Normal convolutions by fan-out, neutral batch norms, as pysot does."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            fan_out = module.kernel_size[0] * module.kernel_size[1] * module.out_channels
            nn.init.normal_(module.weight, std=math.sqrt(2 / fan_out))
