"""``feathertrack convert``: weights of any known kind into a file of ours, and back."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from feathertrack.cli import main
from feathertrack.models import create_model
from feathertrack.weights import load_model
from feathertrack.weights.official import official_state


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("official") / "model.pth"
    torch.save(official_state(create_model("siamrpn_alexnet")), path)
    return path


def test_to_ours_and_back(
    official: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours, back = tmp_path / "ours.safetensors", tmp_path / "back.pth"
    assert main(["convert", str(official), str(ours)]) == 0
    assert capsys.readouterr().out == f"{ours}\n"
    assert load_model(ours).name == "siamrpn_alexnet"
    assert main(["convert", str(ours), str(back), "--format", "pysot"]) == 0
    first, last = (torch.load(path, weights_only=True) for path in (official, back))
    assert list(first) == list(last)
    assert all(torch.equal(first[key], last[key]) for key in first)


def test_a_format_that_the_network_does_not_fit_is_refused(
    official: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = str(tmp_path / "x.pth")
    assert main(["convert", str(official), output, "--format", "mmtracking"]) == 2
    assert "trained with the anchors of pysot" in capsys.readouterr().err
    assert main(["convert", str(official), output, "--format", "ours"]) == 2
    assert ".safetensors" in capsys.readouterr().err
    assert not Path(output).exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("s.pth x.h5", "x.h5: files of ours end in .safetensors, exported ones in .onnx or .xml"),
        ("s.pth x.onnx --format pysot", "x.onnx: files of ours end in .safetensors"),
        ("s.pth x.pth --format openvino", "exported ones in .onnx or .xml, those of others in"),
        ("s.pth x.pth --precision int8", "int8 is for exported files: name one that ends in"),
        ("s.pth x.onnx --precision int8", "int8 needs sequences to set its ranges by: --calib"),
        ("s.pth x.onnx --calibrate here", "--calibrate is for --precision int8"),
        (
            "s.pth x.xml --precision int8 --calibrate here --calibrate-frames 0",
            "--calibrate-frames must be from 1 to 2000, got 0",
        ),
        ("s.xml x.onnx", "s.xml is in OpenVINO's format, of which nothing else can be made"),
        ("s.onnx x.onnx", "s.onnx is an ONNX pair already: name an output that ends in .xml"),
        ("s.onnx x.xml", "s.embed.onnx is missing: a network is a pair of files"),
        ("s.pth x.onnx", "there is no file s.pth"),
        ("s.pth x.safetensors", "there is no file s.pth"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    words: str, said: str, in_tmp: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status = 1 if "missing" in said or "no file" in said else 2  # the work failed, or the words did
    assert main(["convert", *words.split()]) == status
    out, err = capsys.readouterr()
    assert said in err
    assert (out, err.count("\n")) == ("", 1)
    assert not list(in_tmp.iterdir())
