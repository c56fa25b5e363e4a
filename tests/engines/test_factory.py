"""What ``create_engine`` accepts, refuses and decides."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from feathertrack.engines import Candidate, cpu, create_engine, openvino_runtime, support
from feathertrack.engines.cpu import Cpu
from feathertrack.errors import InputError, MissingExtra, WeightsError
from feathertrack.models import Network
from feathertrack.weights.catalogue import find_weights


def _cpu(*features: str) -> Cpu:
    return Cpu(model="Test CPU", architecture="x86_64", features=frozenset(features), cores=2)


@pytest.fixture
def plain_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor with nothing but AVX2."""
    for module in (support, openvino_runtime):
        monkeypatch.setattr(module, "detect_cpu", lambda: _cpu("avx2"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"engine": "onxx"}, "no engine is called 'onxx'.*did you mean onnx"),
        ({"precision": "float64"}, "no precision is called 'float64': say auto, float32"),
        ({"device": "gpu"}, "no device is called 'gpu': say auto, cpu, cuda"),
        ({"threads": 0}, "threads must be a whole number from 1 to 1024, got 0"),
        ({"threads": True}, "threads must be a whole number"),
        ({"precision": "int8"}, "no int8 file: it holds float32 weights"),
        ({"engine": "torch"}, "torch cannot run .onnx files"),
        ({"engine": "onnx", "device": "mps"}, "onnx does not run on mps"),
        ({"engine": "openvino", "device": "cuda"}, "openvino does not run on cuda"),
        ({"engine": "onnx", "precision": "bfloat16"}, "what the file holds, float32"),
        ({"engine": "openvino", "precision": "bfloat16"}, "no bfloat16 arithmetic.*silently"),
        ({"engine": "openvino", "precision": "float16"}, "no float16 arithmetic.*silently"),
        ({"device": "mps"}, "nothing here can run .*tiny.onnx as asked"),
    ],
)
@pytest.mark.usefixtures("plain_cpu")
def test_what_cannot_be_is_refused_in_one_line(
    tiny_pair: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        create_engine(tiny_pair, **options)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("device", ["cuda:99", "mps"])
def test_torch_refuses_a_device_that_is_not_there(tiny_model: Network, device: str) -> None:
    with pytest.raises(InputError, match=rf"^torch .*{device}"):
        create_engine(tiny_model, engine="torch", device=device)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for name, message in (("gone.pth", "no file of weights"), ("gone.onnx", "is missing")):
        with pytest.raises(WeightsError, match=message):
            create_engine(tmp_path / name)


@pytest.mark.parametrize(
    ("engine", "module", "extra"),
    [("openvino", "openvino", "openvino"), ("torch", "torch", "torch")],
)
def test_an_engine_that_is_not_installed_names_its_extra(
    tiny_file: Path, monkeypatch: pytest.MonkeyPatch, engine: Any, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtra, match=rf"feathertrack\[{extra}\]"):
        create_engine(tiny_file, engine=engine)


def test_torch_weights_without_torch_name_the_extra(
    tiny_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path))
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"feathertrack\[torch\]"):
        create_engine(tiny_file, engine="onnx")
    with pytest.raises(InputError, match=r"nothing here can run .*feathertrack\[torch\]"):
        create_engine(tiny_file)


def test_export_without_the_exporter_names_the_extra(
    tiny_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path))
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(MissingExtra, match=r"feathertrack\[export\]"):
        create_engine(tiny_file, engine="onnx", precision="float32")


def test_auto_leaves_out_what_needs_a_missing_exporter(
    tiny_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    engine = create_engine(tiny_file, precision="float32")
    assert engine.name == "torch"
    assert engine.choice is not None
    assert "feathertrack[export]" in engine.choice.excluded["onnx"]


def test_auto_runs_a_network_in_memory_with_torch(tiny_model: Network) -> None:
    engine = create_engine(tiny_model, precision="float32")
    assert engine.choice is not None
    assert (engine.name, engine.choice.reason) == ("torch", "the only one here")


def test_auto_measures_once_and_remembers(
    tiny_pair: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path))
    first, second = (create_engine(tiny_pair, precision="float32", threads=1) for _ in range(2))
    assert first.choice is not None and second.choice is not None
    assert {one.engine for one in first.choice.milliseconds} == {"onnx", "openvino"}
    assert first.choice.taken.engine == first.name == second.name
    assert (first.choice.from_cache, second.choice.from_cache) == (False, True)
    assert "torch cannot run .onnx" in second.choice.excluded["torch"]
    assert f"{first.name} float32 on cpu" in str(second.choice)


