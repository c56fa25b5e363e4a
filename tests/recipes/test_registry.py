from __future__ import annotations

from pathlib import Path

import pytest

from feathertrack.errors import InputError
from feathertrack.models.squeezing import step_backbone
from feathertrack.recipes import (
    describe_recipe,
    find_compression,
    find_recipe,
    list_compressions,
    list_recipes,
)
from feathertrack.training.compression.stages import build_student, plan_stages
from feathertrack.training.schedules import schedule_factors

MINE = """
from dataclasses import replace
from feathertrack.recipes import find_recipe

def mine():
    return replace(find_recipe("siamfc_small"), name="mine")

def wrong():
    return 3

def broken():
    return 1 / 0
"""


@pytest.mark.parametrize("name", list_recipes())
def test_recipe_is_complete_and_says_where_it_comes_from(name: str) -> None:
    recipe = find_recipe(name)
    assert recipe.name == name
    assert recipe.source
    assert describe_recipe(name).endswith((".", ","))
    assert len(schedule_factors(recipe.schedule, epochs=recipe.loop.epochs)) == recipe.loop.epochs
    assert recipe.data.pairs_per_epoch % recipe.loop.batch_size == 0


def test_published_recipe_has_the_numbers_of_the_reference() -> None:
    recipe = find_recipe("siamfc_got10k")
    assert recipe.data.pairs_per_epoch // recipe.loop.batch_size == 1166
    assert (recipe.optim.lr, recipe.optim.momentum, recipe.optim.weight_decay) == (1e-2, 0.9, 5e-4)
    last = recipe.optim.lr * schedule_factors(recipe.schedule, epochs=50)[-1]
    assert last == pytest.approx(1.15e-5, rel=0.01)
    assert (recipe.data.template.size, recipe.data.search.size) == (127, 239)


@pytest.mark.parametrize(
    ("name", "num_stages", "model"),
    [
        ("fdsiamfc_30", 18, "fdsiamfc_30"),
        ("fdsiamfc_15", 18, "fdsiamfc_15"),
        ("fdsiamd_50", 30, "fdsiamd_50"),
        ("fdsiamfc_30_small", 18, "fdsiamfc_30"),
        ("fdsiamfc_15_small", 18, "fdsiamfc_15"),
    ],
)
def test_compression_ends_with_the_student_of_its_name(
    name: str, num_stages: int, model: str
) -> None:
    compression = find_compression(name)
    stages = plan_stages(compression)
    assert (compression.name, len(stages)) == (name, num_stages)
    assert build_student(compression, step=stages[-1].step).merged().name == model


def test_every_compression_is_listed() -> None:
    assert list_compressions("fdsiamd*") == ["fdsiamd_50"]
    assert step_backbone(build_student(find_compression("fdsiamd_50"), step=0)).num_layers == 8


def test_own_recipe_is_found_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "my_recipes.py"
    path.write_text(MINE)
    assert find_recipe(f"{path}:mine").name == "mine"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("siamfc_got1k", "no recipe is called 'siamfc_got1k'; nearest: siamfc_got10k"),
        ("missing.py:mine", "there is no file missing.py"),
        ("no_such_module:mine", "there is no module 'no_such_module'"),
        ("{file}:mime", r"has no function 'mime'; it has: mine, wrong, broken"),
        ("{file}:wrong", "returned a value of type int, expected a .*Recipe"),
        ("{file}:broken", "failed: ZeroDivisionError: division by zero"),
    ],
)
def test_what_is_no_recipe_is_refused_by_name(tmp_path: Path, name: str, said: str) -> None:
    path = tmp_path / "my_recipes.py"
    path.write_text(MINE)
    with pytest.raises(InputError, match=said):
        find_recipe(name.format(file=path))


def test_a_recipe_is_no_compression(tmp_path: Path) -> None:
    path = tmp_path / "my_recipes.py"
    path.write_text(MINE)
    with pytest.raises(InputError, match=r"returned a value of type Recipe, expected a .*Compress"):
        find_compression(f"{path}:mine")
