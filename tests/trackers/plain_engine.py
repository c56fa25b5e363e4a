"""A network as an engine, as it is: float32 pictures as well, nothing folded or aligned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.engines.protocol import Boxes, Features, NetworkInfo, Outputs
from feathertrack.engines.requests import each_input
from feathertrack.models import create_model
from feathertrack.models.box_network import BoxNetwork
from feathertrack.weights.info import network_info
from tests.filling import fill


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
        arrays = each_input(inputs)
        given = (
            [_pictures(arrays[0])]
            if name == "features"
            else [each if isinstance(each, Tensor) else torch.from_numpy(each) for each in arrays]
        )
        with torch.inference_mode():
            return _arrays(getattr(self.model, name)(*given))


def engine(name: str) -> PlainEngine:
    """A network by name with the weights of the goldens' rule, or small random ones."""
    torch.manual_seed(0)
    model = create_model(name)
    assert isinstance(model, BoxNetwork)
    if name.startswith("drnet"):
        with torch.no_grad():
            model.bb_regressor.predictor.weight *= 0.01
    else:
        fill(model)
    return PlainEngine(model.eval())


def _pictures(pictures: NDArray[Any]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2).float()


def _arrays(outputs: Tensor | tuple[Tensor, ...]) -> Outputs:
    several = (outputs,) if isinstance(outputs, Tensor) else outputs
    return tuple(output.numpy() for output in several)
