"""A MobileNetV2 as the trunk of the Feather networks: ImageNet weights of torchvision, or trained.

They fit as they are, since these networks normalise pixels as ImageNet's classifiers do. A trunk
has the first blocks of each width; what it lacks is left out. The trunk of a trained Feather
network (``scripts/take_trunk.py``) begins another of its family in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from feathertrack.weights import atom
from feathertrack.weights.recognition import Recognised, State

PART = "trunk"
_GROUP = re.compile(rf"{PART}\.layer[1-4]\.")


def recognise(state: State, options: Mapping[str, object]) -> Recognised | None:
    """Return a network whose trunk the tensors fill; None if they are something else.

    Args:
        state: the tensors of a file.
        options: not needed here.
    """
    if state and all(key.startswith(f"{PART}.conv1.") or _GROUP.match(key) for key in state):
        named = dict(state)
    elif (imagenet := atom.grouped_mobilenetv2(state)) is not None:
        named = {f"{PART}.{key}": tensor for key, tensor in imagenet.items()}
    else:
        return None
    return Recognised(
        name="feather_small",
        state=named,
        part=PART,
        whole=False,
    )
