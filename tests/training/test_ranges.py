from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from feathertrack.cli._staged_training import print_stages
from feathertrack.errors import InputError
from feathertrack.recipes import find_compression, find_recipe, find_student, list_recipes
from feathertrack.training.losses.distillation import (
    AdaptiveHard,
    CorrelationFilter,
    Fidelity,
    LiftedFidelity,
    TeacherSoft,
    Term,
)
from feathertrack.training.losses.distillation.siamese import (
    MatchedFeatures,
    SiameseTerm,
    SoftScores,
)
from feathertrack.training.ranges import check_numbers
from feathertrack.training.recipe import Recipe, TaskSettings
from feathertrack.training.staged import StagedRecipe, run_staged


@dataclass(frozen=True, kw_only=True)
class _Own(Term):
    """A term that somebody else wrote: its weight is a weight, its offset is its own."""

    name: str = "own"
    offset: float = 0.0


@pytest.mark.parametrize("name", list_recipes())
def test_every_recipe_is_within_the_ranges(name: str) -> None:
    check_numbers(find_recipe(name))


def test_the_path_the_range_and_the_value_are_named() -> None:
    recipe = find_recipe("siamfc_small")
    color = replace(recipe.data, search=replace(recipe.data.search, color=7.0))
    with pytest.raises(InputError, match=r"data\.search\.color must be at least 0 and at most 1, "):
        check_numbers(replace(recipe, data=color))
    sets = (recipe.data.sets[0], replace(recipe.data.sets[1], share=float("nan")))
    with pytest.raises(InputError, match=r"data\.sets\.1\.share must be at least 0, got nan"):
        check_numbers(replace(recipe, data=replace(recipe.data, sets=sets)))


def test_what_a_task_counts_and_weighs_is_never_negative() -> None:
    recipe = find_recipe("siamfc_small")
    task = replace(recipe.task, negative_weight=-5.0)  # type: ignore[call-arg]
    with pytest.raises(InputError, match=r"task\.negative_weight must be at least 0, got -5"):
        check_numbers(replace(recipe, task=task))
    with pytest.raises(InputError, match=r"schedule\.end must be at least 0"):
        check_numbers(replace(recipe, schedule=replace(recipe.schedule, end=-1.0)))
    with pytest.raises(InputError, match=r"optim\.momentum must be at least 0 and at most 1"):
        check_numbers(replace(recipe, optim=replace(recipe.optim, momentum=7.0)))


@pytest.mark.parametrize(
    ("term", "said"),
    [
        (TeacherSoft(weight=-1.0), r"weight must be at least 0, got -1\.0"),
        (Fidelity(weight=float("inf")), "weight must be at least 0, got inf"),
        (AdaptiveHard(threshold=float("nan")), "threshold must be at least 0, got nan"),
        (CorrelationFilter(share=0.0), r"share must be above 0, got 0\.0"),
        (LiftedFidelity(seed=-1), "seed must be at least 0 and at most"),
        (_Own(weight=float("nan"), offset=-2.0), "weight must be at least 0, got nan"),
        (SoftScores(temperature=0.0), r"temperature must be above 0, got 0\.0"),
        (MatchedFeatures(weight=-0.5), r"weight must be at least 0, got -0\.5"),
    ],
)
def test_numbers_of_a_term_are_refused_by_its_place_in_the_sum(
    term: Term | SiameseTerm, said: str
) -> None:
    recipe = find_student("atom_cfkd" if isinstance(term, Term) else "feather_fc_from_siamfc")
    assert isinstance(recipe, Recipe)
    first = recipe.task.terms[0]  # type: ignore[attr-defined]
    task = replace(recipe.task, terms=(first, term))  # type: ignore[call-arg]
    with pytest.raises(InputError, match=rf"^task\.terms\.1\.{said}"):
        check_numbers(replace(recipe, task=task))


def test_all_stages_are_looked_at_before_the_first_is_trained(tmp_path: Path) -> None:
    staged = find_student("atom_cfkd_separate_little")
    assert isinstance(staged, StagedRecipe)
    second = staged.stages[1]
    second = replace(second, loop=replace(second.loop, seed=-3))
    staged = replace(staged, stages=(staged.stages[0], second))
    with pytest.raises(InputError, match=r"stages\.1\.loop\.seed must be at least 0"):
        run_staged(staged, output=tmp_path / "run")
    with pytest.raises(InputError, match=r"stages\.1\.loop\.seed must be at least 0"):
        print_stages(staged, data=None)
    assert not list(tmp_path.iterdir())


@dataclass(frozen=True, kw_only=True)
class _StrangeSettings(TaskSettings):
    """Of a task that somebody else wrote."""

    offset: float = -1.5


def test_numbers_of_tasks_that_others_wrote_are_their_own() -> None:
    check_numbers(replace(find_recipe("siamfc_small"), task=_StrangeSettings()))


@pytest.mark.parametrize(("field", "value"), [("seed", -3), ("keep", 0), ("save_minutes", 0.0)])
def test_the_loop_is_looked_at_in_compressions_too(field: str, value: float) -> None:
    one = find_compression("fdsiamfc_15_small")
    with pytest.raises(InputError, match=rf"loop\.{field} must be"):
        check_numbers(replace(one, loop=replace(one.loop, **{field: value})))
