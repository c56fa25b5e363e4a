"""What SiamRPN++ and SiamKPN files share: which backbone, necks of which widths.

Shapes and names tell all of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from feathertrack.errors import WeightsError
from feathertrack.models.backbones.alexnet import FEATURES
from feathertrack.models.backbones.mobilenetv2 import multiplied
from feathertrack.models.siamrpn import WIDTHS
from feathertrack.weights.recognition import State, first, renamed

_FEATURES = re.compile(r"backbone\.features\.(\d+)\.(\w+)")
_MOBILENET_ENDS = ("layer0.0", "layer7.0.conv.6")
_NECK = re.compile(r"neck\.downsample\d*\.downsample\.0\.weight")


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """Backbone and neck of a file.

    Attributes:
        backbone: what the names of our models end in: ``alexnet``, ``mobilenetv2``, ``r50``, ...
        options: options of the builder that follow.
    """

    backbone: str
    options: dict[str, object] = field(default_factory=dict)


def rename_features(state: State) -> State:
    """Give the AlexNet of pysot's released files the names of its training configurations, ours."""

    def name_of(key: str) -> str:
        found = _FEATURES.fullmatch(key)
        known = found and int(found[1]) in FEATURES
        return f"backbone.{FEATURES[int(found[1])]}.{found[2]}" if found and known else key

    return renamed(state, name_of)


def name_features(state: State) -> State:
    """Undo :func:`rename_features`."""
    numbers = {name: number for number, name in FEATURES.items()}

    def name_of(key: str) -> str:
        module, _, leaf = key.removeprefix("backbone.").rpartition(".")
        known = key.startswith("backbone.") and module in numbers
        return f"backbone.features.{numbers[module]}.{leaf}" if known else key

    return renamed(state, name_of)


def find_architecture(state: State) -> Architecture:
    """Return backbone and neck of a state dict under pysot's names.

    Raises:
        WeightsError: the backbone is none of ours.
    """
    found = _find_backbone(state)
    widths = [
        tensor.shape[0] for key, tensor in state.items() if _NECK.fullmatch(key) and tensor.ndim
    ]
    if widths and tuple(widths) != WIDTHS:
        found.options["widths"] = widths
    return found


def _find_backbone(state: State) -> Architecture:
    if "backbone.conv1.weight" in state:
        if "backbone.layer1.0.conv3.weight" in state:
            return Architecture(backbone="r50")
        return Architecture(backbone="r34" if "backbone.layer2.2.conv1.weight" in state else "r18")
    if "backbone.layer0.0.weight" in state:
        ends = [state.get(f"backbone.{name}.weight") for name in _MOBILENET_ENDS]
        channels = [len(tensor) for tensor in ends if tensor is not None and tensor.ndim]
        multiplier = multiplied(*channels) if channels else None
        if multiplier is None:
            raise WeightsError(
                f"no MobileNetV2 has {channels or 'no'} channels in its first and last layer"
            )
        options = {} if multiplier == 1.4 else {"multiplier": multiplier}
        return Architecture(backbone="mobilenetv2", options=dict(options))
    if "backbone.layer1.0.weight" in state:
        return Architecture(backbone="alexnet")
    raise WeightsError(f"it has none of the backbones known here; its tensors are {first(state)}")
