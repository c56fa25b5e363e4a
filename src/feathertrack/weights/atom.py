"""Official files of ATOM and DRNet (pytracking, CFKD), and ImageNet weights for their backbones.

Their files hold, unused, all that an ImageNet classifier has; it is checked and left out. Names are
otherwise ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from feathertrack.errors import WeightsError
from feathertrack.models.backbones.backbone import Backbone
from feathertrack.models.backbones.se_resnet import SEResNet50
from feathertrack.models.backbones.strided_mobilenetv2 import StridedMobileNetV2
from feathertrack.models.backbones.strided_resnet import StridedResNet
from feathertrack.weights.recognition import Recognised, State, first

BACKBONE, HEAD = "feature_extractor.", "bb_regressor."

_UNUSED = ("layer4.", "fc.", "classifier.", "last_linear.")

_RESNETS = {64: "r18", 32: "r18_medium", 16: "r18_small", 8: "r18_tiny"}
"""Channels of the stem of a ResNet-18 -> what the names of its models end in."""

_WHOLE: Mapping[str, Callable[[], Backbone]] = {
    "r18": lambda: StridedResNet(18, whole=True),
    "r18_medium": lambda: StridedResNet(18, base_width=32, whole=True),
    "r18_small": lambda: StridedResNet(18, base_width=16, whole=True),
    "r18_tiny": lambda: StridedResNet(18, base_width=8, whole=True),
    "r50": lambda: StridedResNet(50, whole=True),
    "se_r50": lambda: SEResNet50(whole=True),
    "mobilenetv2": lambda: StridedMobileNetV2(whole=True),
}

_DRNETS = ("r50", "se_r50")


def recognise(state: State, options: Mapping[str, object]) -> Recognised | None:
    """Return which network of both families the tensors belong to; None if it is neither's.

    Args:
        state: the tensors of a file.
        options: not needed here.

    Raises:
        WeightsError: the keys are theirs, but the network is none of ours.
    """
    if not any(key.startswith(HEAD) for key in state):
        return None
    backbone = _part(state, BACKBONE)
    kind = _find_backbone(backbone)
    if kind is None:
        raise WeightsError(
            f"it has none of the backbones of ATOM and DRNet; its tensors are {first(state)}"
        )
    family = "drnet" if f"{HEAD}box_predictor.weight" in state else "atom"
    used = {f"{BACKBONE}{key}" for key in _without_unused(backbone, kind)}
    kept = {key: state[key] for key in state if key in used or not key.startswith(BACKBONE)}
    return Recognised(name=f"{family}_{kind}", state=kept)


def recognise_backbone(state: State, options: Mapping[str, object]) -> Recognised | None:
    """Return the network whose backbone the ImageNet weights of a file are; None otherwise.

    Those of torchvision and of Cadene's SE-ResNet-50 fit by name. MobileNetV2 is found by the
    names of torchvision's old and new files and fits by position, since both list their tensors in
    the same order.

    Args:
        state: the tensors of a file.
        options: not needed here.

    Raises:
        WeightsError: it is such a backbone, but not a whole one.
    """
    state = grouped_mobilenetv2(state) or state
    kind = _find_backbone(state)
    if kind is None:
        return None
    kept = {f"{BACKBONE}{key}": value for key, value in _without_unused(state, kind).items()}
    family = "drnet" if kind in _DRNETS else "atom"
    return Recognised(name=f"{family}_{kind}", state=kept, part=BACKBONE.rstrip("."))


def grouped_mobilenetv2(state: State) -> State | None:
    """The ImageNet weights of a MobileNetV2 under the names of the grouped one, None of another.

    Raises:
        WeightsError: it is such a network, but not a whole one.
    """
    stem = state.get("features.0.0.weight")
    return None if stem is None or stem.shape[1:] != (3, 3, 3) else _by_position(state)


def _find_backbone(state: State) -> str | None:
    """What the names of our models on this backbone end in."""
    if "layer0.conv1.weight" in state and any(".se_module." in key for key in state):
        return "se_r50"
    if "conv1.0.0.weight" in state:
        return "mobilenetv2"
    stem, shortcut = (state.get(f"{key}.weight") for key in ("conv1", "layer2.0.downsample.0"))
    if stem is None or stem.shape[1:] != (3, 7, 7):
        return None
    # The dilated ResNets of pysot, which have the same names, have 3 x 3 convolutions there.
    if shortcut is None or shortcut.shape[2:] != (1, 1):
        return None
    if "layer1.0.conv3.weight" in state:
        return "r50"
    return None if "layer2.2.conv1.weight" in state else _RESNETS.get(stem.shape[0])


def _part(state: State, prefix: str) -> State:
    return {
        key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)
    }


def _without_unused(state: State, kind: str) -> State:
    """The tensors up to ``layer3``; those beyond it must be what a classifier has, if there."""
    with torch.device("meta"):
        whole = _WHOLE[kind]().state_dict()
    unused = {key: value for key, value in state.items() if key.startswith(_UNUSED)}
    for key, value in unused.items():
        if key not in whole:
            raise WeightsError(f"no backbone {kind} has a tensor {first([key])}")
        # A classifier may have been trained on other classes.
        if key.startswith(_UNUSED[0]) and value.shape != whole[key].shape:
            raise WeightsError(
                f"{first([key])} is {tuple(value.shape)} instead of {tuple(whole[key].shape)}"
            )
    return {key: value for key, value in state.items() if key not in unused}


def _by_position(state: State) -> State:
    """Give torchvision's MobileNetV2 the names of the grouped one: the i-th is the i-th."""
    with torch.device("meta"):
        whole = StridedMobileNetV2(whole=True).state_dict()
    given, ours = ([key for key in keys if "num_batches" not in key] for keys in (state, whole))
    if len(given) not in (len(ours), len(ours) - 2):  # with or without its classifier
        raise WeightsError(
            f"a MobileNetV2 has {len(ours)} tensors besides its counters, this one {len(given)}"
        )
    named = dict(zip(ours, (state[key] for key in given), strict=False))
    wrong = [key for key, value in named.items() if value.shape != whole[key].shape]
    if any(not key.startswith("classifier.") for key in wrong):
        raise WeightsError(f"as MobileNetV2 of width 1 its shapes are wrong: {first(wrong)}")
    return named
