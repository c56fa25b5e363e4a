from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from feathertrack.data.batch import PairBatch
from feathertrack.errors import InputError
from feathertrack.models import create_model
from feathertrack.models.network import Network
from feathertrack.models.siamkpn import SiamKPN
from feathertrack.models.siamrpn import SiamRPN
from feathertrack.recipes import find_student
from feathertrack.recipes.siamese_students import ANCHORS, KEYPOINTS, RESPONSE, Terms
from feathertrack.training.checkpoints import load_checkpoint
from feathertrack.training.loop import fit
from feathertrack.training.losses.distillation.siamese import (
    MatchedFeatures,
    SoftNumbers,
    SoftScores,
    aligned,
    soft_scores,
)
from feathertrack.training.recipe import Recipe
from feathertrack.training.tasks.distill_siamese import DistillSiameseSettings, DistillSiameseTask
from feathertrack.training.teacher_cache import CacheSettings, TeacherCache
from feathertrack.weights.loading import load_model
from tests.training.tasks.box_pairs import tiny_atom
from tests.training.tasks.siamese_pairs import Shrink, pairs, tiny_siamkpn, tiny_siamrpn

SIDE = 159
NARROW = {"rates": (0.05, 0.02, 0.02, 0.02, 0.05)}


def wide(kind: str) -> Network:
    """A teacher with two levels of 24 channels, or a SiamFC wider than its student."""
    torch.manual_seed(1)
    if kind == "siamfc":
        return create_model("fdsiamfc", rates=(0.1, 0.04, 0.04, 0.04, 0.1))
    backbone = Shrink(levels=2, width=24)
    if kind == "siamrpn":
        return SiamRPN(backbone, widths=(24, 24), weighted=True)
    return SiamKPN(backbone, widths=(24, 24), num_stages=3, weighted=True)


def narrow(kind: str) -> Network:
    if kind == "siamfc":
        torch.manual_seed(0)
        return create_model("fdsiamfc", **NARROW)
    return tiny_siamrpn() if kind == "siamrpn" else tiny_siamkpn(stages=1)


NAMES = {
    "siamrpn": "siamrpn_mobilenetv2_from_r50",
    "siamkpn": "siamkpn_1s_from_3s",
    "siamfc": "feather_fc_from_siamfc",
}


def recipe_of(kind: str, *, cache: str = "") -> Recipe:
    recipe = find_student(NAMES[kind])
    assert isinstance(recipe, Recipe)
    assert isinstance(recipe.task, DistillSiameseSettings)
    return replace(
        recipe,
        task=replace(recipe.task, cache=CacheSettings(folder=cache)),
        data=replace(recipe.data, pairs_per_epoch=4, search=replace(recipe.data.search, size=SIDE)),
        optim=replace(recipe.optim, factors={}, clip=0.0, lr=1e-3, kind="adam"),
        freeze=type(recipe.freeze)(),
        schedule=replace(recipe.schedule, kind="constant", warmup_epochs=0),
        loop=replace(recipe.loop, epochs=1, batch_size=2, log_every=1),
    )


def built(kind: str, teacher: Network | None = None, **changes: Any) -> DistillSiameseTask:
    recipe = recipe_of(kind)
    task = replace(recipe.task, **changes)
    made = task.build(narrow(kind), recipe=recipe, teacher=teacher or wide(kind))
    assert isinstance(made, DistillSiameseTask)
    return made


class TwoBatches:
    def set_epoch(self, epoch: int, start_step: int = 0) -> None:
        self.start = start_step

    def __len__(self) -> int:
        return 2

    def __iter__(self) -> Any:
        return iter([batch(seed) for seed in (0, 1)][self.start :])


def batch(seed: int = 0) -> PairBatch:
    made = pairs([True, False], side=SIDE, seed=seed)
    return replace(made, seeds=made.seeds + 2 * seed)


@pytest.mark.parametrize("kind", list(NAMES))
def test_terms_are_logged_by_themselves_and_weighted_in_the_sum(kind: str) -> None:
    task = built(kind).train()
    losses = task(batch())
    losses["total"].backward()
    values = {name: float(loss.detach()) for name, loss in losses.items()}
    sums = {"truth": 1.0} | {term.name: term.weight for term in task.terms}
    assert set(sums) <= set(values)
    expected = sum(weight * values[name] for name, weight in sums.items())
    assert values["total"] == pytest.approx(expected, rel=1e-5)
    assert all(values[term.name] > 0 for term in task.terms)
    assert task.teacher is not None
    assert not task.teacher.training
    assert all(one.grad is None for one in task.teacher.parameters())
    assert all(one.weight.grad.any() for one in task.adapters.values())
    assert len(task.adapters) == 1  # the student has one level, whose width differs


