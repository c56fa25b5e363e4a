from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feathertrack.engines.protocol import NetworkInfo
from feathertrack.errors import InputError
from feathertrack.trackers.creation import (
    check_tracker_name,
    create_tracker,
    find_settings,
    list_trackers,
    tracker_for,
)
from feathertrack.trackers.presets import PRESETS, PUBLISHED
from feathertrack.trackers.settings import settings_to_json
from feathertrack.trackers.siamfc import SiamFCSettings
from feathertrack.weights.catalogue import find_entry
from tests.shared_data import shared
from tests.trackers.blob import BlobEngine, scene


def info(name: str, family: str = "siamfc") -> NetworkInfo:
    return NetworkInfo(name=name, family=family, stride=8, template_size=127, search_size=255)


@pytest.mark.parametrize(
    ("model", "preset", "expected"),
    [
        ("fdsiamfc_30", "uav123", (1.05, 0.6, 0.9745, 0.176, True)),
        ("fdsiamfc_15", "uav20l", (1.19, 0.59, 0.9745, 0.1766, True)),
        ("fdsiamd_50", "otb100", (1.049, 0.2, 0.998, 0.228, False)),
        ("fdsiamd_50", "", (1.0375, 0.59, 0.9745, 0.176, False)),
        ("unheard_of", "", (1.0375, 0.59, 0.9745, 0.176, True)),
    ],
)
def test_presets_hold_the_published_numbers(model: str, preset: str, expected: object) -> None:
    s = find_settings(info(model), preset)
    found = (s.scale_step, s.scale_rate, s.scale_penalty, s.window_weight, s.clip_center)
    assert found == expected


def test_unknown_preset_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"no preset 'vot2018'; it has: uav123, uav20l"):
        find_settings(info("fdsiamfc_30"), "vot2018")


def test_unknown_tracker_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"'fdsiamfc_3'; nearest names: fdsiamfc_30"):
        create_tracker("fdsiamfc_3")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        (None, {}, "name of a tracker is a text, such as 'default', got None"),
        ("default", {"device": 3}, "device of a tracker is a text, such as 'auto', got 3"),
        ("default", {"weights": 3}, "weights must be the path of a file, got 3"),
    ],
)
def test_values_of_another_type_are_refused(
    name: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        create_tracker(name, **options)


def test_unknown_setting_names_the_nearest() -> None:
    with pytest.raises(InputError, match=r"no field 'window_wait'; nearest: window_weight"):
        tracker_for(BlobEngine(), changes={"window_wait": 0.1})


def test_settings_survive_a_file(tmp_path: Path) -> None:
    settings = SiamFCSettings(scale_step=1.1)
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(settings_to_json(settings)))
    assert find_settings(info("x"), str(path)) == settings


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "cannot read settings"),
        ("[1]", "must be a JSON object"),
        ('{"scale_stepp": 1}', "nearest: scale_step"),
        ('{"confidence": {"slope": "steep"}}', "slope must be a number"),
    ],
)
def test_bad_settings_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        find_settings(info("x"), str(path))


def test_weights_of_another_model_are_refused() -> None:
    weights = shared("checkpoints/FDSiamfc_15.pth")
    with pytest.raises(InputError, match="holds the weights of fdsiamfc_15, not of fdsiamfc_30"):
        create_tracker("fdsiamfc_30", weights=weights, engine="torch", precision="float32")


def test_family_without_a_tracker_is_refused() -> None:
    engine = BlobEngine()
    engine.info = info("other", "keypoints")
    with pytest.raises(InputError, match="family 'keypoints'"):
        tracker_for(engine)


def test_listing_takes_a_pattern() -> None:
    assert list_trackers("fdsiamfc_30*") == [
        "fdsiamfc_30",
        "fdsiamfc_30@uav123",
        "fdsiamfc_30@uav20l",
    ]


def test_a_class_of_the_user_is_a_tracker(in_tmp: Path) -> None:
    (in_tmp / "mine_for_creation.py").write_text(
        "class Still:\n"
        "    def init(self, image, box): self.box = box\n"
        "    def update(self, image): return self.box\n"
    )
    tracker = create_tracker("mine_for_creation:Still")
    tracker.init(scene((80, 60)), (68, 48, 24, 24))
    assert tracker.update(scene((80, 60))).box.tolist() == [68, 48, 24, 24]


