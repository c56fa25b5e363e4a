"""Feature extractors of the networks: a picture in, one map per level out.

A backbone is an ``nn.Module`` with ``widths``, the channels of the levels that it returns; its
parameters have the names of the public code, so that official weights load without a table.
"""

from __future__ import annotations

from feathertrack.models.backbones.alexnet import AlexNet
from feathertrack.models.backbones.backbone import Backbone
from feathertrack.models.backbones.mobilenetv2 import MobileNetV2
from feathertrack.models.backbones.resnet import DilatedResNet

__all__ = ["AlexNet", "Backbone", "DilatedResNet", "MobileNetV2"]
