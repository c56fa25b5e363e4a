"""A network as an engine, as it is: float32 pictures as well, nothing folded or aligned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.engines.protocol import Boxes, Features, NetworkInfo, Outputs
from feathertrack.models.box_network import BoxNetwork
from feathertrack.weights.info import network_info


@dataclass(frozen=True)
class PlainEngine:
    """See ``CallingEngine``; a single target at a time."""

    model: BoxNetwork
    name: str = "torch"
    device: str = "cpu"
    precision: str = "float32"
    threads: int | None = None

    @property
    def info(self) -> NetworkInfo:
        return network_info(self.model)

    def embed(self, template: NDArray[Any], boxes: Boxes | None = None) -> Features:
        given = () if boxes is None else (torch.from_numpy(boxes),)
        with torch.inference_mode():
            return Features(self.model.embed(_pictures(template), *given))

    def predict(self, features: Features, search: NDArray[Any]) -> Outputs:
        with torch.inference_mode():
            return _arrays(self.model.predict(features, _pictures(search)))  # type: ignore[arg-type]

    def call(self, name: str, *inputs: NDArray[Any]) -> Outputs:
        given = [_pictures(inputs[0])] if name == "features" else map(torch.from_numpy, inputs)
        with torch.inference_mode():
            return _arrays(getattr(self.model, name)(*given))


def _pictures(pictures: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float()


def _arrays(outputs: Tensor | tuple[Tensor, ...]) -> Outputs:
    several = (outputs,) if isinstance(outputs, Tensor) else outputs
    return tuple(output.numpy() for output in several)
