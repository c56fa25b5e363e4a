"""AlexNet without padding and without groups, of total stride 8: the backbone of pysot's fast one.

Five convolutions with biases, each followed by batch norm, then pooling where there is one, then
ReLU; the last has none. 127 pixels give 6 cells, 255 give 22, 287 give 26.

pysot registers it twice, the same but for the names: ``layer1`` ... ``layer5``, which are ours, and
``features.0`` ... ``features.15`` in its released files (``alexnetlegacy``); the table is
``FEATURES``.
"""

from __future__ import annotations

from torch import Tensor, nn

from feathertrack.models.backbones.backbone import Backbone

_KERNELS = (11, 5, 3, 3, 3)
_WIDTHS = (96, 256, 384, 384, 256)

FEATURES = {
    0: "layer1.0",
    1: "layer1.1",
    4: "layer2.0",
    5: "layer2.1",
    8: "layer3.0",
    9: "layer3.1",
    11: "layer4.0",
    12: "layer4.1",
    14: "layer5.0",
    15: "layer5.1",
}
"""Number of a module in ``features`` -> our name of it."""


class AlexNet(Backbone):
    """The five layers; one level, 256 channels."""

    widths = (_WIDTHS[-1],)

    def __init__(self) -> None:
        super().__init__()
        width_in = 3
        for number, (kernel, width) in enumerate(zip(_KERNELS, _WIDTHS, strict=True), start=1):
            convolution = nn.Conv2d(width_in, width, kernel, stride=2 if number == 1 else 1)
            pool = [nn.MaxPool2d(3, stride=2)] if number <= 2 else []
            relu = [nn.ReLU(inplace=True)] if number < 5 else []
            layer = nn.Sequential(convolution, nn.BatchNorm2d(width), *pool, *relu)
            self.add_module(f"layer{number}", layer)
            width_in = width

    def forward(self, image_B3HW: Tensor) -> list[Tensor]:
        """Return one map, (B, 256, h, w)."""
        features = image_B3HW
        for layer in self.children():
            features = layer(features)
        return [features]
