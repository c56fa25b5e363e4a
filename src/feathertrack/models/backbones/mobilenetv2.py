"""MobileNetV2 of total stride 8, dilated where the original would halve the map again, or of 16.

Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018, arXiv 1801.04381;
this form is pysot's: the convolutions of stride 2 have no padding, the expansion is there in the
first block too, and the last three layers are dilated. 127 pixels give 15 cells, 255 give 31; with
stride 16, which is ours, 7 and 15 at a fraction of the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch import Tensor, nn

from feathertrack.errors import InputError
from feathertrack.models.backbones.backbone import Backbone


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """Blocks of one width: the first has the stride."""

    width: int
    blocks: int
    expansion: int = 6
    stride: int = 1
    dilation: int = 1


_STEM_WIDTH = 32
_LAYERS = (
    _Layer(width=16, blocks=1, expansion=1),
    _Layer(width=24, blocks=2, stride=2),
    _Layer(width=32, blocks=3, stride=2),
    _Layer(width=64, blocks=4, dilation=2),
    _Layer(width=96, blocks=3, dilation=2),
    _Layer(width=160, blocks=3, dilation=4),
    _Layer(width=320, blocks=1, dilation=4),
)


USED = (3, 5, 7)
"""The layers that pysot uses."""


class InvertedResidual(nn.Module):
    """Widen by 1 x 1, convolve each channel by 3 x 3, narrow by 1 x 1 without activation."""

    def __init__(
        self, width_in: int, width_out: int, *, expansion: int, stride: int, dilation: int
    ) -> None:
        super().__init__()
        middle = width_in * expansion
        depthwise = nn.Conv2d(
            middle,
            middle,
            3,
            stride,
            padding=dilation if dilation > 1 else 2 - stride,
            dilation=dilation,
            groups=middle,
            bias=False,
        )
        self.conv = nn.Sequential(
            nn.Conv2d(width_in, middle, 1, bias=False),
            nn.BatchNorm2d(middle),
            nn.ReLU6(inplace=True),
            depthwise,
            nn.BatchNorm2d(middle),
            nn.ReLU6(inplace=True),
            nn.Conv2d(middle, width_out, 1, bias=False),
            nn.BatchNorm2d(width_out),
        )
        self.adds = stride == 1 and width_in == width_out

    def forward(self, features: Tensor) -> Tensor:
        """(B, width_in, H, W) -> (B, width_out, h, w)."""
        changed: Tensor = self.conv(features)
        return features + changed if self.adds else changed


class MobileNetV2(Backbone):
    """Layers ``layer0`` (the stem) to ``layer7``, every width times ``multiplier``.

    Args:
        multiplier: 1.4 in pysot.
        used: the layers whose maps are returned, ascending; those beyond the last are not built.
        stride: 8 as in pysot, or 16: layer 4 halves the map, and what follows is not dilated.

    Raises:
        InputError: another stride, or layers that are none or do not have that stride.
    """

    def __init__(
        self, *, multiplier: float = 1.4, used: Sequence[int] = USED, stride: int = 8
    ) -> None:
        super().__init__()
        layers = _layers(stride, used)
        width_in = int(_STEM_WIDTH * multiplier)
        self.layer0 = nn.Sequential(
            nn.Conv2d(3, width_in, 3, stride=2, bias=False),
            nn.BatchNorm2d(width_in),
            nn.ReLU6(inplace=True),
        )
        self.used = tuple(used)
        self.widths = tuple(int(layers[number - 1].width * multiplier) for number in self.used)
        dilation = 1
        for number, layer in enumerate(layers[: max(self.used)], start=1):
            width = int(layer.width * multiplier)
            # Where the dilation grows, the first block keeps half of it.
            first = layer.dilation if layer.dilation == dilation else max(layer.dilation // 2, 1)
            dilation = layer.dilation
            blocks = [_block(layer, width_in, width, stride=layer.stride, dilation=first)]
            for _ in range(layer.blocks - 1):
                blocks.append(_block(layer, width, width, stride=1, dilation=dilation))
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
            width_in = width

    def forward(self, image_B3HW: Tensor) -> list[Tensor]:
        """Return the maps of the used layers."""
        features, levels = image_B3HW, []
        for number, layer in enumerate(self.children()):
            features = layer(features)
            if number in self.used:
                levels.append(features)
        return levels


def multiplied(first: int, last: int | None = None) -> float | None:
    """Return a multiplier with these channels in the stem and in layer 7, None if there is none.

    >>> multiplied(44, 448)
    1.4
    """
    for tick in range(1, 401):
        multiplier = tick / 100
        widths = int(_STEM_WIDTH * multiplier), int(_LAYERS[-1].width * multiplier)
        if widths == (first, widths[1] if last is None else last):
            return multiplier
    return None


def _layers(stride: int, used: Sequence[int]) -> tuple[_Layer, ...]:
    """The layers of a backbone of a stride."""
    if stride not in (8, 16):
        raise InputError(f"the stride of MobileNetV2 is 8 or 16 here, got {stride}")
    first = 3 if stride == 8 else 4  # before it, maps are larger
    if not used or sorted(set(used)) != list(used) or used[0] < first or used[-1] > len(_LAYERS):
        raise InputError(
            f"with stride {stride}, ascending ones of layers {first} to {len(_LAYERS)} can be "
            f"used, got {list(used)}"
        )
    if stride == 8:
        return _LAYERS
    strides = (2 if number == 4 else layer.stride for number, layer in enumerate(_LAYERS, start=1))
    return tuple(
        replace(layer, stride=stride, dilation=1)
        for layer, stride in zip(_LAYERS, strides, strict=True)
    )


def _block(
    layer: _Layer, width_in: int, width: int, *, stride: int, dilation: int
) -> InvertedResidual:
    return InvertedResidual(
        width_in, width, expansion=layer.expansion, stride=stride, dilation=dilation
    )