def test_the_calibration_of_the_weights_counts(tmp_path: Path) -> None:
    carried = replace(info("fdsiamfc_30"), config={"midpoint": 0.5, "slope": 9.0})
    for preset in ("", "uav123"):
        confidence = find_settings(carried, preset).confidence
        assert (confidence.midpoint, confidence.slope) == (0.5, 9.0)
    path = tmp_path / "mine.json"
    path.write_text('{"scale_step": 1.2, "confidence": {"slope": 20.0}}')
    mine = find_settings(carried, str(path))
    assert (mine.confidence.midpoint, mine.confidence.slope) == (0.5, 20.0)
    with pytest.raises(InputError, match="no field 'middle'; nearest: midpoint"):
        find_settings(replace(carried, config={"middle": 0.5}))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("default@none", "has no preset 'none'"),
        ("feather_small@none.json", "cannot read settings from none.json"),
        ("opencv_vit", "needs its model"),
        ("opencv_vit@none.onnx", "needs the file none.onnx"),
        ("opencv_kcf@x", "has no files and no presets"),
        ("tests.adapters.trackers_of_tests:Mover@x", "takes no settings"),
        ("tests.adapters.trackers_of_tests:Nobody", "has no class Nobody"),
        ("folder/none.pth", "there is no file"),
        ("unheard_of", "nearest names"),
    ],
)
def test_a_wrong_name_is_found_without_loading_a_network(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_tracker_name(name)


def test_right_names_pass() -> None:
    for name in ("default", "opencv_kcf", "trax:any program", __name__ + ":Mine"):
        check_tracker_name(name)


@pytest.mark.parametrize(
    ("name", "family", "preset", "expected"),
    [
        ("siamrpn_r50", "siamrpn", "", (0.05, 0.42, 0.38, False)),
        ("siamrpn_r50", "siamrpn", "otb100", (0.24, 0.5, 0.25, True)),
        ("siamrpn_r50", "siamrpn", "uav123", (0.1, 0.1, 0.5, True)),
        ("siamrpn_r50", "siamrpn", "vot2018lt", (0.05, 0.28, 0.22, True)),
        ("siamrpn_alexnet", "siamrpn", "vot2018", (0.16, 0.4, 0.3, True)),
        ("siamrpn_mobilenetv2", "siamrpn", "vot2019", (0.04, 0.4, 0.5, True)),
        ("siamrpn_of_mine", "siamrpn", "", (0.04, 0.44, 0.4, False)),
        ("siamkpn_r50_1s", "siamkpn", "otb100", (0.19, 0.53, 0.37, True)),
        ("siamkpn_r50_2s", "siamkpn", "vot2018", (0.03, 0.42, 0.38, True)),
        ("siamkpn_r50_3s", "siamkpn", "vot2018", (0.1, 0.54, 0.59, True)),
        ("siamkpn_r50_3s", "siamkpn", "otb100_nodecay", (0.13, 0.42, 0.38, True)),
    ],
)
def test_presets_of_siamrpn_and_siamkpn_hold_the_published_numbers(
    name: str, family: str, preset: str, expected: object
) -> None:
    s: Any = find_settings(info(name, family), preset)
    assert (s.size_penalty, s.window_weight, s.size_rate, s.start_in_middle) == expected
    assert getattr(s, "long_term", False) == (preset == "vot2018lt")


def test_weights_of_mmtracking_have_the_presets_of_mmtracking() -> None:
    theirs = replace(info("siamrpn_r50", "siamrpn"), conventions={"anchors": "mmtracking"})
    found: Any = find_settings(theirs, "otb100")
    assert (found.size_penalty, found.window_weight, found.size_rate) == (0.4, 0.5, 0.4)


def test_published_weights_are_named_as_in_the_catalogue() -> None:
    for name, published in PUBLISHED.items():
        assert find_entry(name).model == published.model
        assert published.preset in {"", *PRESETS.get(published.model, {})}
        assert name in list_trackers()


def test_published_weights_take_the_preset_they_were_tested_with(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no program can fetch the weights of siamrpn_r50_otb:"):
        create_tracker("siamrpn_r50_otb@vot2018")
    with pytest.raises(InputError, match="siamrpn_r50_otb has no preset 'none'; it has: 16gpu"):
        create_tracker("siamrpn_r50_otb@none")


class Mine:
    def init(self, image: object, box: object) -> None: ...
    def update(self, image: object) -> None: ...
