"""Recipes of SiamRPN++ and SiamKPN: their numbers, and short trainings through the real readers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from feathertrack.benchmarks import list_benchmarks
from feathertrack.data.pairs import PairSampler
from feathertrack.data.sources import open_source
from feathertrack.errors import InputError
from feathertrack.models import create_model
from feathertrack.models.backbones import Backbone
from feathertrack.recipes import find_recipe, list_recipes
from feathertrack.trackers.creation import create_tracker
from feathertrack.trackers.presets import presets_for
from feathertrack.training.freezing import Freezing
from feathertrack.training.optim import build_optimizer, set_rates
from feathertrack.training.recipe import Recipe, ValidationSettings
from feathertrack.training.running import run_recipe
from feathertrack.training.schedules import schedule_factors
from tests.recipes.miniatures import miniatures
from tests.shared_data import shared

NAMES = list_recipes("siamrpn_*") + list_recipes("siamkpn_*")
PUBLISHED = [name for name in NAMES if not name.endswith("_small")]
RATES = {
    "siamrpn_r50_8gpu": "siamrpn_r50_l234_dwxcorr_8gpu",
    "siamrpn_r50_16gpu": "siamrpn_r50_l234_dwxcorr_16gpu",
    "siamrpn_r50_otb_8gpu": "siamrpn_r50_l234_dwxcorr_otb_8gpu",
    "siamrpn_alexnet_16gpu": "siamrpn_alex_dwxcorr_16gpu",
    "siamrpn_mobilenetv2": "siamrpn_r50_l234_dwxcorr_8gpu",
    "siamkpn_r50_3s_vot": "siamkpn_r50_stack3_difstd",
    "siamkpn_r50_1s_otb": "siamkpn_r50_stack3_difstd",
}


def test_every_published_row_has_a_recipe() -> None:
    mmtracking = ("lasot", "uav123", "trackingnet", "otb100", "vot2018", "fp16_lasot")
    pysot = ("r50_8gpu", "r50_16gpu", "r50_otb_8gpu", "alexnet_16gpu", "mobilenetv2")
    keypoints = [f"{stages}s_{test}" for stages in (1, 2, 3) for test in ("vot", "otb")]
    assert set(PUBLISHED) == {
        *(f"siamrpn_r50_{row}" for row in mmtracking),
        *(f"siamrpn_{row}" for row in pysot),
        *(f"siamkpn_r50_{row}" for row in (*keypoints, "3s_otb_nodecay")),
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_fits_its_network_and_thaws_as_it_says(name: str) -> None:
    recipe = find_recipe(name)
    with torch.device("meta"):
        network = create_model(recipe.model, **recipe.model_options)
    task = recipe.task.build(network, recipe=recipe)
    optimizer = build_optimizer(task, recipe.optim)
    freezing = Freezing(task, recipe.freeze)
    first, last = freezing.training(0), freezing.training(recipe.loop.epochs - 1)
    assert not any(key.startswith("backbone") for key in first)
    thawed = {key for key in last if key.startswith("backbone")}
    assert thawed and not any(key.startswith(("backbone.conv1", "backbone.bn1")) for key in thawed)
    epoch = 1 if name.endswith("_small") else 10
    assert [n for n in range(recipe.loop.epochs) if freezing.thaws(n)] == [epoch]
    assert len(optimizer.param_groups) == (1 if "alexnet" in name else 2)


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_all_published_trainings_share(name: str) -> None:
    recipe = find_recipe(name)
    theirs = name.startswith("siamrpn_r50") and "gpu" not in name
    assert recipe.weights
    assert recipe.optim.clip == 10
    assert recipe.optim.reduce == ("mean" if theirs else "sum")
    assert recipe.data.crop == ("mmtracking" if theirs else "pysot")
    assert recipe.freeze.fresh_optimizer is not theirs
    assert (recipe.data.gray == 0.2) == ("otb" in name)
    assert recipe.data.negative == (0.05 if "alexnet" in name else 0.2)
    assert (recipe.validation.from_epoch, recipe.loop.epochs) == (
        (35, 50) if "alexnet" in name else (10, 20)
    )
    processes = 16 if "16gpu" in name else 4 if "siamkpn" in name else 8
    assert recipe.data.pairs_per_epoch % (processes * recipe.loop.batch_size) == 0


@pytest.mark.parametrize("name", NAMES)
def test_the_validation_names_what_there_is(name: str) -> None:
    recipe = find_recipe(name)
    checked = recipe.validation
    assert checked.benchmark in list_benchmarks()
    conventions = {"anchors": str(recipe.model_options.get("anchors", "pysot"))}
    if checked.preset:
        assert checked.preset in presets_for(recipe.model, conventions)


@pytest.mark.parametrize(("name", "config"), RATES.items())
def test_rates_are_those_of_the_reference_in_every_epoch(name: str, config: str) -> None:
    rows: dict[str, Any] = {}
    for path in shared("goldens/lr_schedule").glob("*.json"):
        rows |= json.loads(path.read_text())
    recipe = find_recipe(name)
    with torch.device("meta"):
        network = create_model(recipe.model, **recipe.model_options)
    optimizer = build_optimizer(recipe.task.build(network, recipe=recipe), recipe.optim)
    factors = schedule_factors(recipe.schedule, epochs=recipe.loop.epochs)
    for factor, (_, backbone, head) in zip(factors, rows[config]["rows"], strict=True):
        rates = set_rates(optimizer, base=recipe.optim.lr, factor=factor)
        assert max(rates.values()) == pytest.approx(head, rel=1e-12)
        assert min(rates.values()) == pytest.approx(backbone, rel=1e-12)


@pytest.mark.parametrize("name", [*list_recipes("siamrpn_r50_*lasot"), "siamrpn_r50_uav123"])
def test_rates_are_those_of_mmtracking_in_every_epoch(name: str) -> None:
    meta = json.loads((shared("goldens/siamrpnpp_mmtracking") / "meta.json").read_text())
    recipe = find_recipe(name)
    factors = schedule_factors(recipe.schedule, epochs=recipe.loop.epochs)
    assert list(factors) == pytest.approx(meta["lr_factor_per_epoch"], rel=1e-12)


def test_shares_of_the_sets_are_those_of_the_union_of_pysot() -> None:
    sets = find_recipe("siamkpn_r50_3s_vot").data.sets
    assert [(one.reader, one.count, one.frame_range) for one in sets] == [
        ("youtubebb", -1, 3),
        ("lasot", 100_000, 300),
        ("got10k", 100_000, 100),
        ("coco", 50_000, 1),
    ]
    sets = find_recipe("siamrpn_r50_8gpu").data.sets
    assert [(one.reader, one.count, one.frame_range) for one in sets] == [
        ("vid", 100_000, 100),
        ("youtubebb", -1, 3),
        ("coco", -1, 1),
        ("det", -1, 1),
    ]


def test_half_precision_has_a_fixed_scale_and_the_same_rest() -> None:
    half, whole = find_recipe("siamrpn_r50_fp16_lasot"), find_recipe("siamrpn_r50_lasot")
    assert (half.loop.precision, half.loop.loss_scale) == ("float16", 512)
    assert replace(half, name=whole.name, source=whole.source, loop=whole.loop) == whole


@pytest.mark.parametrize("name", ["siamrpn_r50_lasot", "siamrpn_r50_8gpu", "siamkpn_r50_3s_vot"])
def test_crops_of_another_convention_than_the_weights_are_refused(name: str) -> None:
    recipe = find_recipe(name)
    with torch.device("meta"):
        network = create_model(recipe.model, **recipe.model_options)
    other = "pysot" if recipe.data.crop == "mmtracking" else "mmtracking"
    mixed = replace(recipe, data=replace(recipe.data, crop=other))
    with pytest.raises(InputError, match=f"data.crop is {other}, but .* was built for crops of"):
        recipe.task.build(network, recipe=mixed)


def test_missing_weights_to_start_from_are_named(tmp_path: Path) -> None:
    recipe = _short(find_recipe("siamrpn_small"), epochs=4)
    recipe = replace(recipe, weights="nowhere.pt")
    with pytest.raises(InputError, match=r"starts from the weights nowhere.pt, .* --weights"):
        run_recipe(recipe, data_root=miniatures(tmp_path / "data"), output=tmp_path, devices="cpu")


class TinyResNet(Backbone):
    """Parts of the names of a ResNet, and its geometry, at no cost."""

    def __init__(self, depth: int = 50) -> None:
        super().__init__()
        self.widths = (4, 4, 4)
        self.conv1 = nn.Conv2d(3, 4, 15, stride=8, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        for number in range(1, 5):
            self.add_module(f"layer{number}", nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4)))

    def forward(self, image_B3HW: Tensor) -> list[Tensor]:
        features, levels = self.bn1(self.conv1(image_B3HW)).relu(), []
        for number in range(1, 5):
            features = self.get_submodule(f"layer{number}")(features)
            levels.append(features)
        return levels[1:]


class TinyAlexNet(Backbone):
    """The same for AlexNet, one level."""

    def __init__(self) -> None:
        super().__init__()
        self.widths = (4,)
        self.layer1 = nn.Sequential(nn.Conv2d(3, 4, 15, stride=8), nn.BatchNorm2d(4), nn.ReLU())
        for number in range(2, 6):
            self.add_module(f"layer{number}", nn.Sequential(nn.Conv2d(4, 4, 1), nn.BatchNorm2d(4)))

    def forward(self, image_B3HW: Tensor) -> list[Tensor]:
        return [nn.Sequential(*self.children())(image_B3HW)]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """Backbones of a few weights."""
    for module in ("siamrpn", "siamkpn"):
        monkeypatch.setattr(f"feathertrack.models.{module}.DilatedResNet", TinyResNet)
        monkeypatch.setattr(f"feathertrack.models.{module}.AlexNet", TinyAlexNet)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.usefixtures("tiny")
def test_a_short_training_ends_in_weights_that_track(tmp_path: Path, name: str) -> None:
    """Two go on past the epoch in which the backbone thaws, the others past their warm-up."""
    recipe = _short(find_recipe(name), epochs=11 if "otb_8gpu" in name or "1s_otb" in name else 6)
    levels = 1 if name.endswith("_small") else 3
    small: dict[str, object] = {} if "alexnet" in name else {"widths": (8,) * levels}
    if recipe.model.endswith("mobilenetv2"):
        small["multiplier"] = 0.25
    recipe = replace(recipe, model_options={**recipe.model_options, **small})
    _train_and_track(recipe, tmp_path, frames=4)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_trains_twenty_steps_and_tracks_twenty_frames(
    tmp_path: Path, name: str
) -> None:
    recipe = find_recipe(name)
    recipe = _short(recipe, epochs=max(20, recipe.loop.epochs))
    _train_and_track(recipe, tmp_path, frames=20)


def _short(recipe: Recipe, *, epochs: int) -> Recipe:
    """A step of two pairs an epoch, of every set; nothing else is changed but what starts it."""
    loop = replace(recipe.loop, epochs=epochs, batch_size=2, log_every=1)
    if loop.precision == "float16" and not torch.cuda.is_available():
        loop = replace(loop, precision="bfloat16", loss_scale=0.0)
    counted = tuple(
        replace(one, share=1.0, count=2 if one.count > 0 else one.count) for one in recipe.data.sets
    )
    return replace(
        recipe,
        weights="",
        data=replace(recipe.data, sets=counted, pairs_per_epoch=2, workers=0),
        loop=loop,
        validation=ValidationSettings(),
    )


def _train_and_track(recipe: Recipe, folder: Path, *, frames: int) -> None:
    root = miniatures(folder / "data")
    sources = [open_source(one, root) for one in recipe.data.sets]
    spread = replace(recipe.data, pairs_per_epoch=8)
    assert min(PairSampler(sources, spread, seed=0).places()) > 0
    result = run_recipe(recipe, data_root=root, output=folder / "run")
    assert (result.epochs, result.steps) == (recipe.loop.epochs, recipe.loop.epochs)
    assert all(np.isfinite(value) for value in result.losses.values())
    assert result.weights is not None
    tracker = create_tracker(str(result.weights), engine="torch", device="cpu", threads=1)
    picture = np.full((120, 160, 3), 60, np.uint8)
    cv2.rectangle(picture, (60, 40), (100, 80), (200, 30, 90), -1)
    tracker.init(picture, (60, 40, 40, 40))
    boxes = np.array([tracker.update(picture).box for _ in range(frames)])
    assert boxes.shape == (frames, 4) and np.isfinite(boxes).all()
    assert (boxes[:, 2:] > 0).all()
