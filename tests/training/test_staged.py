"""Two-step trainings of the tiny network on miniatures, in one and in two stages."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from feathertrack.errors import InputError
from feathertrack.models import create_model
from feathertrack.models.network import Network
from feathertrack.recipes import find_student
from feathertrack.training.randomness import seed_generators
from feathertrack.training.recipe import LoopSettings, Recipe, SetSettings, ValidationSettings
from feathertrack.training.running import run_recipe
from feathertrack.training.staged import StagedRecipe, run_staged
from feathertrack.weights import load_model
from feathertrack.weights.saving import save_model

SIDE = 64


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A set of four pictures with a box each."""
    folder, random = tmp_path / "pictures", np.random.default_rng(0)
    folder.mkdir()
    for number in range(4):
        pixels = random.integers(0, 256, (120, 160, 3), dtype=np.uint8)
        assert cv2.imwrite(str(folder / f"{number}.png"), pixels)
    ids = range(4)
    content = {
        "images": [{"id": n, "file_name": f"{n}.png", "width": 160, "height": 120} for n in ids],
        "annotations": [
            {"id": n, "image_id": n, "category_id": 1, "bbox": [50, 40, 40, 30]} for n in ids
        ],
        "categories": [{"id": 1, "name": "noise"}],
    }
    (folder / "instances.json").write_text(json.dumps(content))
    return tmp_path


def _miniature(recipe: Recipe) -> Recipe:
    data, reach = recipe.data, recipe.data.search.shift * SIDE / recipe.data.search.size
    return replace(
        recipe,
        model="atom_r18_tiny",
        data=replace(
            data,
            sets=(SetSettings(reader="folder", root="pictures", split=""),),
            pairs_per_epoch=4,
            workers=0,
            template=replace(data.template, size=SIDE),
            search=replace(data.search, size=SIDE, shift=reach),
        ),
        loop=replace(LoopSettings(epochs=1, batch_size=2, log_every=1), skip_above=1e12),
        validation=ValidationSettings(),
    )


def _teacher() -> Network:
    torch.manual_seed(1)
    return create_model("atom_r18_tiny")


def _logged(output: Path) -> list[dict[str, Any]]:
    lines = (output / "log.jsonl").read_text().splitlines()
    return [line for line in map(json.loads, lines) if "losses" in line]


@pytest.mark.parametrize("name", ["atom_cfkd", "atom_tskd", "atom_compression"])
def test_two_steps_of_a_distillation_log_each_term(name: str, root: Path) -> None:
    found = find_student(name)
    assert isinstance(found, Recipe)
    recipe = _miniature(found)
    result = run_recipe(
        recipe, data_root=root, output=root / "run", devices="cpu", teacher=_teacher()
    )
    assert (result.steps, result.skipped) == (2, 0)
    terms = {term.name for term in recipe.task.terms}  # type: ignore[attr-defined]
    for line in _logged(root / "run"):
        assert set(line["losses"]) == {"total", *terms}
    assert result.weights is not None
    assert load_model(result.weights).name == "atom_r18_tiny"


def test_going_on_knows_the_teacher_by_its_weights_and_not_by_its_place(root: Path) -> None:
    found = find_student("atom_ts")
    assert isinstance(found, Recipe)
    first, moved, other = (root / f"{name}.safetensors" for name in ("a", "b", "c"))
    for path, seed in ((first, 1), (moved, 1), (other, 2)):
        torch.manual_seed(seed)
        save_model(create_model("atom_r18_tiny"), path, metadata={"place": path.name})
    words: dict[str, Any] = {"data_root": root, "output": root / "run", "devices": "cpu"}
    recipe = replace(_miniature(found), teacher=str(first))
    run_recipe(recipe, **words)
    again = run_recipe(replace(recipe, teacher=str(moved)), **words, resume=True)
    assert (again.epochs, again.pairs) == (1, 0)
    other.replace(first)
    with pytest.raises(InputError, match=r"taught by another teacher .* give the same --teacher"):
        run_recipe(recipe, **words, resume=True)


def _staged() -> StagedRecipe:
    found = find_student("atom_cfkd_separate")
    assert isinstance(found, StagedRecipe)
    return replace(found, stages=tuple(_miniature(stage) for stage in found.stages))


def test_the_second_stage_begins_where_the_first_one_ended(root: Path) -> None:
    staged, output = _staged(), root / "run"
    results = run_staged(staged, data_root=root, output=output, devices="cpu", teacher=_teacher())
    assert [result.output.name for result in results] == [stage.name for stage in staged.stages]
    first, second = (
        load_model(output / stage.name / "weights" / "last.safetensors").state_dict()
        for stage in staged.stages
    )
    fresh = _beginning(staged.stages[0])
    for name, tensor in second.items():
        backbone = name.startswith("feature_extractor")
        assert torch.equal(tensor, first[name]) or not backbone
        assert torch.equal(first[name], fresh[name]) or backbone
    assert not torch.equal(
        second["bb_regressor.iou_predictor.weight"], first["bb_regressor.iou_predictor.weight"]
    )


def _beginning(recipe: Recipe) -> dict[str, torch.Tensor]:
    """The weights that a recipe begins with."""
    seed_generators(recipe.loop.seed)
    return create_model(recipe.model).state_dict()


def test_stages_that_are_complete_are_left_as_they_are(root: Path) -> None:
    words: dict[str, Any] = {"data_root": root, "output": root / "run", "devices": "cpu"}
    staged = _staged()
    run_staged(staged, **words, teacher=_teacher())
    before = {path: path.read_bytes() for path in (root / "run").rglob("*.safetensors")}
    again = run_staged(staged, **words, teacher=_teacher())
    assert [result.pairs for result in again] == [0, 0]
    assert before == {path: path.read_bytes() for path in (root / "run").rglob("*.safetensors")}
