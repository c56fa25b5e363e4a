"""The shipped model in 8-bit integers: both runtimes run it, and its boxes are near."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from feathertrack.benchmarks import open_benchmark
from feathertrack.demo import clip_path
from feathertrack.engines import create_engine
from feathertrack.engines.onnx_runtime import read_onnx_label
from feathertrack.engines.openvino_runtime import read_ir_label
from feathertrack.engines.pair import Label, find_pair, stored_files
from feathertrack.errors import InputError, MissingExtra
from feathertrack.evaluation.model_facts import model_facts
from feathertrack.export import ExportedFiles, export_openvino, quantise_onnx
from feathertrack.export.quantisation import check_quantisable, depthwise_nodes, summing_nodes
from feathertrack.export.verification import exported_engine
from feathertrack.trackers.creation import DEFAULT_MODEL, tracker_for
from feathertrack.trackers.recording import ShownFrame, record_frames, replayed_overlaps
from feathertrack.weights.catalogue import find_weights


@dataclass(frozen=True)
class Quantised:
    """A pair in float32, what it was shown, and what became of it."""

    source: Path
    frames: list[ShownFrame]
    files: ExportedFiles


@pytest.fixture(scope="module")
def quantised(tmp_path_factory: pytest.TempPathFactory) -> Quantised:
    pytest.importorskip("nncf")
    source = find_pair(find_weights(DEFAULT_MODEL)).predict
    benchmark = open_benchmark("folder", clip_path().parent)
    tracker = tracker_for(exported_engine(source))
    frames = list(record_frames(tracker, benchmark, benchmark.names, count=4))
    path = tmp_path_factory.mktemp("int8") / "small.onnx"
    return Quantised(source, frames, quantise_onnx(source, path, (one.inputs for one in frames)))


def test_both_files_say_what_they_are(quantised: Quantised) -> None:
    label = read_onnx_label(find_pair(quantised.files.embed))
    expected = read_onnx_label(find_pair(quantised.source))
    assert label == replace(expected, precision="int8")
    assert {path.name for path in quantised.files.embed.parent.iterdir()} == {
        "small.embed.onnx",
        "small.predict.onnx",
    }


def test_an_evaluation_writes_down_that_it_is_int8(quantised: Quantised) -> None:
    facts = model_facts(str(quantised.files.embed.parent / "small.onnx"))
    assert facts["precision"] == "int8"
    assert facts["bytes"] == sum(
        path.stat().st_size for path in stored_files(quantised.files.embed)
    )


def test_weights_are_bytes_of_seven_bits_where_many_products_are_added(
    quantised: Quantised,
) -> None:
    graph = onnx.load(quantised.files.predict).graph
    makers = {output: node for node in graph.node for output in node.output}
    stored = {value.name: onnx.numpy_helper.to_array(value) for value in graph.initializer}
    weights = [
        stored[makers[node.input[1]].input[0]]
        for node in graph.node
        if node.op_type == "Conv"
        and node.input[1] in makers
        and not any(one.name == "group" and one.i > 1 for one in node.attribute)
    ]
    assert weights and {values.dtype for values in weights} == {np.dtype(np.int8)}
    assert max(np.abs(values.astype(np.int64)).max() for values in weights) <= 64
    assert quantised.files.predict.stat().st_size < quantised.source.stat().st_size / 2


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_boxes_are_near_those_of_float32(quantised: Quantised, runtime: str) -> None:
    engine = create_engine(quantised.files.predict, engine=runtime, device="cpu")  # type: ignore[arg-type]
    assert (engine.name, engine.precision) == (runtime, "int8")
    assert replayed_overlaps(quantised.frames, engine).mean() > 0.9


def test_openvino_files_of_it_say_int8_and_compute_the_same(
    quantised: Quantised, tmp_path: Path
) -> None:
    written = export_openvino(quantised.files.predict, tmp_path / "small.xml")
    assert read_ir_label(find_pair(written.embed)).precision == "int8"
    engine = exported_engine(written.predict)
    assert (engine.name, engine.precision) == ("openvino", "int8")
    assert replayed_overlaps(quantised.frames, engine).mean() > 0.9


@pytest.mark.parametrize("runtime", ["onnx", "openvino"])
def test_several_targets_share_a_call(quantised: Quantised, runtime: str) -> None:
    engine = create_engine(quantised.files.predict, engine=runtime, device="cpu")  # type: ignore[arg-type]
    side, frame = engine.info.template_size, quantised.frames[0]
    templates = np.random.default_rng(0).integers(0, 256, (2, side, side, 3), np.uint8)
    regions = np.concatenate([frame.search[:1]] * 22)
    outputs = engine.predict(engine.embed(templates), regions)
    alone = engine.predict(engine.embed(templates[1:]), regions[:1])
    for together, single in zip(outputs, alone, strict=True):
        assert len(together) == 22
        tolerance = 0.02 * float(np.abs(single).max())
        np.testing.assert_allclose(together[1::2], np.concatenate([single] * 11), atol=tolerance)


def test_embedding_stays_as_it_was(quantised: Quantised) -> None:
    before, after = (
        create_engine(path, engine="onnx", device="cpu")
        for path in (quantised.source, quantised.files.predict)
    )
    side = before.info.template_size
    template = np.random.default_rng(0).integers(0, 256, (1, side, side, 3), np.uint8)
    np.testing.assert_array_equal(before.embed(template), after.embed(template))


def test_another_precision_than_that_of_the_files_is_refused(quantised: Quantised) -> None:
    with pytest.raises(InputError, match="cannot run int8 weights in float32"):
        create_engine(quantised.files.predict, engine="openvino", precision="float32")


def test_the_sum_of_the_correlation_stays_in_float32(quantised: Quantised) -> None:
    before, after = (onnx.load(path).graph for path in (quantised.source, quantised.files.predict))
    names = summing_nodes(before)
    makers = {output: node for node in after.node for output in node.output}
    for node in after.node:
        if node.name in names:
            fed = {makers[name].op_type for name in node.input if name in makers}
            assert "DequantizeLinear" not in fed


def test_only_what_follows_products_is_taken_for_their_sum() -> None:
    def node(kind: str, name: str, *inputs: str) -> onnx.NodeProto:
        return onnx.helper.make_node(kind, inputs, [f"{name}_out"], name=name)

    nodes = [
        node("Conv", "trunk", "search", "model.trunk.weight"),
        node("Add", "skip", "trunk_out", "search"),
        node("MatMul", "products", "template", "skip_out"),
        node("Reshape", "rows", "products_out", "shape"),
        node("Conv", "pick", "rows_out", "eye"),
        node("Conv", "head", "pick_out", "model.head.weight"),
        node("Mul", "gain", "head_out", "scale"),
    ]
    graph = onnx.helper.make_graph(nodes, "test", [], [])
    assert summing_nodes(graph) == ["pick"]


def test_convolutions_of_one_channel_each_are_depthwise() -> None:
    shapes = {"thin": (8, 1, 3, 3), "grouped": (8, 4, 3, 3), "grey": (8, 1, 5, 5)}
    groups = {"thin": 8, "grouped": 2, "grey": 1}
    nodes = [
        onnx.helper.make_node("Conv", ("x", name), (f"{name}_out",), name=name, group=groups[name])
        for name in shapes
    ]
    weights = [
        onnx.numpy_helper.from_array(np.zeros(shape, np.float32), name)
        for name, shape in shapes.items()
    ]
    assert depthwise_nodes(onnx.helper.make_graph(nodes, "test", [], [], weights)) == ["thin"]


def test_what_is_quantised_already_is_refused(quantised: Quantised, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is in int8 already: give the float32 weights"):
        quantise_onnx(quantised.files.embed, tmp_path / "x.onnx", [])


def test_without_frames_nothing_is_written(quantised: Quantised, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be quantised: no frames were shown"):
        quantise_onnx(quantised.source, tmp_path / "x.onnx", [])
    assert not list(tmp_path.iterdir())


def test_networks_that_learn_online_are_refused() -> None:
    label = read_onnx_label(find_pair(find_weights(DEFAULT_MODEL)))
    info = replace(label.info, name="atom_r18", further_calls=("features", "iou"))
    with pytest.raises(InputError, match=r"atom_r18 cannot be quantised: .*\(features, iou\)"):
        check_quantisable(Label(info=info), Path("atom.onnx"))


def test_without_the_quantiser_its_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "nncf", None)
    with pytest.raises(MissingExtra, match=r"feathertrack\[export\]"):
        quantise_onnx(find_weights(DEFAULT_MODEL), tmp_path / "x.onnx", [])
