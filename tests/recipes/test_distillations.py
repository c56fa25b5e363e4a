from __future__ import annotations

import pytest
import torch

from feathertrack.cli._training_plan import print_plan
from feathertrack.models import create_model
from feathertrack.recipes import (
    describe_recipe,
    find_recipe,
    find_student,
    list_compressions,
    list_recipes,
    list_students,
)
from feathertrack.training.losses.distillation import (
    AdaptiveHard,
    CorrelationFilter,
    TrackingResponse,
)
from feathertrack.training.recipe import Recipe
from feathertrack.training.schedules import schedule_factors
from feathertrack.training.staged import StagedRecipe
from feathertrack.training.tasks.distill_atom import DistillAtomSettings

TAUGHT = [name for name in list_students() if name not in list_compressions()]
BOX_RECIPES = [*list_recipes("atom*"), *list_recipes("drnet*")]


def _stages(name: str) -> tuple[Recipe, ...]:
    found = find_student(name)
    assert isinstance(found, Recipe | StagedRecipe)
    assert found.name == name
    return (found,) if isinstance(found, Recipe) else found.stages


def _terms(name: str) -> dict[str, float]:
    [recipe] = _stages(name)
    assert isinstance(recipe.task, DistillAtomSettings)
    return {term.name: term.weight for term in recipe.task.terms}


@pytest.mark.parametrize("name", TAUGHT)
def test_every_distillation_is_complete_and_builds(name: str) -> None:
    assert describe_recipe(name).endswith((".", ","))
    for recipe in _stages(name):
        assert recipe.source
        epochs = recipe.loop.epochs
        assert len(schedule_factors(recipe.schedule, epochs=epochs)) == epochs
        assert recipe.data.pairs_per_epoch % recipe.loop.batch_size == 0
        with torch.device("meta"):
            student = create_model(recipe.model, **recipe.model_options)
            teacher = create_model(recipe.teacher or recipe.model)
        task = recipe.task.build(student, recipe=recipe, teacher=teacher)
        assert task.network is student


@pytest.mark.parametrize("name", BOX_RECIPES)
def test_every_training_of_a_head_builds_on_a_trained_backbone(name: str) -> None:
    recipe = find_recipe(name)
    with torch.device("meta"):
        network = create_model(recipe.model)
    network.digest = "0" * 64
    assert recipe.task.build(network, recipe=recipe).network is network
    assert recipe.freeze.frozen == {"feature_extractor": -1}


@pytest.mark.slow
@pytest.mark.parametrize("name", [*TAUGHT, *BOX_RECIPES])
def test_every_recipe_says_what_it_would_do(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    for recipe in _stages(name) if name in TAUGHT else (find_recipe(name),):
        print_plan(recipe, data=None)
        assert "memory    about" in capsys.readouterr().out


def test_sums_are_those_of_the_reference() -> None:
    answers = {"teacher_soft": 1.0, "adaptive_hard": 0.1}
    features = {"fidelity": 100.0, "correlation_filter": 0.01}
    assert _terms("atom_gt") == {"truth": 1.0}
    assert _terms("atom_ts") == {"teacher_soft": 1.0}
    assert _terms("atom_ts_ah") == answers
    assert _terms("atom_ts_ah_fid") == {**answers, "fidelity": 100.0}
    for name in ("atom_cfkd", "atom_cfkd_code", "drnet_cfkd", "atom_cfkd_tiny"):
        assert _terms(name) == {**answers, **features}
    assert _terms("atom_tskd") == {**answers, "target_response": 100.0}
    lifted = {"lifted_fidelity": 0.01, "tracking_response": 100.0}
    assert _terms("atom_compression") == {**answers, **lifted}


@pytest.mark.parametrize(
    ("name", "steps", "epochs", "first", "last"),
    [
        ("atom_r18", 1000, 50, 1e-3, 8e-6),
        ("drnet_r50", 1800, 40, 1e-3, 4e-5),
        ("atom_cfkd", 1000, 50, 1e-2, 1e-5),
        ("atom_gt", 1500, 50, 1e-2, 1e-5),
        ("drnet_cfkd", 1800, 50, 1e-2, 8e-5),
        ("drnet_cfkd_little", 125, 50, 1e-2, 8e-5),
    ],
)
def test_courses_are_those_of_the_reference(
    name: str, steps: int, epochs: int, first: float, last: float
) -> None:
    [recipe] = _stages(name) if name in TAUGHT else [find_recipe(name)]
    assert recipe.data.pairs_per_epoch // recipe.loop.batch_size == steps
    assert recipe.loop.epochs == epochs
    factors = schedule_factors(recipe.schedule, epochs=epochs)
    assert recipe.optim.lr * factors[0] == pytest.approx(first)
    assert recipe.optim.lr * factors[-1] == pytest.approx(last)


def test_pairs_jitter_as_in_the_reference() -> None:
    data = find_recipe("atom_r18").data
    assert (data.order, data.crop, data.gray) == ("interval", "pytracking", 0.05)
    assert (data.template.shift, data.template.scale, data.search.scale) == (0, 0, 0.5)
    assert data.search.shift == pytest.approx(129.6)
    # A crop has 1 + 2 * context sides.
    assert {1 + 2 * view.context for view in (data.template, data.search)} == {5}


def test_the_code_keeps_its_own_forms() -> None:
    forms = {}
    for name in ("atom_cfkd", "atom_cfkd_code", "atom_compression", "atom_compression_code"):
        [recipe] = _stages(name)
        assert isinstance(recipe.task, DistillAtomSettings)
        found: list[str] = [recipe.task.teacher_mode]
        for term in recipe.task.terms:
            if isinstance(term, AdaptiveHard):
                found.append(term.decided)
            if isinstance(term, CorrelationFilter):
                found.append(term.maximum)
            if isinstance(term, TrackingResponse):
                found.append(term.channels)
        forms[name] = found
    assert forms == {
        "atom_cfkd": ["eval", "sample", "sample"],
        "atom_cfkd_code": ["train", "batch", "batch"],
        "atom_compression": ["eval", "sample", "sum"],
        "atom_compression_code": ["train", "batch", "each"],
    }


def test_rows_on_little_data_see_as_many_pairs() -> None:
    pairs = {
        name: sum(stage.data.pairs_per_epoch * stage.loop.epochs for stage in _stages(name))
        for name in TAUGHT
        if name.endswith("_little")
    }
    assert set(pairs.values()) == {200_000}
    assert len(pairs) == 11


def test_stages_train_backbone_and_head_in_turn() -> None:
    features, answers = _stages("atom_cfkd_separate")
    assert (features.freeze.frozen, answers.freeze.frozen) == (
        {"bb_regressor": -1},
        {"feature_extractor": -1},
    )
    assert features.name != answers.name
