"""Networks and pictures filled by the rule of the goldens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from tests.goldens.fill import fill_image, fill_state_dict


def fill(model: nn.Module, *, salt: int = 0) -> None:
    """Give a network, in place, the weights that the rule makes from its names and shapes."""
    model.load_state_dict(filled_state(shapes_of(model), salt=salt), strict=True)


def filled_state(shapes: Mapping[str, Sequence[int]], *, salt: int = 0) -> dict[str, Tensor]:
    """A state dict for names and shapes."""
    return {key: torch.as_tensor(value) for key, value in fill_state_dict(shapes, salt).items()}


def shapes_of(model: nn.Module) -> dict[str, list[int]]:
    """Key table of a network: name -> shape, in order."""
    return {key: list(value.shape) for key, value in model.state_dict().items()}


def pictures(inputs: Mapping[str, Any]) -> dict[str, Tensor]:
    """The inputs that a golden's json describes, by name."""
    return {
        name: torch.from_numpy(fill_image(name, how["shape"] if isinstance(how, dict) else how))
        for name, how in inputs.items()
        if isinstance(how, list) or (isinstance(how, dict) and "shape" in how)
    }
