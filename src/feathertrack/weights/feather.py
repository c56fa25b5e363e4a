"""ImageNet weights of torchvision's MobileNetV2 as the trunk of the Feather networks.

They fit as they are, since these networks normalise pixels as ImageNet's classifiers do. A trunk
has the first blocks of each width; what it lacks is left out.
"""

from __future__ import annotations

from collections.abc import Mapping

from feathertrack.weights import atom
from feathertrack.weights.recognition import Recognised, State

PART = "trunk"


def recognise(state: State, options: Mapping[str, object]) -> Recognised | None:
    """Return a network whose trunk the tensors fill; None if they are something else.

    Args:
        state: the tensors of a file.
        options: not needed here.
    """
    named = atom.grouped_mobilenetv2(state)
    if named is None:
        return None
    return Recognised(
        name="feather_small",
        state={f"{PART}.{key}": tensor for key, tensor in named.items()},
        part=PART,
        whole=False,
    )
