"""How a network on disk is named, and what happens to files that are none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper

from feathertrack.engines import NetworkInfo, create_engine
from feathertrack.engines.onnx_runtime import read_onnx_label
from feathertrack.engines.pair import (
    METADATA_KEY,
    Label,
    find_pair,
    name_pair,
    read_label,
    stored_files,
    write_label,
)
from feathertrack.errors import WeightsError

LABEL = Label(
    info=NetworkInfo(
        name="net",
        family="siamfc",
        stride=8,
        template_size=127,
        search_size=255,
        digest="ab",
        config={"midpoint": 0.5},
    )
)


@pytest.mark.parametrize("name", ["net.onnx", "net.embed.onnx", "net.predict.onnx", "net"])
def test_any_file_or_the_stem_names_the_pair(name: str) -> None:
    files = name_pair(Path("folder") / name)
    assert files.embed == Path("folder/net.embed.onnx")
    assert files.predict == Path("folder/net.predict.onnx")


def test_a_stem_may_have_dots() -> None:
    assert name_pair(Path("net.v1.2.xml")).predict.name == "net.v1.2.predict.xml"


def test_every_name_of_a_pair_loads_it(tiny_pair: Path) -> None:
    for name in ("tiny.onnx", "tiny.embed.onnx", "tiny.predict.onnx"):
        assert create_engine(tiny_pair.with_name(name), engine="onnx").info.family == "siamfc"


def test_a_label_survives_its_text() -> None:
    assert read_label(write_label(LABEL), path=Path("x")) == LABEL


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", 99),
        ("stride", 0),
        ("stride", True),
        ("search_size", 10**9),
        ("template_size", "127"),
        ("config", [1]),
        ("config", {"midpoint": "nan"}),
        ("config", None),
    ],
)
def test_a_label_with_impossible_values_is_refused(field: str, value: object) -> None:
    content = json.loads(write_label(LABEL)) | {field: value}
    with pytest.raises(WeightsError, match=r"^net\.onnx "):
        read_label(json.dumps(content), path=Path("net.onnx"))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "{}", "[" * 100_000, "1" * 100_000])
def test_a_label_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(WeightsError, match=r"^net\.onnx "):
        read_label(text, path=Path("net.onnx"))


def _copy(tiny_pair: Path, folder: Path) -> Path:
    for part in ("embed", "predict"):
        shutil.copy(tiny_pair.with_name(f"tiny.{part}.onnx"), folder)
    return folder / "tiny.onnx"


@pytest.mark.parametrize("part", ["embed", "predict"])
def test_half_a_pair_names_the_missing_file(tiny_pair: Path, tmp_path: Path, part: str) -> None:
    stem = _copy(tiny_pair, tmp_path)
    (tmp_path / f"tiny.{part}.onnx").unlink()
    with pytest.raises(WeightsError, match=rf"tiny\.{part}\.onnx is missing"):
        create_engine(stem)


@pytest.mark.parametrize("engine", ["onnx", "openvino"])
@pytest.mark.parametrize("part", ["embed", "predict"])
@pytest.mark.parametrize("content", ["empty", "garbage", "half", "text"])
def test_damaged_files_are_named(
    tiny_pair: Path,
    tmp_path: Path,
    part: str,
    content: str,
    engine: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    stem = _copy(tiny_pair, tmp_path)
    file = tmp_path / f"tiny.{part}.onnx"
    whole = file.read_bytes()
    damaged = {
        "empty": b"",
        "garbage": bytes(range(256)) * 40,
        "half": whole[: len(whole) // 2],
        "text": b"not a network",
    }
    file.write_bytes(damaged[content])
    with pytest.raises(WeightsError, match=rf"tiny\.{part}\.onnx"):
        create_engine(stem, engine=engine, precision="float32")  # type: ignore[arg-type]
    assert capfd.readouterr().err == ""


def test_files_of_two_networks_are_no_pair(tiny_pair: Path, tmp_path: Path) -> None:
    stem = _copy(tiny_pair, tmp_path)
    _relabel(tmp_path / "tiny.embed.onnx", LABEL)
    with pytest.raises(WeightsError, match="of different networks"):
        create_engine(stem, engine="onnx")


def _relabel(file: Path, label: Label | None) -> None:
    model = onnx.load(file)
    del model.metadata_props[:]
    if label is not None:
        helper.set_model_props(model, {METADATA_KEY: write_label(label)})
    onnx.save(model, file)


def test_foreign_networks_are_refused(tiny_pair: Path, tmp_path: Path) -> None:
    stem = _copy(tiny_pair, tmp_path)
    for part in ("embed", "predict"):
        _relabel(tmp_path / f"tiny.{part}.onnx", None)
    with pytest.raises(WeightsError, match="is no network of this package"):
        create_engine(stem, engine="onnx")
    alone = tmp_path / "nanotrack.onnx"
    shutil.copy(tiny_pair.with_name("tiny.embed.onnx"), alone)
    with pytest.raises(WeightsError, match="a network is a pair of files"):
        create_engine(alone)


def test_a_labelled_network_with_other_inputs_is_refused(tmp_path: Path) -> None:
    floats = helper.make_tensor_value_info("template", TensorProto.FLOAT, [1, 3, 4, 4])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 3, 4, 4])
    graph = helper.make_graph(
        [helper.make_node("Relu", ["template"], ["out"])], "g", [floats], [out]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    helper.set_model_props(model, {METADATA_KEY: write_label(LABEL)})
    for part in ("embed", "predict"):
        onnx.save(model, tmp_path / f"net.{part}.onnx")
    for engine in ("onnx", "openvino"):
        with pytest.raises(WeightsError, match="does not take uint8 pictures"):
            create_engine(tmp_path / "net.onnx", engine=engine)  # type: ignore[arg-type]


def test_huge_files_are_not_read(tiny_pair: Path, tmp_path: Path) -> None:
    stem = _copy(tiny_pair, tmp_path)
    with (tmp_path / "tiny.predict.onnx").open("r+b") as file:
        file.truncate((1 << 30) + 1)  # a hole: takes no room on disk
    with pytest.raises(WeightsError, match="larger than 1 GiB"):
        create_engine(stem)


def test_the_label_is_read_by_onnxruntime_alone(tiny_pair: Path) -> None:
    label = read_onnx_label(find_pair(tiny_pair))
    assert (label.info.template_size, label.info.search_size, label.precision) == (
        127,
        255,
        "float32",
    )


def test_all_files_of_a_network_are_found_and_no_others(tmp_path: Path) -> None:
    names = ["net.embed.xml", "net.iou.xml", "net.predict.bin", "net.predict.xml"]
    others = ["net.int8.predict.xml", "net.predict.onnx", "net.safetensors", "net2.embed.xml"]
    for name in (*names, *others):
        (tmp_path / name).touch()
    for given in ("net.xml", "net.predict.xml"):
        assert [file.name for file in stored_files(tmp_path / given)] == names
    assert stored_files(tmp_path / "net.safetensors") == [tmp_path / "net.safetensors"]
