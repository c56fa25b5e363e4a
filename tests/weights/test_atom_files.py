"""Official files of ATOM and DRNet, and ImageNet weights for their backbones."""

from __future__ import annotations

import argparse
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from feathertrack.errors import WeightsError
from feathertrack.models import create_model
from feathertrack.models.atom import Atom
from feathertrack.models.backbones.se_resnet import SEResNet50
from feathertrack.models.backbones.strided_mobilenetv2 import StridedMobileNetV2
from feathertrack.models.backbones.strided_resnet import StridedResNet
from feathertrack.weights import load_model, save_model
from feathertrack.weights.atom import recognise, recognise_backbone
from tests.filling import filled_state, shapes_of
from tests.goldens_compare import load_golden
from tests.shared_data import shared

NAMES = {
    "atom_mobilenetv2": "atom_mobilenetv2",
    "atom_resnet18": "atom_r18",
    "atom_resnet18_medium": "atom_r18_medium",
    "atom_resnet18_small": "atom_r18_small",
    "atom_resnet18_tiny": "atom_r18_tiny",
    "drnet_mobilenetv2": "drnet_mobilenetv2",
    "drnet_resnet50": "drnet_r50",
    "drnet_se_resnet50": "drnet_se_r50",
}


def _official(folder: str) -> dict[str, list[int]]:
    shapes: dict[str, list[int]] = load_golden(folder, "golden").about["state_dict"]
    return shapes


@pytest.mark.parametrize(("folder", "name"), NAMES.items())
def test_networks_are_found_out_by_their_keys(folder: str, name: str) -> None:
    from feathertrack.weights.loading import RECOGNISERS

    state = {key: torch.empty(shape, device="meta") for key, shape in _official(folder).items()}
    found = [each for each in (r(state, {}) for r in RECOGNISERS.values()) if each is not None]
    assert [each.name for each in found] == [name]
    with torch.device("meta"):
        model = create_model(name)
    assert shapes_of(model) == {key: list(value.shape) for key, value in found[0].state.items()}


@pytest.fixture
def tiny() -> dict[str, Tensor]:
    """The table of an official file of the smallest network, layer4 and classifier included."""
    return filled_state(_official("atom_resnet18_tiny"))


class _Attributes:
    """What a training program's objects are made of here."""

    def __init__(self, **attributes: object) -> None:
        self.__dict__.update(attributes)


@pytest.fixture
def training_program(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """Classes as pytracking has them, in modules that are gone when a file is read."""
    made = {}
    for module, names in {
        "ltr.admin.model_constructor": ("NetConstructor",),
        "ltr.admin.settings": ("Settings",),
        "ltr.admin.stats": ("AverageMeter", "StatValue"),
        "ltr.admin.local": ("EnvironmentSettings",),
    }.items():
        fresh = types.ModuleType(module)
        for name in names:
            made[name] = type(name, (_Attributes,), {"__module__": module})
            setattr(fresh, name, made[name])
        monkeypatch.setitem(sys.modules, module, fresh)
    for parent in ("ltr", "ltr.admin"):
        monkeypatch.setitem(sys.modules, parent, types.ModuleType(parent))
    yield made


def _checkpoint(state: dict[str, Tensor], classes: dict[str, Any]) -> dict[str, Any]:
    """What pytracking saves: trainers.BaseTrainer.save_checkpoint."""
    weight = torch.nn.Parameter(torch.ones(3))
    adam = torch.optim.Adam([weight], lr=1e-2)
    weight.grad = torch.ones(3)
    adam.step()
    return {
        "epoch": 50,
        "actor_type": "AtomActor",
        "net_type": "ATOMnet",
        "net": OrderedDict(state),
        "net_info": None,
        "constructor": classes["NetConstructor"](
            fun_name="atom_resnet18tiny", fun_module="ltr.models.bbreg.atom", args=(), kwds={}
        ),
        "optimizer": adam.state_dict(),
        "stats": OrderedDict(
            train=OrderedDict({"Loss/total": classes["AverageMeter"](avg=0.5, history=[1.0])}),
            val=classes["StatValue"](val=torch.tensor(0.5)),
        ),
        "settings": classes["Settings"](
            env=classes["EnvironmentSettings"](workspace_dir=Path("work")),
            device=torch.device("cpu"),
            dtype=torch.float32,
            options=argparse.Namespace(batch_size=64),
        ),
        "use_gpu": True,
    }


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_checkpoints_load_without_the_program_that_wrote_them(
    legacy: bool,
    tiny: dict[str, Tensor],
    training_program: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "tiny.pth.tar"
    content = _checkpoint(tiny, training_program)
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    for module in [name for name in sys.modules if name.partition(".")[0] == "ltr"]:
        monkeypatch.delitem(sys.modules, module)
    model = load_model(path)
    assert model.name == "atom_r18_tiny"
    assert all(torch.equal(value, tiny[key]) for key, value in model.state_dict().items())
    assert not any(name.partition(".")[0] == "ltr" for name in sys.modules)


class _Calls:
    """An object whose reading would call a function."""

    def __init__(self, function: Any, *arguments: object) -> None:
        self.called = function, arguments

    def __reduce__(self) -> Any:
        return self.called


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "legacy"])
def test_a_checkpoint_that_would_call_a_function_is_refused(
    legacy: bool, tiny: dict[str, Tensor], training_program: dict[str, Any], tmp_path: Path
) -> None:
    target = tmp_path / "made by the file"
    content = _checkpoint(tiny, training_program)
    content["settings"].hook = _Calls(Path.mkdir, target)
    path = tmp_path / "tiny.pth.tar"
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(WeightsError, match="asks for"):
        load_model(path)
    assert not target.exists()


