"""Official files of SiamRPN++ and SiamKPN: found out by their keys, loaded strictly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from feathertrack.errors import InputError, WeightsError
from feathertrack.models import create_model
from feathertrack.trackers.creation import create_tracker
from feathertrack.weights import load_model, network_info, save_model
from feathertrack.weights.official import official_state, save_official
from feathertrack.weights.siamrpn import mmtracking_name, pysot_name, recognise
from tests.filling import filled_state, shapes_of
from tests.shared_data import shared

ALEXNET_TABLES = {"pysot": "siamrpn_alex_dwxcorr", "pysot-layers": "siamrpn_alex_dwxcorr_16gpu"}


def _shapes(table: str) -> dict[str, list[int]]:
    shapes: dict[str, list[int]] = json.loads(
        shared(f"goldens/state_dict_keys/{table}.json").read_text()
    )
    return shapes


def _saved(path: Path, content: Any, *, legacy: bool = False) -> Path:
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    return path


@pytest.fixture
def alexnet_state() -> dict[str, Tensor]:
    """A released file of pysot's fast model."""
    return filled_state(_shapes("pysot__siamrpn_alex_dwxcorr"))


@pytest.mark.parametrize(
    ("table", "name", "config"),
    [
        ("pysot__siamrpn_mobilev2_l234_dwxcorr", "siamrpn_mobilenetv2", {"weighted": False}),
        ("pysot__siamrpn_r50_l234_dwxcorr", "siamrpn_r50", {"weighted": True}),
        ("kpn__siamkpn_r50_stack1", "siamkpn_r50_1s", {}),
        ("kpn__siamkpn_r50_stack2_difstd", "siamkpn_r50_2s", {}),
        ("kpn__siamkpn_r50_stack3_difstd", "siamkpn_r50_3s", {}),
    ],
)
def test_networks_are_found_out_by_their_keys(
    table: str, name: str, config: dict[str, Any]
) -> None:
    from feathertrack.weights.loading import RECOGNISERS

    shapes = _shapes(table)
    state = {key: torch.empty(shape, device="meta") for key, shape in shapes.items()}
    found = [each for each in (r(state, {}) for r in RECOGNISERS.values()) if each is not None]
    assert [each.name for each in found] == [name]
    with torch.device("meta"):
        model = create_model(name, **found[0].options)
    assert shapes_of(model) == shapes
    assert config.items() <= dict(model.config).items()


def test_siammask_is_told_apart_by_its_table() -> None:
    shapes = _shapes("pysot__siammask_r50_l3")
    with pytest.raises(WeightsError, match="SiamMask"):
        recognise({key: torch.empty(shape, device="meta") for key, shape in shapes.items()}, {})


@pytest.mark.parametrize("widths", [[256, 256, 256], [128, 256, 512]])
@pytest.mark.parametrize("weighted", [True, False])
def test_variants_of_the_deep_network_are_told_apart(widths: list[int], weighted: bool) -> None:
    with torch.device("meta"):
        state = create_model("siamrpn_r50", widths=widths, weighted=weighted).state_dict()
        found = recognise(state, {})
        assert found is not None
        again = create_model(found.name, **found.options)
    assert shapes_of(again) == {key: list(value.shape) for key, value in state.items()}


@pytest.mark.parametrize("form", ALEXNET_TABLES)
def test_alexnet_loads_and_goes_back_under_either_name(form: Any, tmp_path: Path) -> None:
    state = filled_state(_shapes(f"pysot__{ALEXNET_TABLES[form]}"))
    model = load_model(_saved(tmp_path / "a.pth", {"module." + k: v for k, v in state.items()}))
    assert model.name == "siamrpn_alexnet"
    back = torch.load(save_official(model, tmp_path / "back.pth", form), weights_only=True)
    assert list(back) == list(state)
    assert all(torch.equal(back[key], state[key]) for key in state)
    assert load_model(tmp_path / "back.pth").name == model.name


def test_names_of_mmtracking_are_those_of_its_table() -> None:
    meta = json.loads((shared("goldens/siamrpnpp_mmtracking") / "meta.json").read_text())
    assert {key: pysot_name(key) for key in meta["keys"]} == meta["pysot_key"]
    assert all(mmtracking_name(name) == key for key, name in meta["pysot_key"].items())


class HistoryBuffer:
    """Stands for an object of a training program that is not installed here."""

    def __init__(self) -> None:
        self.values = np.arange(3.0)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("wrapped", ["0.x", "1.x"])
