"""What a family says about a file of weights whose keys it knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

State = Mapping[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """How to build the network that a file holds, and its tensors under our names.

    Attributes:
        name: name of the model, for ``create_model``.
        options: keyword options of its builder.
        state: a complete state dict of that network.
    """

    name: str
    state: State
    options: Mapping[str, object] = field(default_factory=dict)


Recogniser = Callable[[State], Recognised | None]
"""Returns None when the keys are not those of the family, and raises WeightsError when they are but
the tensors do not fit."""
