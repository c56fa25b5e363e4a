"""What an exported pair of ONNX files is made of."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import onnx
import pytest
import torch

from feathertrack.errors import InputError, MissingExtra
from feathertrack.export import ExportedFiles, export_onnx, export_openvino, verify_export
from feathertrack.export.silence import quiet
from feathertrack.models import Network, create_model
from feathertrack.weights import network_info


def test_files_are_named_after_the_network(files: ExportedFiles, model: Network) -> None:
    assert files.embed.name == f"{model.name}.embed.onnx"
    assert files.predict.name == f"{model.name}.predict.onnx"
    assert files.info == network_info(model)


def test_nothing_lies_beside_the_two_files(files: ExportedFiles) -> None:
    found = {path.name for path in files.embed.parent.iterdir()}
    assert found == {files.embed.name, files.predict.name}


def test_exported_files_compute_what_the_network_does(files: ExportedFiles, model: Network) -> None:
    assert verify_export(model, files.embed) < 1e-5


def test_verification_sees_a_difference(files: ExportedFiles, model: Network) -> None:
    other = copy.deepcopy(model)
    with torch.no_grad():
        next(other.parameters()).mul_(1.01)
    assert verify_export(other, files.embed, batches=[(1, 1)]) > 1e-4


def test_inputs_are_uint8_pictures_of_any_number(files: ExportedFiles) -> None:
    for file, name, side in ((files.embed, "template", 127), (files.predict, "search", 255)):
        pictures = onnx.load(file).graph.input[-1]
        kind = pictures.type.tensor_type
        sizes = [axis.dim_value for axis in kind.shape.dim]
        assert (pictures.name, kind.elem_type) == (name, onnx.TensorProto.UINT8)
        assert sizes == [0, side, side, 3]
        assert kind.shape.dim[0].dim_param


def test_batch_norms_are_folded_and_checked_networks_come_out(files: ExportedFiles) -> None:
    for file in (files.embed, files.predict):
        graph = onnx.load(file)
        onnx.checker.check_model(graph, full_check=True)
        assert "BatchNormalization" not in {node.op_type for node in graph.graph.node}


def test_files_hold_no_path_of_the_machine_that_made_them(files: ExportedFiles) -> None:
    for file in (files.embed, files.predict):
        graph = onnx.load(file)
        for tensor in graph.graph.initializer:
            tensor.ClearField("raw_data")  # weights may spell anything
        assert not re.search(rb"site-packages|feathertrack/|\.py\b", graph.SerializeToString())


def test_exporting_leaves_the_network_alone_and_says_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    model = create_model("fdsiamfc", rates=0.03).eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    written = export_onnx(model, tmp_path / "named.onnx")
    assert (written.embed.name, written.predict.name) == ("named.embed.onnx", "named.predict.onnx")
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert (model.correlation, next(model.parameters()).requires_grad) == ("grouped", True)
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, files: ExportedFiles) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        export_openvino(files.embed, tmp_path / "file" / "net.xml")


def test_without_the_exporter_its_extra_is_named(
    model: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(MissingExtra, match=r"feathertrack\[export\]"):
        export_onnx(model, tmp_path)


def test_openvino_files_compute_the_same(
    files: ExportedFiles, model: Network, tmp_path: Path
) -> None:
    written = export_openvino(files.predict, tmp_path)
    suffixes = sorted(path.name.removeprefix(model.name) for path in tmp_path.iterdir())
    assert suffixes == [".embed.bin", ".embed.xml", ".predict.bin", ".predict.xml"]
    assert written.info == files.info
    assert verify_export(model, written.embed) < 1e-5


def test_quiet_drops_words_and_passes_errors(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="through"), quiet():
        print("progress")
        raise ValueError("through")
    assert capfd.readouterr().out == ""
