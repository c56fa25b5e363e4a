"""Feather networks as files: both outputs, any number of templates and regions."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from feathertrack.export import export_onnx, export_openvino, verify_export
from feathertrack.models import create_model


@pytest.mark.parametrize(
    "name",
    [
        "feather_nano",
        pytest.param("feather_small", marks=pytest.mark.slow),
        pytest.param("feather_base", marks=pytest.mark.slow),
    ],
)
def test_exported_files_compute_what_the_network_does(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = create_model(name).eval()
    for output in (model.score, model.box):
        assert isinstance(output, nn.Conv2d)
        nn.init.normal_(output.weight, std=0.1)
    files = export_onnx(model, tmp_path)
    assert verify_export(model, files.embed, batches=[(1, 1), (2, 4)]) < 1e-4
    ir = export_openvino(files.embed, tmp_path)
    assert ir.info == files.info
    assert verify_export(model, ir.embed, batches=[(1, 1), (2, 4)]) < 1e-4