@pytest.mark.parametrize("damage", ["{", "[]", '{"taken": 1}', '{"taken": {"engine": "x"}}', ""])
def test_a_damaged_cache_is_measured_again(
    tiny_pair: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, damage: str
) -> None:
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path))
    create_engine(tiny_pair, threads=1)
    for file in (tmp_path / "engines").iterdir():
        file.write_text(damage)
    again = create_engine(tiny_pair, threads=1)
    assert again.choice is not None and not again.choice.from_cache


def test_a_cache_that_cannot_be_written_is_no_error(
    tiny_pair: Path, tiny_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("a file where the cache should be")
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path / "file"))
    assert create_engine(tiny_pair, threads=1).choice is not None
    assert create_engine(tiny_file, engine="onnx", threads=1).name == "onnx"


@pytest.mark.usefixtures("plain_cpu")
def test_auto_never_emulates(tiny_file: Path, tiny_pair: Path) -> None:
    for weights in (tiny_file, tiny_pair):
        engine = create_engine(weights, threads=1)
        assert engine.choice is not None
        assert {one.precision for one in engine.choice.milliseconds} == {"float32"}
    with pytest.raises(InputError, match="torch: it would emulate bfloat16"):
        create_engine(tiny_file, precision="bfloat16")


def test_a_processor_with_bfloat16_is_offered_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (support, openvino_runtime):
        monkeypatch.setattr(module, "detect_cpu", lambda: _cpu("avx512_bf16"))
    monkeypatch.setattr(openvino_runtime, "_capabilities", lambda: frozenset({"FP32", "BF16"}))
    assert support.engine_support("torch").precisions == ("float32", "bfloat16")
    assert support.engine_support("openvino").precisions == ("float32", "bfloat16")
    monkeypatch.setattr(openvino_runtime, "_capabilities", lambda: frozenset({"FP32"}))
    assert support.engine_support("openvino").precisions == ("float32",)


def test_an_absent_runtime_comes_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    found = support.engine_support("openvino")
    assert (found.version, found.devices) == ("", ())
    assert found.remedy == "pip install 'feathertrack[openvino]'"
    assert "cpu" in support.engine_support("onnx").devices


def test_a_runtime_that_is_half_installed_is_left_out(
    tiny_pair: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FEATHERTRACK_CACHE", str(tmp_path))
    half = tmp_path / "openvino"
    half.mkdir()
    (half / "__init__.py").write_text("raise OSError('libtbb.so: no such file')")
    monkeypatch.delitem(sys.modules, "openvino", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    engine = create_engine(tiny_pair)
    assert engine.choice is not None
    assert engine.name == "onnx"
    assert "libtbb.so" in engine.choice.excluded["openvino"]
    with pytest.raises(MissingExtra, match=r"openvino: it cannot be imported .*libtbb"):
        create_engine(tiny_pair, engine="openvino")


def test_what_was_asked_for_is_said(tiny_pair: Path) -> None:
    engine = create_engine(tiny_pair, engine="onnx", precision="float32")
    taken = Candidate(engine="onnx", device="cpu", precision="float32")
    assert engine.choice is not None
    assert (engine.choice.taken, engine.choice.reason) == (taken, "asked for")
    assert cpu.detect_cpu().cores >= 1


def test_torch_runs_a_pair_whose_torch_weights_lie_beside_it() -> None:
    engine = create_engine(find_weights("feather_small"), engine="torch", device="cpu")
    assert (engine.name, engine.info.name) == ("torch", "feather_small")
