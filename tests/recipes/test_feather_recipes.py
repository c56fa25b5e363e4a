"""Recipes of the networks that are shipped, and a short training through the real readers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from feathertrack.models import create_model
from feathertrack.recipes import find_recipe, list_recipes
from feathertrack.trackers.creation import create_tracker
from feathertrack.trackers.presets.feather import DEFAULTS
from feathertrack.training.freezing import Freezing
from feathertrack.training.optim import build_optimizer
from feathertrack.training.recipe import ValidationSettings
from feathertrack.training.running import run_recipe
from feathertrack.training.tasks.feather import FeatherTaskSettings
from tests.recipes.miniatures import miniatures

SIZES = ("nano", "small", "base")
NAMES = [f"feather_{size}{data}" for size in SIZES for data in ("", "_composed")]


def test_every_size_has_a_recipe_on_both_data() -> None:
    assert set(NAMES) <= set(list_recipes("feather_*"))


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_fits_its_network_and_thaws_as_it_says(name: str) -> None:
    recipe = find_recipe(name)
    with torch.device("meta"):
        network = create_model(recipe.model, **recipe.model_options)
    task = recipe.task.build(network, recipe=recipe)
    freezing = Freezing(task, recipe.freeze)
    assert not any(key.startswith("trunk") for key in freezing.training(0))
    assert [epoch for epoch in range(recipe.loop.epochs) if freezing.thaws(epoch)] == [1]
    rates = {group["factor"] for group in build_optimizer(task, recipe.optim).param_groups}
    assert rates == {0.2, 1.0}


@pytest.mark.parametrize("size", SIZES)
def test_composed_clips_are_added_to_the_same_data(size: str) -> None:
    plain, composed = find_recipe(f"feather_{size}"), find_recipe(f"feather_{size}_composed")
    assert [one.root for one in composed.data.sets] == ["sequences/train", "images", "composed"]
    assert [one.share for one in composed.data.sets] == [0.3, 0.4, 0.3]
    sets = replace(composed.data, sets=plain.data.sets)
    assert replace(composed, name=plain.name, data=sets) == plain


@pytest.mark.parametrize(
    "name", ["feather_nano", "feather_small_composed", "feather_nano_everything"]
)
def test_a_tracker_shows_targets_as_large_as_in_training(name: str) -> None:
    recipe = find_recipe(name)
    assert isinstance(recipe.task, FeatherTaskSettings)
    view, settings = recipe.data.search, DEFAULTS[recipe.model]
    trained = (recipe.task.seen_size or view.size) / (1 + 2 * view.context)
    tracked = settings.search_size / (1 + 2 * settings.context)
    assert tracked == pytest.approx(trained, rel=0.1)


def test_a_short_training_ends_in_weights_that_track(tmp_path: Path) -> None:
    recipe = find_recipe("feather_nano")
    recipe = replace(
        recipe,
        model_options={"width": 8, "tower": 1},
        weights="",
        data=replace(recipe.data, pairs_per_epoch=2, workers=0),
        loop=replace(recipe.loop, epochs=3, batch_size=2, log_every=1),
        validation=ValidationSettings(),
    )
    root = miniatures(tmp_path / "data")
    result = run_recipe(recipe, data_root=root, output=tmp_path / "run", devices="cpu")
    assert (result.epochs, result.steps) == (3, 3)
    assert all(np.isfinite(value) for value in result.losses.values())
    tracker = create_tracker(str(result.weights), engine="torch", device="cpu", threads=1)
    picture = np.full((120, 160, 3), 60, np.uint8)
    cv2.rectangle(picture, (60, 40), (100, 80), (200, 30, 90), -1)
    tracker.init(picture, (60, 40, 40, 40))
    box = tracker.update(picture).box
    assert np.isfinite(box).all() and (box[2:] > 0).all()