@pytest.mark.parametrize("kind", list(NAMES))
def test_two_steps_with_a_cache_are_those_without(kind: str, tmp_path: Path) -> None:
    runs = []
    for number in range(3):
        recipe = recipe_of(kind, cache=str(tmp_path / "cache") if number else "")
        task = recipe.task.build(narrow(kind), recipe=recipe, teacher=wide(kind))
        torch.manual_seed(0)
        [one.reset_parameters() for one in task.adapters.values()]  # type: ignore[union-attr, operator]
        result = fit(recipe, task, TwoBatches(), output=tmp_path / str(number), devices="cpu")
        task.close()
        assert result.steps == 2
        runs.append(result.losses)
        if number:
            assert isinstance(task.cache, TeacherCache)
            assert (task.cache.hits, task.cache.misses) == ((0, 4) if number == 1 else (4, 0))
    assert runs[0] == runs[1] == runs[2]


def test_adapters_are_in_checkpoints_and_in_no_weights(tmp_path: Path) -> None:
    recipe = recipe_of("siamfc")
    task = recipe.task.build(narrow("siamfc"), recipe=recipe, teacher=wide("siamfc"))
    result = fit(recipe, task, TwoBatches(), output=tmp_path, devices="cpu")
    assert result.weights is not None
    saved = load_model(result.weights)
    assert saved.state_dict().keys() == narrow("siamfc").state_dict().keys()
    states = load_checkpoint(result.checkpoint).states["task"]
    assert "adapters.1.weight" in states


def test_a_student_that_is_its_teacher_has_nothing_to_imitate() -> None:
    for kind in ("siamrpn", "siamfc"):
        task = built(kind, teacher=narrow(kind)).eval()
        losses = task(batch())
        assert not task.adapters
        assert all(float(losses[term.name].detach()) < 1e-6 for term in task.terms)


def test_maps_of_other_sides_are_compared_where_both_have_cells() -> None:
    torch.manual_seed(0)
    student = SiamKPN(Shrink(), widths=(16,), num_stages=1, weighted=False)
    teacher = create_model("siamkpn_alexnet").train(False)  # 6 cells of a template, not 15
    recipe = recipe_of("siamkpn")
    task = recipe.task.build(student, recipe=recipe, teacher=teacher)
    losses = task(batch())
    assert all(bool(torch.isfinite(loss)) for loss in losses.values())


def test_cells_are_matched_by_their_places_in_the_crop() -> None:
    x = torch.arange(7.0)
    teacher = (10 * x[:, None] + x).expand(1, 1, 7, 7)
    own, read = aligned(torch.zeros(1, 1, 9, 9), teacher, strides=(8, 8))
    assert own.shape == read.shape == (1, 1, 7, 7)
    assert torch.equal(read, teacher)
    _, read = aligned(torch.zeros(1, 1, 2, 3), teacher, strides=(16, 8))
    torch.testing.assert_close(read[0, 0], torch.tensor([[21.0, 23, 25], [41, 43, 45]]))


def test_the_target_has_half_of_the_weight_of_scores() -> None:
    teacher = torch.full((1, 1, 10, 10), -20.0)
    teacher[..., 5, 5] = 20.0
    missing = torch.full((1, 1, 10, 10), -20.0)
    whole = soft_scores(missing, teacher)
    assert float(whole) == pytest.approx(10.0, rel=1e-3)
    assert float(soft_scores(missing, teacher, balance="none")) == pytest.approx(0.2, rel=1e-3)


def refused(kind: str, teacher: Network | None, terms: Terms) -> str:
    recipe = recipe_of(kind)
    task = replace(recipe.task, terms=terms)
    with pytest.raises(InputError) as caught:
        task.build(narrow(kind), recipe=recipe, teacher=teacher)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_cannot_be_matched_is_refused_in_one_line() -> None:
    assert "--teacher NAME|FILE" in refused("siamrpn", None, ANCHORS)
    assert "is of siamkpn: their scores do not" in refused("siamrpn", wide("siamkpn"), RESPONSE)
    assert "is of atom" in refused("siamrpn", tiny_atom(), ANCHORS)
    other = tiny_siamrpn(anchors="mmtracking")
    assert "--model-options.anchors mmtracking" in refused("siamrpn", other, ANCHORS)
    assert "compares boxes" in refused("siamkpn", wide("siamkpn"), (SoftNumbers(),))
    third = (MatchedFeatures(levels=(-3,)),)
    assert "compares level -3" in refused("siamrpn", wide("siamrpn"), third)
    twice = (SoftScores(), SoftScores())
    assert "needs a name of its own" in refused("siamrpn", wide("siamrpn"), twice)


def test_features_alone_may_come_from_another_family() -> None:
    task = built("siamrpn", teacher=wide("siamkpn"), terms=(MatchedFeatures(),))
    assert float(task(batch())["features"].detach()) > 0


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        ("siamrpn_mobilenetv2_from_r50", ANCHORS),
        ("siamkpn_1s_from_3s", KEYPOINTS),
        ("siamrpn_small_narrow", ANCHORS),
        ("siamkpn_small_1s", KEYPOINTS),
        ("feather_fc_from_siamfc", RESPONSE),
        ("feather_fc_small", RESPONSE),
    ],
)
def test_recipes_have_the_sums_of_their_families(name: str, terms: Terms) -> None:
    recipe = find_student(name)
    assert isinstance(recipe, Recipe)
    assert isinstance(recipe.task, DistillSiameseSettings)
    assert recipe.task.terms == terms
    assert recipe.model_options.get("num_stages", 1) == 1