def test_a_bare_table_and_one_without_the_unused_parts_load(
    tiny: dict[str, Tensor], tmp_path: Path
) -> None:
    used = {key: value for key, value in tiny.items() if "layer4" not in key and ".fc." not in key}
    for number, state in enumerate((tiny, used)):
        path = tmp_path / f"{number}.pth"
        torch.save(state, path)
        assert load_model(path).name == "atom_r18_tiny"


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("feature_extractor.layer4.7.conv1.weight", torch.ones(1), "no backbone r18_tiny has"),
        ("feature_extractor.layer4.0.conv1.weight", torch.ones(1), "instead of"),
        ("bb_regressor.conv3_1r.0.weight", torch.ones(1), "shapes are wrong"),
        ("bb_regressor.more.weight", torch.ones(1), "has besides"),
        ("feature_extractor.layer3.9.conv1.weight", torch.ones(1), "has besides"),
        ("bb_regressor.iou_predictor.bias", None, "lacks"),
        ("bb_regressor.iou_predictor.bias", torch.tensor([torch.nan]), "not finite"),
        ("feature_extractor.conv1.weight", None, "none of the backbones"),
    ],
)
def test_other_tables_are_refused(
    key: str, value: Tensor | None, words: str, tiny: dict[str, Tensor], tmp_path: Path
) -> None:
    tiny.pop(key, None)
    if value is not None:
        tiny[key] = value
    torch.save(tiny, tmp_path / "odd.pth")
    with pytest.raises(WeightsError, match=words):
        load_model(tmp_path / "odd.pth")


def test_a_loaded_network_is_saved_without_the_unused_parts(
    tiny: dict[str, Tensor], tmp_path: Path
) -> None:
    torch.save({"net": tiny}, tmp_path / "tiny.pth")
    model = load_model(tmp_path / "tiny.pth")
    again = load_model(save_model(model, tmp_path / "tiny.safetensors"))
    assert again.name == model.name
    assert shapes_of(again) == shapes_of(model)
    assert len(again.state_dict()) < len(tiny)


def test_imagenet_weights_of_mobilenetv2_fit_by_position() -> None:
    path = shared("checkpoints/mobilenetv2_imagenet_features.pt")
    given = torch.load(path, weights_only=True)
    for name in ("atom_mobilenetv2", "drnet_mobilenetv2"):
        backbone = load_model(path, name=name).get_submodule("feature_extractor")
        ours = [value for key, value in backbone.state_dict().items() if "num_batches" not in key]
        theirs = [value for key, value in given.items() if "num_batches" not in key]
        assert len(ours) < len(theirs)
        assert all(map(torch.equal, ours, theirs))


def test_imagenet_mobilenetv2_sees_images_as_such() -> None:
    path = shared("checkpoints/mobilenetv2_imagenet_features.pt")
    model = load_model(path, name="atom_mobilenetv2")
    assert isinstance(model, Atom)
    flat = torch.full((1, 3, 64, 64), 127.0)
    with torch.no_grad():
        quiet, loud = (
            model.features(flat + 60 * noise)[0] for noise in (0, torch.randn(1, 3, 64, 64))
        )
    assert quiet.shape == (1, 64, 4, 4)
    assert loud.std() > quiet.std(dim=(2, 3)).mean()


@pytest.mark.parametrize(
    ("backbone", "name"),
    [
        (lambda: StridedResNet(18, whole=True), "atom_r18"),
        (lambda: StridedResNet(50, whole=True), "drnet_r50"),
        (lambda: SEResNet50(whole=True), "drnet_se_r50"),
        (lambda: StridedMobileNetV2(whole=True), "atom_mobilenetv2"),
    ],
)
def test_classifiers_are_backbones_to_begin_with(backbone: Any, name: str) -> None:
    with torch.device("meta"):
        state = backbone().state_dict()
        wanted = create_model(name).state_dict()
    found = recognise_backbone(state, {})
    assert found is not None
    assert (found.name, found.part) == (name, "feature_extractor")
    assert set(found.state) == {key for key in wanted if key.startswith("feature_extractor.")}
    assert recognise(state, {}) is None


def test_a_mobilenetv2_of_another_width_is_refused(tmp_path: Path) -> None:
    state = {"features.0.0.weight": torch.ones(16, 3, 3, 3), "features.0.1.weight": torch.ones(16)}
    torch.save(state, tmp_path / "narrow.pth")
    with pytest.raises(WeightsError, match="a MobileNetV2 has"):
        load_model(tmp_path / "narrow.pth", name="atom_mobilenetv2")