def test_files_of_mmtracking_keep_their_conventions(
    legacy: bool, wrapped: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = create_model("siamrpn_r18", anchors="mmtracking", widths=[8, 8, 8])
    state = {mmtracking_name(key): value for key, value in small.state_dict().items()}
    meta = {"epoch": 20, "hook_msgs": {"best_score": np.float32(0.5)}}
    content = {"meta": meta, "state_dict": state, "optimizer": {"state": {}}}
    if wrapped == "1.x":
        content["message_hub"] = {"loss": HistoryBuffer()}
    path = _saved(tmp_path / "mm.pth", content, legacy=legacy)
    # As on a machine without the program: the class cannot be imported.
    monkeypatch.delattr(f"{__name__}.HistoryBuffer")
    model = load_model(path)
    assert model.config["anchors"] == "mmtracking"
    kept = load_model(save_model(model, tmp_path / "ours.safetensors"))
    assert network_info(kept).conventions["crop"] == "mmtracking"
    for key, value in small.state_dict().items():
        assert torch.equal(kept.state_dict()[key], value), key
    with pytest.raises(InputError, match="anchors of mmtracking: pysot would decode"):
        official_state(model, "pysot")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"backbone.features.0.weight": None}, "lacks backbone.layer1.0.weight|none of the backb"),
        ({"rpn_head.cls.head.3.bias": None}, r"lacks rpn_head\.cls\.head\.3\.bias"),
        ({"rpn_head.more": torch.zeros(1)}, r"has besides rpn_head\.more"),
        ({"mask_head.head.0.weight": torch.zeros(1)}, "SiamMask"),
    ],
)
def test_wrong_or_partial_files_are_named(
    change: dict[str, Tensor | None],
    words: str,
    tmp_path: Path,
    alexnet_state: dict[str, Tensor],
) -> None:
    state = {**alexnet_state, **change}
    path = _saved(
        tmp_path / "w.pth", {key: value for key, value in state.items() if value is not None}
    )
    with pytest.raises(WeightsError, match=words):
        load_model(path)


def test_a_backbone_alone_is_loaded_only_where_that_is_asked_for(tmp_path: Path) -> None:
    whole = create_model("siamrpn_r18")
    backbone = {
        key.removeprefix("backbone."): value
        for key, value in whole.state_dict().items()
        if key.startswith("backbone.")
    }
    path = _saved(tmp_path / "resnet18.model", backbone)
    with pytest.raises(WeightsError, match="holds only the backbone"):
        load_model(path)
    model = load_model(path, name="siamrpn_r18")
    for key, value in backbone.items():
        assert torch.equal(model.state_dict()[f"backbone.{key}"], value), key
    one_by_one = {**backbone, "layer2.0.downsample.0.weight": torch.zeros(128, 64, 1, 1)}
    with pytest.raises(WeightsError, match=r"\(128, 64, 1, 1\) instead of \(128, 64, 3, 3\)"):
        load_model(_saved(tmp_path / "torchvision.pth", one_by_one), name="siamrpn_r18")


def test_what_names_and_shapes_cannot_tell_is_kept_in_files_of_ours(tmp_path: Path) -> None:
    options: dict[str, Any] = {"multiplier": 0.25, "widths": (8,), "used": (5,), "stride": 16}
    network = create_model("siamrpn_mobilenetv2", **options)
    with pytest.raises(InputError, match=r"built with used=\(5,\), which a file of pysot cannot"):
        save_official(network, tmp_path / "small.pth")
    saved = load_model(save_model(network, tmp_path / "small.safetensors"))
    assert {key: json.loads(json.dumps(saved.config[key])) for key in options} == json.loads(
        json.dumps(options)
    )


def test_a_backbone_without_channels_is_no_backbone(tmp_path: Path) -> None:
    state = {"backbone.layer0.0.weight": torch.tensor(1.0), "rpn_head.cls.a": torch.ones(1)}
    torch.save(state, tmp_path / "scalar.pth")
    with pytest.raises(WeightsError, match="no MobileNetV2 has no channels"):
        load_model(tmp_path / "scalar.pth")


def test_weights_under_a_published_name_have_its_conventions(tmp_path: Path) -> None:
    path = tmp_path / "other.safetensors"
    save_model(create_model("siamrpn_alexnet", anchors="mmtracking"), path)
    with pytest.raises(InputError, match="anchors of mmtracking, siamrpn_alexnet_otb with those"):
        create_tracker("siamrpn_alexnet_otb", weights=path, engine="torch", device="cpu")
    with pytest.raises(InputError, match="has no preset 'vot2019'; it has: none"):
        create_tracker(f"{path}@vot2019", engine="torch", device="cpu")


def test_a_tensor_under_two_names_is_refused(
    alexnet_state: dict[str, Tensor], tmp_path: Path
) -> None:
    zeros = torch.zeros_like(alexnet_state["backbone.features.0.weight"])
    twice = {**alexnet_state, "backbone.layer1.0.weight": zeros}
    with pytest.raises(WeightsError, match=r"backbone\.layer1\.0\.weight twice: backbone\.feat"):
        load_model(_saved(tmp_path / "twice.pth", twice))


def test_values_that_float32_cannot_hold_are_refused(
    alexnet_state: dict[str, Tensor], tmp_path: Path
) -> None:
    wide = {
        key: value.double() * 1e300 if value.is_floating_point() else value
        for key, value in alexnet_state.items()
    }
    with pytest.raises(WeightsError, match="not finite"):
        load_model(_saved(tmp_path / "wide.pth", wide))


def test_shapes_are_compared_before_memory_is_taken(
    alexnet_state: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from feathertrack.weights import loading

    built: list[str] = []
    create = create_model

    def watched(*words: Any, **options: Any) -> Any:
        model = create(*words, **options)
        built.append(next(model.parameters()).device.type)
        return model

    monkeypatch.setattr(loading, "create_model", watched)
    grown = {
        **{key: value for key, value in alexnet_state.items()},
        "neck.downsample.0.weight": torch.zeros(3000, 1, 1, 1),
        "neck.downsample2.downsample.0.weight": torch.zeros(3000, 1, 1, 1),
    }
    with pytest.raises(WeightsError):
        load_model(_saved(tmp_path / "grown.pth", grown))
    assert "cpu" not in built


def test_siamkpn_is_written_under_the_names_of_its_own_code() -> None:
    model = create_model("siamkpn_alexnet")
    assert "backbone.layer1.0.weight" in official_state(model)
