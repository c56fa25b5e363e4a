"""Files that hold a backbone alone, such as ``resnet50.model``, where pysot starts training."""

from __future__ import annotations

from collections.abc import Mapping

from feathertrack.weights.recognition import Recognised, State
from feathertrack.weights.siamese import find_architecture, rename_features

_FIRST = {"conv1.weight": 7, "layer0.0.weight": 3, "layer1.0.weight": 11, "features.0.weight": 11}
"""The first convolution of ResNet, MobileNetV2, and AlexNet under either name -> its side."""

_CLASSIFIER = ("fc.", "classifier.")


def recognise(state: State, options: Mapping[str, object]) -> Recognised | None:
    """Return the network whose ``backbone`` the tensors are; None if they are something else.

    Args:
        state: the tensors of a file.
        options: not needed here.
    """
    if not any(
        key in state and state[key].shape[1:] == (3, side, side) for key, side in _FIRST.items()
    ):
        return None
    kept = {
        f"backbone.{key}": tensor
        for key, tensor in state.items()
        if not key.startswith(_CLASSIFIER)
    }
    kept = dict(rename_features(kept))
    found = find_architecture(kept)
    return Recognised(
        name=f"siamrpn_{found.backbone}", options=found.options, state=kept, part="backbone"
    )
