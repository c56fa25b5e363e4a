"""Six frames of ATOM and DRNet, beside CFKD's: boxes, score maps, flags, weights and filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from feathertrack.models import create_model
from feathertrack.models.box_network import BoxNetwork
from feathertrack.trackers.atom import AtomSettings, AtomTracker
from feathertrack.trackers.draws import Draws
from feathertrack.trackers.drnet import DRNetSettings, DRNetTracker
from feathertrack.trackers.online import classifier as classifier_module
from feathertrack.trackers.online.classifier import Classifier
from feathertrack.trackers.patches import cut_patch
from tests.filling import filled_state
from tests.goldens.fill import fill_array, fill_image
from tests.goldens_compare import Golden, assert_within, load_golden
from tests.trackers.plain_engine import PlainEngine

SHORT: Mapping[str, Any] = {
    "random_shift": 0.0,
    "dropped_copies": 0,
    "first_steps": 6,
    "first_linearisations": 2,
    "update_steps": 2,
    "hard_negative_steps": 2,
    "update_every": 2,
    "memory": 30,
}
AS_THE_REFERENCE: Mapping[str, Any] = {
    "rounded_patches": False,
    "reference_centers": True,
    "half_pixel_bias": True,
}
BOXES: Mapping[str, Any] = {
    "random_boxes": 4,
    "step_length": 0.1,
    "size_step_length": 0.1,
    "not_found_below": 0.1,
    "stale_position": True,
}
NETWORKS = {
    "track_atom_mobilenetv2": ("atom_mobilenetv2", 32, 1.0),
    "track_atom_resnet18": ("atom_r18", 64, 1.0),
    "track_drnet_mobilenetv2": ("drnet_mobilenetv2", 32, 0.01),
    "track_drnet_resnet50": ("drnet_r50", 64, 0.0005),
}
"""Name of the network, projected channels, factor on its last layer."""


class Recording(Classifier):
    """Keeps the maps of the first frame, which are not needed afterwards."""

    def start(self, maps_NCnm: NDArray[np.float32], labels_Nnm: NDArray[np.float32]) -> None:
        self.first_maps = self._normalised(maps_NCnm)
        super().start(maps_NCnm, labels_Nnm)


class GoldenDraws(Draws):
    """The numbers that the golden was made with."""

    def __init__(self, salt: int) -> None:
        super().__init__(salt)
        self.salt, self.boxes = salt, np.random.RandomState(70 + salt)

    def uniform(self, *shape: int) -> NDArray[np.float64]:
        return np.full(shape, 0.5) if shape == (2,) else self.boxes.rand(*shape)

    def normal(self, what: str, *shape: int, deviation: float) -> NDArray[np.float64]:
        if what == "projection":
            return fill_array("track.projection", (*shape, 1, 1), self.salt)[..., 0, 0]
        kernel = 0.02 * fill_array("track.filter", (1, shape[0], 4, 4), self.salt)
        return kernel.reshape(shape)


def frames(salt: int) -> list[NDArray[np.uint8]]:
    height, width = (240, 320) if salt == 0 else (200, 288)
    background = fill_image("track.background", (3, height + 40, width + 60), salt)
    target = fill_image("track.target", (3, 48, 40), salt)
    found = []
    for t in range(7):
        frame = background[:, 2 * t : 2 * t + height, 3 * t : 3 * t + width] * 0.6 + 30
        x, y = (60 + 9 * t, 70 + 5 * t) if salt == 0 else (150 - 7 * t, 60 + 6 * t)
        frame[:, y : y + 48, x : x + 40] = target
        found.append(np.clip(frame.round(), 0, 255).astype(np.uint8).transpose(1, 2, 0))
    return [np.ascontiguousarray(frame) for frame in found]


def network(golden: Golden) -> BoxNetwork:
    name, _, factor = NETWORKS[golden.about["model"]]
    model = create_model(name)
    assert isinstance(model, BoxNetwork)
    plain = golden.about.get("state_dict") or {
        key: list(value.shape) for key, value in model.state_dict().items()
    }
    own = model.state_dict()
    model.load_state_dict(filled_state({key: plain[key] for key in own}, salt=golden.about["salt"]))
    with torch.no_grad():
        for value in model.bb_regressor.predictor.parameters():
            value *= factor
    return model.eval()


def start(golden: Golden) -> AtomTracker | DRNetTracker:
    name, width, _ = NETWORKS[golden.about["model"]]
    engine = PlainEngine(network(golden))
    if name.startswith("atom"):
        settings = AtomSettings(compressed=width, **SHORT, **AS_THE_REFERENCE, **BOXES)
        return AtomTracker(engine, settings, draws=GoldenDraws)  # type: ignore[arg-type]
    other = DRNetSettings(compressed=width, **SHORT, **AS_THE_REFERENCE)
    return DRNetTracker(engine, other, draws=GoldenDraws)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow] if "resnet" in name else []) for name in NETWORKS],
)
def test_six_frames(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classifier_module, "Classifier", Recording)
    golden = load_golden(name, "golden")
    arrays, salt = golden.arrays, golden.about["salt"]
    tracker = start(golden)
    tracker.settings = replace(tracker.settings, seed=salt)
    pictures = frames(salt)
    tracker.init(pictures[0], arrays["gt"][0].astype(float))
    check_views(tracker, arrays)
    check_first_frame(tracker, arrays)
    for number, picture in enumerate(pictures[1:]):
        scale = tracker.target.scale
        result = tracker.update(picture)
        check_frame(tracker, arrays, number, scale)
        for key, found in (
            ("target_bbox", result.box),
            ("pos_yx", tracker.target.position),
            ("target_sz_hw", tracker.target.size),
        ):
            assert_within(key, found, arrays[key][number], tolerance=1e-3)
    learnt = tracker.classifiers[0].filter.view(-1)
    expected = arrays["filter_final"].reshape(-1)
    assert_within("filter", learnt, expected, tolerance=5e-3 * np.abs(expected).max())


def check_views(tracker: AtomTracker | DRNetTracker, arrays: Mapping[str, Any]) -> None:
    """What the filter learnt from: the normalised maps of all views."""
    maps_CNnm = tracker.classifiers[0].first_maps
    stats = [maps_CNnm.mean(), maps_CNnm.std(correction=0), maps_CNnm.abs().max()]
    tolerance = 1e-4 * arrays["first_feature_stats"][2]
    assert_within("stats", stats, arrays["first_feature_stats"], tolerance=tolerance)
    kept = maps_CNnm[:: len(maps_CNnm) // 8, :, ::5, ::5].transpose(0, 1)
    assert_within("features", kept, arrays["first_features"], tolerance=tolerance)


def check_first_frame(tracker: AtomTracker | DRNetTracker, arrays: Mapping[str, Any]) -> None:
    classifier = tracker.classifiers[0]
    expected = arrays["projection_after_init"][..., 0, 0]
    tolerance = 1e-3 * np.abs(expected).max()
    assert_within("projection", classifier.projection_DC, expected, tolerance=tolerance)
    labels = classifier.memory.labels_Mnm[:23, ::2, ::2]
    assert_within("labels", labels, arrays["first_labels"], tolerance=1e-6)
    for key, values in zip(("modulation3", "modulation4"), tracker.features, strict=True):  # type: ignore[call-overload]
        tolerance = 1e-4 * np.abs(arrays[key]).max()
        assert_within(key, values.reshape(-1), arrays[key], tolerance=tolerance)


def check_frame(
    tracker: AtomTracker | DRNetTracker, arrays: Mapping[str, Any], number: int, scale: float
) -> None:
    location = tracker.last_location
    assert location is not None
    assert tracker.last_scores is not None
    flag = str(arrays["flag"][number])
    assert location.outcome == ("normal" if flag == "None" else flag)
    moved = location.place * scale
    assert_within("moved", moved, arrays["translation_vec"][number], tolerance=1e-3)
    raw, up = tracker.raw_scores, tracker.last_scores[::12, ::12]
    assert_within("raw", raw, arrays["scores_raw"][number], tolerance=2e-3)
    assert_within("up", up, arrays["scores_up"][number], tolerance=2e-3)
    weights = tracker.classifiers[0].memory.weights.values
    assert_within("weights", weights, arrays["sample_weights"][number], tolerance=1e-6)


def test_patches() -> None:
    arrays = load_golden("track_atom_mobilenetv2", "golden").arrays
    pictures = frames(0)
    for key, picture, center, side, size in (
        ("patch_a", pictures[0], (91.5, 62.2), 301, 288),
        ("patch_b", pictures[1], (30.2, 280.7), 700, 224),
    ):
        patch = cut_patch(picture, center_yx=np.array(center), side=side, size=size, rounded=False)
        assert [list(patch.corners)] == arrays[f"{key}_coord"].tolist()
        seen = patch.pixels.transpose(2, 0, 1)[:, ::12, ::12]
        assert_within(key, seen, arrays[key], tolerance=255e-4)
        rounded = cut_patch(picture, center_yx=np.array(center), side=side, size=size, rounded=True)
        assert np.abs(rounded.pixels.astype(float) - patch.pixels).max() <= 1
