"""``feathertrack convert`` into pairs of files for runtimes, in float32 and in int8."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from feathertrack.cli import main
from feathertrack.demo import clip_path
from feathertrack.engines import create_engine
from feathertrack.engines.pair import find_pair
from feathertrack.export import verify_export
from feathertrack.models import create_model
from feathertrack.trackers.creation import DEFAULT_MODEL
from feathertrack.weights import load_model, save_model
from feathertrack.weights.catalogue import find_weights
from tests.cli.conftest import Run
from tests.filling import fill

CALIBRATE = ("--precision", "int8", "--calibrate", clip_path().parent, "--calibrate-frames", 3)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = create_model("fdsiamfc", rates=0.05)
    return save_model(model.eval(), tmp_path_factory.mktemp("weights") / "tiny.safetensors")


def _written(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.iterdir())


def test_weights_become_a_pair_that_computes_the_same(
    weights: Path, tmp_path: Path, run: Run
) -> None:
    done = run("convert", weights, tmp_path / "student.xml")
    assert (done.status, done.out.splitlines()) == (0, _written(tmp_path))
    assert tmp_path / "student.predict.xml" in tmp_path.iterdir()
    assert verify_export(load_model(weights), tmp_path / "student.xml") < 1e-4


@pytest.mark.slow
def test_networks_with_further_calls_become_more_files(tmp_path: Path, run: Run) -> None:
    model = create_model("atom_r18_tiny")
    fill(model)
    source = save_model(model.eval(), tmp_path / "atom.safetensors")
    done = run("convert", source, tmp_path / "out" / "atom.onnx")
    assert (done.status, done.out.splitlines()) == (0, _written(tmp_path / "out"))
    assert {"atom.embed.onnx", "atom.predict.onnx", "atom.iou.onnx"} < {
        Path(line).name for line in done.out.splitlines()
    }
    pytest.importorskip("nncf")
    done = run("convert", tmp_path / "out" / "atom.onnx", tmp_path / "atom.xml", *CALIBRATE)
    assert done.status == 2
    assert "atom_r18_tiny cannot be quantised: it learns while it tracks" in done.err
    assert not list(tmp_path.glob("*.xml"))


def test_a_pair_becomes_openvinos_without_torch(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    done = run("convert", find_weights(DEFAULT_MODEL), tmp_path / "out" / "student.xml")
    assert (done.status, done.out.splitlines()) == (0, _written(tmp_path / "out"))
    assert len(done.out.splitlines()) == 4


def test_a_pair_that_holds_another_network_is_refused(tmp_path: Path, run: Run) -> None:
    done = run("convert", find_weights(DEFAULT_MODEL), tmp_path / "x.xml", "--model", "fdsiamfc_30")
    assert done.status == 2
    assert f"holds the weights of {DEFAULT_MODEL}, not of fdsiamfc_30" in done.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", [".onnx", ".xml"])
def test_int8_pairs_run_and_say_what_they_are(suffix: str, tmp_path: Path, run: Run) -> None:
    pytest.importorskip("nncf")
    output = tmp_path / f"small{suffix}"
    done = run("convert", find_weights(DEFAULT_MODEL), output, *CALIBRATE)
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == _written(tmp_path)
    assert create_engine(output, engine="auto", device="cpu").precision == "int8"
    done = run("bench", "--tracker", output, "--engine", "openvino", "--frames", 2, "--warm-up", 0)
    assert (done.status, "openvino int8 on cpu" in done.out) == (0, True)


def test_the_quantised_pair_does_not_overwrite_its_source(run: Run) -> None:
    source = find_pair(find_weights(DEFAULT_MODEL)).predict
    done = run("convert", find_weights(DEFAULT_MODEL), source, *CALIBRATE)
    assert done.status == 2
    assert "would overwrite the source: name another output" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--calibrate", "nowhere"), "the root nowhere is no folder"),
        (("--calibrate-split", "folds.json:fit"), "no list of names 'folds.json:fit'"),
    ],
)
def test_sequences_that_are_not_there_are_named(
    words: tuple[str, str], said: str, in_tmp: Path, run: Run
) -> None:
    pytest.importorskip("nncf")
    done = run("convert", find_weights(DEFAULT_MODEL), "x.onnx", *CALIBRATE, *words)
    assert (done.status, done.err.count("\n")) == (2, 1)
    assert said in done.err
    assert not list(in_tmp.iterdir())


def test_without_the_quantiser_its_extra_is_named(
    in_tmp: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "nncf", None)
    done = run("convert", find_weights(DEFAULT_MODEL), "x.onnx", *CALIBRATE)
    assert (done.status, "pip install 'feathertrack[export]'" in done.err) == (1, True)
    assert not list(in_tmp.iterdir())


def test_an_output_that_cannot_be_written_is_named(weights: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run("convert", weights, tmp_path / "file" / "x.onnx")
    assert (done.status, "cannot be written" in done.err) == (1, True)


def test_help_names_the_pair(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "--help"]) == 0
    assert "NAME.embed and NAME.predict" in capsys.readouterr().out
