"""The trackers on the light networks themselves, from a file to boxes, in every engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from feathertrack.engines import create_engine
from feathertrack.engines.measuring import relative_difference
from feathertrack.errors import InputError
from feathertrack.export import export_onnx
from feathertrack.models import create_model
from feathertrack.trackers.conformance import check_tracker
from feathertrack.trackers.creation import create_tracker, tracker_for
from feathertrack.trackers.siamrpn import SiamRPNSettings, SiamRPNTracker
from feathertrack.weights.saving import save_model
from tests.filling import shapes_of
from tests.trackers.siamese_engines import square

LIGHT = ["siamrpn_alexnet", "siamkpn_alexnet"]
SCENES = [square((160 + 3 * step, 120 - 2 * step)) for step in range(4)]


def network(name: str, **options: Any) -> Any:
    torch.manual_seed(0)
    made = create_model(name, **options).eval()
    # Outputs of a size that training would give.
    for parameter in made.get_submodule("backbone").parameters():
        parameter.data *= 0.5
    return made


@pytest.mark.parametrize("name", LIGHT)
def test_random_networks_keep_the_promises_of_a_tracker(name: str) -> None:
    engine = create_engine(network(name), engine="torch", precision="float32", threads=1)
    check_tracker(tracker_for(engine)).require()


def boxes(tracker: Any) -> np.ndarray:
    tracker.init(SCENES[0], (140, 100, 40, 40))
    return np.array([tracker.update(scene).box for scene in SCENES[1:]])


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Exported files of the network that ``network`` makes."""
    path = tmp_path_factory.mktemp("pair") / "mine.onnx"
    export_onnx(network("siamrpn_alexnet"), path)
    return path


@pytest.mark.parametrize("anchors", ["pysot", pytest.param("mmtracking", marks=pytest.mark.slow)])
def test_engines_agree_and_files_keep_their_conventions(
    tmp_path: Path, pair: Path, anchors: str
) -> None:
    made = network("siamrpn_alexnet", anchors=anchors)
    file = save_model(made, tmp_path / "mine.safetensors")
    if anchors != "pysot":
        pair = export_onnx(made, tmp_path / "mine.onnx").embed
    found = {
        engine: create_tracker(str(path), engine=engine, precision="float32", threads=1)  # type: ignore[arg-type]
        for engine, path in (
            ("torch", file),
            ("onnx", pair),
            ("openvino", pair),
        )
    }
    expected = boxes(found["torch"])
    for name, tracker in found.items():
        assert isinstance(tracker, SiamRPNTracker)
        assert set(tracker.conventions.values()) == {anchors}, name
        assert np.abs(boxes(tracker) - expected).max() < 1e-2, name


@pytest.mark.parametrize("engine", ["onnx", "openvino"])
def test_files_take_the_larger_region_of_a_lost_target(pair: Path, engine: Any) -> None:
    tracker = create_tracker(
        str(pair), engine=engine, precision="float32", threads=1, long_term=True, lost_below=1.0
    )
    assert isinstance(tracker, SiamRPNTracker)
    tracker.init(SCENES[0], (140, 100, 40, 40))
    results = [tracker.update(scene) for scene in SCENES[1:]]
    assert [result.state for result in results] == ["lost"] * 3
    assert tracker.search_size == 831
    assert tracker.last_score is not None
    assert tracker.last_score.shape == (89, 89)


@pytest.mark.slow
def test_files_of_mobilenet_compute_at_831_pixels_what_the_network_does(tmp_path: Path) -> None:
    made = network("siamrpn_mobilenetv2", multiplier=0.25, widths=(16, 16, 16))
    pair = export_onnx(made, tmp_path / "mine.onnx").embed
    noise = np.random.default_rng(0)
    template, search = (noise.integers(0, 256, (1, side, side, 3), np.uint8) for side in (127, 831))
    torch_engine = create_engine(made, engine="torch", precision="float32", threads=1)
    expected = torch_engine.predict(torch_engine.embed(template), search)
    for name in ("onnx", "openvino"):
        engine = create_engine(pair, engine=name, precision="float32", threads=1)  # type: ignore[arg-type]
        assert relative_difference(engine.predict(engine.embed(template), search), expected) < 1e-4


def test_files_of_one_size_are_refused_at_creation(pair: Path) -> None:
    engine: Any = create_engine(pair, engine="onnx", precision="float32", threads=1)
    fixed = replace(engine, info=replace(engine.info, any_search_size=False))
    with pytest.raises(InputError, match="search regions of 287 pixels alone, not of 831: export"):
        SiamRPNTracker(fixed, SiamRPNSettings(long_term=True))


def test_an_official_checkpoint_tracks_by_its_path(tmp_path: Path) -> None:
    made = network("siamrpn_alexnet")
    path = tmp_path / "model.pth"
    torch.save(made.state_dict(), path)
    assert "rpn_head.cls.head.3.bias" in shapes_of(made)
    tracker = create_tracker(f"{path}@vot2018", engine="torch", precision="float32")
    assert isinstance(tracker, SiamRPNTracker)
    assert tracker.settings.size_penalty == 0.16
    assert np.isfinite(boxes(tracker)).all()
