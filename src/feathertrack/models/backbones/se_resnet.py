"""SE-ResNet-50 of total stride 16: ResNet-50 whose blocks weigh their channels.

Hu et al., Squeeze-and-Excitation Networks, CVPR 2018, arXiv 1709.01507; names and details are those
of Cadene's pretrained-models.pytorch: the first 1 x 1 convolution of a block has the stride, and
the stem's pooling rounds up instead of padding.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from torch import Tensor, nn

from feathertrack.models.backbones.backbone import Backbone
from feathertrack.models.backbones.strided_resnet import shortcut

_BLOCKS = (3, 4, 6, 3)
_REDUCTION = 16
_EXPANSION = 4
_CLASSES = 1000


class SqueezeExcite(nn.Module):
    """Every channel times a weight between 0 and 1, computed from the means of all channels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(width, width // _REDUCTION, 1)
        self.relu = nn.ReLU(inplace=True)
        self.fc2 = nn.Conv2d(width // _REDUCTION, width, 1)

    def forward(self, features: Tensor) -> Tensor:
        """(B, width, h, w) -> the same shape."""
        means = features.mean((2, 3), keepdim=True)
        weights: Tensor = self.fc2(self.relu(self.fc1(means))).sigmoid()
        return features * weights


class SqueezeExciteBottleneck(nn.Module):
    """1 x 1 with the stride, 3 x 3 and 1 x 1 convolutions, weighed, and a shortcut."""

    batchnorm_pairs = (("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3"))

    def __init__(self, width_in: int, width: int, *, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width_in, width, 1, stride, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, width * _EXPANSION, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width * _EXPANSION)
        self.relu = nn.ReLU(inplace=True)
        self.se_module = SqueezeExcite(width * _EXPANSION)
        self.downsample = shortcut(width_in, width * _EXPANSION, stride=stride)

    def forward(self, features: Tensor) -> Tensor:
        """(B, width_in, H, W) -> (B, 4 * width, h, w)."""
        kept = features if self.downsample is None else self.downsample(features)
        changed = self.relu(self.bn1(self.conv1(features)))
        changed = self.relu(self.bn2(self.conv2(changed)))
        added: Tensor = self.relu(self.se_module(self.bn3(self.conv3(changed))) + kept)
        return added


class SEResNet50(Backbone):
    """The stem ``layer0`` and the layers up to the deepest that is used.

    Args:
        used: levels that are returned; 0 is the stem after its pooling (stride 4), 1 ... 4 are the
            layers (strides 4, 8, 16, 32).
        whole: also build what an ImageNet classifier has, up to ``last_linear``.
    """

    def __init__(self, *, used: Sequence[int] = (2, 3), whole: bool = False) -> None:
        super().__init__()
        self.used = tuple(used)
        self.layer0 = nn.Sequential(
            OrderedDict(
                conv1=nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),
                bn1=nn.BatchNorm2d(64),
                relu1=nn.ReLU(inplace=True),
                pool=nn.MaxPool2d(3, stride=2, ceil_mode=True),
            )
        )
        widths = [64]
        for number in range(1, (4 if whole else max(self.used)) + 1):
            width, stride = 32 << number, 1 if number == 1 else 2
            wide = width * _EXPANSION
            blocks = [SqueezeExciteBottleneck(widths[-1], width, stride=stride)]
            for _ in range(_BLOCKS[number - 1] - 1):
                blocks.append(SqueezeExciteBottleneck(wide, width, stride=1))
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
            widths.append(wide)
        if whole:
            self.last_linear = nn.Linear(widths[-1], _CLASSES)
        self.num_levels = len(widths)
        self.widths = tuple(widths[level] for level in self.used)

    def forward(self, image_B3HW: Tensor, used: Sequence[int] | None = None) -> list[Tensor]:
        """Return the maps of the used levels, or of those asked for here."""
        levels = self.used if used is None else tuple(used)
        features, maps = image_B3HW, []
        for number in range(max(levels) + 1):
            features = getattr(self, f"layer{number}")(features)
            maps.append(features)
        return [maps[level] for level in levels]
