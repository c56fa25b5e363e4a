"""Networks with calls beside ``embed`` and ``predict``: ATOM and DRNet, in every engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from feathertrack.engines.devices import CPU
from feathertrack.engines.measuring import relative_difference
from feathertrack.engines.onnx_runtime import load_onnx_engine
from feathertrack.engines.openvino_runtime import load_openvino_engine
from feathertrack.engines.pair import Label, read_label, write_label
from feathertrack.engines.protocol import CallingEngine, Images
from feathertrack.engines.torch_runtime import load_torch_engine
from feathertrack.errors import InputError, WeightsError
from feathertrack.export import export_onnx, export_openvino
from feathertrack.models import Network, create_model
from feathertrack.models.atom import Atom
from feathertrack.weights import network_info
from tests.filling import fill

TEMPLATE_BOXES = np.array([[40, 44, 20, 24], [36, 38.5, 30.25, 26]], np.float32)


def _filled(name: str) -> Network:
    network = create_model(name)
    fill(network)
    return network.eval()


@pytest.fixture(scope="module")
def atom() -> Network:
    return _filled("atom_r18_tiny")


@pytest.fixture(scope="module")
def engine(atom: Network) -> CallingEngine:
    return load_torch_engine(atom, device=CPU)


def _pictures(number: int, side: int = 112) -> Images:
    noise = np.random.default_rng(side).integers(
        0, 256, (number, side // 8, side // 8, 3), np.uint8
    )
    return np.ascontiguousarray(noise.repeat(8, axis=1).repeat(8, axis=2))


def _boxes(number: int) -> NDArray[np.float32]:
    boxes = [[40, 44, 20, 24], [36, 38.5, 30.25, 26], [20, 30, 60, 0.5]]
    return np.tile(np.array(boxes, np.float32), (number, 1, 1))


def _all_calls(engine: CallingEngine, number: int = 4) -> tuple[NDArray[np.float32], ...]:
    features = engine.embed(_pictures(2), TEMPLATE_BOXES)
    outputs = engine.predict(features, _pictures(number))
    judge = engine.info.further_calls[-1]
    judged = engine.call(judge, *outputs[1:], _boxes(number))
    own, fine = engine.call("features", _pictures(number))
    parts = np.ascontiguousarray(fine[..., :10, :10]), np.ascontiguousarray(own[..., :5, :5])
    return (*outputs, *judged, own, fine, *engine.call("modulated", features, *parts))


def test_the_network_says_what_may_be_called(engine: CallingEngine) -> None:
    assert engine.info.further_calls == ("features", "modulated", "iou")
    assert engine.info.search_area == 5.0
    with pytest.raises(InputError, match="no call 'deltas'; it has: embed, predict, features, m"):
        engine.call("deltas")


def test_many_crops_in_one_call_equal_many_calls(engine: CallingEngine) -> None:
    pictures, boxes = _pictures(4), _boxes(4)
    features = engine.embed(_pictures(2), TEMPLATE_BOXES)
    single = [engine.embed(_pictures(2)[i : i + 1], TEMPLATE_BOXES[i : i + 1]) for i in range(2)]
    together = engine.predict(features, pictures)
    judged = engine.call("iou", *together[1:], boxes)
    for i in range(4):
        alone = engine.predict(single[i % 2], pictures[i : i + 1])
        judged_alone = engine.call("iou", *alone[1:], boxes[i : i + 1])
        found = (*(each[i : i + 1] for each in together), *(each[i : i + 1] for each in judged))
        assert relative_difference(found, (*alone, *judged_alone)) < 1e-4
    stacked = engine.predict(engine.stack(single), pictures)
    assert relative_difference(stacked, together) < 1e-6


def test_the_filter_learns_from_the_map_that_it_is_applied_to(engine: CallingEngine) -> None:
    outputs = engine.predict(engine.embed(_pictures(1)), _pictures(3))
    assert relative_difference(engine.call("features", _pictures(3))[:1], outputs[:1]) < 1e-6


def test_features_then_modulated_is_predict(engine: CallingEngine) -> None:
    features = engine.embed(_pictures(2), TEMPLATE_BOXES)
    own, fine = engine.call("features", _pictures(4))
    maps = engine.call("modulated", features, fine, own)
    assert relative_difference((own, *maps), engine.predict(features, _pictures(4))) < 1e-6


def test_pictures_may_be_fractions_of_grey_values_in_torch(
    engine: CallingEngine, atom: Network
) -> None:
    pictures = _pictures(3).astype(np.float32)
    same = engine.call("features", pictures)
    assert relative_difference(same, engine.call("features", _pictures(3))) == 0
    found = engine.call("features", pictures + np.float32(0.3))
    with torch.no_grad():
        expected = atom.features(torch.from_numpy(pictures + 0.3).permute(0, 3, 1, 2))  # type: ignore[operator]
    assert relative_difference(found, tuple(each.numpy() for each in expected)) < 1e-5
    assert relative_difference(found, same) > 1e-4


def test_without_boxes_targets_are_in_the_middle(engine: CallingEngine, atom: Network) -> None:
    side = 112 / 5
    middle = np.array([[56 - side / 2, 56 - side / 2, side, side]] * 2, np.float32)
    features = [engine.embed(_pictures(2), boxes) for boxes in (None, middle)]
    outputs = [engine.predict(each, _pictures(2)) for each in features]
    assert relative_difference(*outputs) == 0
    pictures = torch.from_numpy(_pictures(2)).permute(0, 3, 1, 2).float()
    with torch.no_grad():
        expected = atom.predict(atom.embed(pictures), pictures)
    assert relative_difference(outputs[0], tuple(each.numpy() for each in expected)) < 1e-5


def test_boxes_are_refused_where_they_have_no_use_or_are_too_few(
    engine: CallingEngine, tiny_model: Network
) -> None:
    other = load_torch_engine(tiny_model, device=CPU)
    with pytest.raises(ValueError, match="takes no boxes"):
        other.embed(np.zeros((1, 127, 127, 3), np.uint8), TEMPLATE_BOXES[:1])
    with pytest.raises(ValueError, match="for 3 templates"):
        engine.embed(_pictures(3), TEMPLATE_BOXES)


def test_gradient_in_closed_form_is_that_of_autograd(atom: Network) -> None:
    maps = [torch.randn(2, side, side, 32, dtype=torch.float64) for side in (14, 7)]
    boxes = torch.from_numpy(_boxes(2)).double().requires_grad_()
    precise = _filled("atom_r18_tiny").double()
    assert isinstance(precise, Atom)
    expected = precise.bb_regressor.predict(maps, boxes)
    (gradient,) = torch.autograd.grad(expected.sum(), boxes)
    iou, found = precise.iou(*maps, boxes.detach())
    torch.testing.assert_close(iou, expected.squeeze(2))
    torch.testing.assert_close(found, gradient, rtol=1e-9, atol=1e-12)


def test_labels_keep_the_further_calls(atom: Network, tmp_path: Path) -> None:
    label = Label(info=network_info(atom))
    assert read_label(write_label(label), path=tmp_path) == label


@pytest.mark.parametrize("name", ['"../iou"', '""', "3", '"a.b"'])
def test_names_of_calls_are_no_paths(atom: Network, tmp_path: Path, name: str) -> None:
    text = write_label(Label(info=network_info(atom))).replace('"features"', name)
    with pytest.raises(WeightsError, match="damaged metadata"):
        read_label(text, path=tmp_path / "net.onnx")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["atom_r18_tiny", "drnet_mobilenetv2"])
def test_exported_files_compute_the_same_at_any_size(name: str, tmp_path: Path) -> None:
    network = _filled(name)
    expected = _all_calls(load_torch_engine(network, device=CPU))
    written = export_onnx(network, tmp_path)
    export_openvino(written.embed, tmp_path)
    judge = network_info(network).further_calls[-1]
    assert written.further[judge].name == f"{name}.{judge}.onnx"
    loaders: tuple[Callable[[], CallingEngine], ...] = (
        lambda: load_onnx_engine(written.embed, device=CPU, threads=1),
        lambda: load_openvino_engine(written.embed, threads=1),
        lambda: load_openvino_engine(written.embed.with_suffix(".xml"), threads=1),
    )
    for load in loaders:
        found = _all_calls(load())
        assert relative_difference(found, expected) < 2e-4
    written.further[judge].unlink()
    with pytest.raises(WeightsError, match=f"{judge}.onnx is missing"):
        load_onnx_engine(written.embed, device=CPU)
