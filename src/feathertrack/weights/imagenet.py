"""torchvision's MobileNetV2, trained on ImageNet, as the backbone of SiamRPN++ and SiamKPN.

Three differences are bridged, and all of them exactly, so that a frozen backbone computes what the
classifier's layers computed (but for the borders and the dilation):

- It was trained on RGB of 0..1, normalised by ImageNet's mean and deviation; ours gets BGR of
  0..255. Both are linear, and there is no padding in the stem: they go into the stem's convolution
  and the mean of its batch norm.
- pysot's first block widens by a convolution that torchvision's lacks: it becomes the identity.
- What lies beyond the last level is left out: all of the classifier, and layers that the network
  which is to be filled does not use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from feathertrack.models.backbones.mobilenetv2 import MobileNetV2
from feathertrack.weights.recognition import Recognised, State

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

_BEYOND = ("features.18.", "classifier.")
_WIDENING = "layer1.0.conv."
"""Where torchvision's first block has nothing: 0 is the convolution, 1 its batch norm."""


def recognise(state: State, options: Mapping[str, object]) -> Recognised | None:
    """Return the network whose ``backbone`` the tensors fill; None if they are something else.

    Args:
        state: the tensors of a file.
        options: of the network's builder: which layers are used, and the stride.
    """
    stem = state.get("features.0.0.weight")
    if stem is None or tuple(stem.shape) != (32, 3, 3, 3):
        return None
    with torch.device("meta"):
        whole = MobileNetV2(multiplier=1.0).state_dict()
        kept = MobileNetV2(multiplier=1.0, **_of_backbone(options)).state_dict()
    named = _by_position(_values(state), whole)
    if any(key not in named or named[key].shape != whole[key].shape for key in _counted(whole)):
        return None
    return Recognised(
        name="siamrpn_mobilenetv2",
        options={"multiplier": 1.0},
        state={
            f"backbone.{key}": value for key, value in _from_pixels(named).items() if key in kept
        },
        part="backbone",
    )


def _of_backbone(options: Mapping[str, object]) -> dict[str, Any]:
    """Those options of a network that are its backbone's."""
    return {name: options[name] for name in ("used", "stride") if name in options}


def _values(state: State) -> list[torch.Tensor]:
    return [state[key] for key in _counted(state) if not key.startswith(_BEYOND)]


def _counted(state: State) -> list[str]:
    return [key for key in state if not key.endswith("num_batches_tracked")]


def _by_position(values: list[torch.Tensor], ours: State) -> dict[str, torch.Tensor]:
    """Name the i-th tensor as the i-th of ours, since both list them in the same order."""
    widening = {
        f"{_WIDENING}{end}" for end in ("0.weight", *(f"1.{leaf}" for leaf in _identity_norm(1)))
    }
    keys = [key for key in _counted(ours) if key not in widening]
    named = dict(zip(keys, values, strict=False)) if len(keys) == len(values) else {}
    width = ours[f"{_WIDENING}0.weight"].shape[0]
    named[f"{_WIDENING}0.weight"] = torch.eye(width)[:, :, None, None]
    return named | {f"{_WIDENING}1.{leaf}": value for leaf, value in _identity_norm(width).items()}


def _identity_norm(width: int, *, eps: float = 1e-5) -> dict[str, torch.Tensor]:
    """A batch norm that changes nothing."""
    return {
        "weight": torch.full((width,), (1.0 + eps) ** 0.5),
        "bias": torch.zeros(width),
        "running_mean": torch.zeros(width),
        "running_var": torch.ones(width),
    }


def _from_pixels(named: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Let the stem take BGR of 0..255 instead of normalised RGB."""
    weight = named["layer0.0.weight"].double()
    mean, std = (torch.tensor(one, dtype=torch.float64)[:, None, None] for one in (_MEAN, _STD))
    lowered = (weight * (mean / std)).sum((1, 2, 3))  # what the mean takes off every answer
    scaled = (weight / (255 * std)).flip(1)
    return {
        **named,
        "layer0.0.weight": scaled.to(named["layer0.0.weight"].dtype),
        "layer0.1.running_mean": (named["layer0.1.running_mean"].double() + lowered).to(
            named["layer0.1.running_mean"].dtype
        ),
    }
