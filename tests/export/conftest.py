from __future__ import annotations

import pytest
import torch

from feathertrack.export import ExportedFiles, export_onnx
from feathertrack.models import Network, create_model


@pytest.fixture(scope="session")
def model() -> Network:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        return create_model("fdsiamfc", rates=[0.3, 0.05, 0.05, 0.05, 0.05]).eval()


@pytest.fixture(scope="session")
def files(model: Network, tmp_path_factory: pytest.TempPathFactory) -> ExportedFiles:
    return export_onnx(model, tmp_path_factory.mktemp("export"))
