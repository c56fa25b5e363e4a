"""A moving average of a network's weights, which tracks better than the weights of one step."""

from __future__ import annotations

import copy

import torch
from torch import Tensor

from feathertrack.errors import InputError
from feathertrack.models.network import Network


class AveragedNetwork:
    """A copy of a network whose floating-point state follows it slowly.

    After n updates the decay is min(decay, (1 + n) / (10 + n)), so that the random weights of the
    beginning are soon forgotten. Counters are copied as they are.

    Args:
        network: what is followed; it is left as it is.
        decay: share of the old average in the new one.

    Raises:
        InputError: the decay is not in (0, 1).
    """

    def __init__(self, network: Network, *, decay: float) -> None:
        if not 0 < decay < 1:
            raise InputError(f"loop.ema must be 0 or lie between 0 and 1, got {decay}")
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.decay = decay
        self.num_updates = 0

    @torch.no_grad()
    def update(self, network: Network) -> None:
        """Follow the network by one step."""
        decay = min(self.decay, (1 + self.num_updates) / (10 + self.num_updates))
        self.num_updates += 1
        averages: list[Tensor] = []
        values: list[Tensor] = []
        current = network.state_dict()
        for name, average in self.network.state_dict().items():
            if average.is_floating_point():
                averages.append(average)
                values.append(current[name])
            else:
                average.copy_(current[name])
        torch._foreach_lerp_(averages, values, 1.0 - decay)

    def state_dict(self) -> dict[str, object]:
        """What a checkpoint keeps."""
        return {"network": self.network.state_dict(), "num_updates": self.num_updates}

    def load_state_dict(self, state: dict[str, object]) -> None:
        """Go on from what a checkpoint kept."""
        self.network.load_state_dict(state["network"])  # type: ignore[arg-type]
        self.num_updates = int(state["num_updates"])  # type: ignore[call-overload]
