"""A network so narrow that every runtime loads it at once, in each form that weights come in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from feathertrack.engines.protocol import Images
from feathertrack.export import export_onnx
from feathertrack.models import Network, create_model
from feathertrack.weights import load_model, save_model


@pytest.fixture(scope="session")
def tiny_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights of a narrow student, with batch norms that do something."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = create_model("fdsiamfc", rates=[0.06, 0.05, 0.05, 0.05, 0.05])
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                torch.nn.init.uniform_(module.weight, 0.5, 1.5)
                torch.nn.init.normal_(module.bias)
                torch.nn.init.normal_(module.running_mean, 0, 20)
                torch.nn.init.uniform_(module.running_var, 500, 3000)
    return save_model(model.eval(), tmp_path_factory.mktemp("tiny") / "tiny.safetensors")


@pytest.fixture(scope="session")
def tiny_model(tiny_file: Path) -> Network:
    return load_model(tiny_file)


@pytest.fixture(scope="session")
def tiny_pair(tiny_model: Network, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``tiny.onnx``, the stem of the exported pair."""
    stem = tmp_path_factory.mktemp("pair") / "tiny.onnx"
    export_onnx(tiny_model, stem)
    return stem


@pytest.fixture(scope="session")
def templates() -> Images:
    return _noise(4, 127)


@pytest.fixture(scope="session")
def regions() -> Images:
    return _noise(6, 255)


def _noise(number: int, side: int) -> Images:
    return np.random.default_rng(side).integers(0, 256, (number, side, side, 3), np.uint8)
