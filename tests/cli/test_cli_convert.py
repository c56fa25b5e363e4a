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
