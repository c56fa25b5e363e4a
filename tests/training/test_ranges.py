from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from feathertrack.errors import InputError
from feathertrack.recipes import find_compression, find_recipe, list_recipes
from feathertrack.training.ranges import check_numbers
from feathertrack.training.recipe import TaskSettings


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
