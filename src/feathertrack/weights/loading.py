"""Load a network from a file: ours, or any official checkpoint of the families."""

from __future__ import annotations

from pathlib import Path

import torch

from feathertrack.errors import WeightsError
from feathertrack.models import Network, create_model
from feathertrack.weights import siamfc
from feathertrack.weights.digest import file_digest
from feathertrack.weights.recognition import Recogniser

RECOGNISERS: dict[str, Recogniser] = {"siamfc": siamfc.recognise}


def load_model(path: str | Path, *, name: str | None = None) -> Network:
    """Return the network that a file holds, on the CPU, in evaluation mode."""
    digest = file_digest(path)
    state = torch.load(Path(path), map_location="cpu", weights_only=True)
    for recognise in RECOGNISERS.values():
        recognised = recognise(state)
        if recognised is not None:
            model = create_model(name or recognised.name, **recognised.options)
            model.load_state_dict(recognised.state, strict=True)
            model.digest = digest
            return model.eval()
    raise WeightsError(f"{path} holds the weights of no known family")
