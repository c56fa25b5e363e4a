"""SiamRPN++ and SiamKPN as files: every output, any number of templates and regions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feathertrack.export import export_onnx, export_openvino, verify_export
from feathertrack.models import create_model
from tests.filling import fill

EVERY = [
    ("siamrpn_alexnet", {}),
    pytest.param("siamrpn_mobilenetv2", {"anchors": "mmtracking"}, marks=pytest.mark.slow),
    pytest.param("siamrpn_r50", {}, marks=pytest.mark.slow),
    pytest.param("siamkpn_alexnet", {}, marks=pytest.mark.slow),
    pytest.param("siamkpn_r50_3s", {}, marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("name", "options"), EVERY)
def test_exported_files_compute_what_the_network_does(
    name: str, options: dict[str, Any], tmp_path: Path
) -> None:
    model = create_model(name, **options).eval()
    fill(model)
    files = export_onnx(model, tmp_path)
    assert files.info.conventions == model.conventions
    assert verify_export(model, files.embed, batches=[(1, 1), (2, 4)]) < 1e-4
    ir = export_openvino(files.embed, tmp_path)
    assert ir.info == files.info
    assert verify_export(model, ir.embed, batches=[(1, 1), (2, 4)]) < 1e-4
