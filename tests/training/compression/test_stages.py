from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
import torch

from feathertrack.data.batch import PairBatch
from feathertrack.errors import InputError
from feathertrack.models import create_model
from feathertrack.models.squeezing import step_backbone
from feathertrack.recipes import find_compression
from feathertrack.training.compression.inheritance import idle_modules
from feathertrack.training.compression.settings import PhaseSettings
from feathertrack.training.compression.stages import (
    Stage,
    begin_stage,
    plan_stages,
    stage_recipe,
)
from feathertrack.training.freezing import Freezing
from feathertrack.training.schedules import schedule_factors

COMPRESSION = replace(find_compression("fdsiamfc_15"), rates=(0.05,))


def _stage(step: int, phase: Literal["train", "finetune"] = "train") -> Stage:
    return Stage(number=2 * step - 2, step=step, phase=phase)


def _batch() -> PairBatch:
    torch.manual_seed(0)
    return PairBatch(
        template=255 * torch.rand(2, 3, 95, 95),
        search=255 * torch.rand(2, 3, 111, 111),
        template_boxes=torch.zeros(2, 4),
        search_boxes=torch.zeros(2, 4),
        positive=torch.ones(2, dtype=torch.bool),
        seeds=torch.zeros(2, dtype=torch.int64),
    )


def test_stages_go_through_the_steps_in_two_phases() -> None:
    stages = plan_stages(COMPRESSION)
    assert [stage.name for stage in stages[:3]] == [
        "step01-train",
        "step01-finetune",
        "step02-train",
    ]
    assert stages[-1] == Stage(number=17, step=9, phase="finetune")


def test_units_of_rate_one_and_phases_without_epochs_have_no_stage() -> None:
    partly = replace(COMPRESSION, rates=(1.0, 0.5, 1.0, 1.0, 0.3))
    assert [stage.step for stage in plan_stages(partly)[::2]] == [3, 4, 9]
    short = replace(partly, finetune=PhaseSettings(epochs=0))
    assert [stage.name for stage in plan_stages(short)] == [
        "step03-train",
        "step04-train",
        "step09-train",
    ]
    with pytest.raises(InputError, match="has no stage: every rate is 1"):
        plan_stages(replace(COMPRESSION, rates=(1.0,)))
    with pytest.raises(InputError, match=r"choose_from .* got 7"):
        plan_stages(replace(COMPRESSION, choose_from=7.0))
    with pytest.raises(InputError, match=r"feature_weight .* got -3"):
        plan_stages(replace(COMPRESSION, feature_weight=-3.0))


def test_a_first_stage_behind_an_untouched_unit_begins_with_the_teacher() -> None:
    teacher = create_model("siamfc")
    compression = replace(COMPRESSION, rates=(1.0, 0.5, 1.0, 1.0, 0.3))
    network = begin_stage(compression, _stage(3), teacher)
    state, source = network.state_dict(), teacher.state_dict()
    assert torch.equal(state["backbone.conv2.0.weight"], source["backbone.conv2.0.weight"])
    following = begin_stage(compression, _stage(4), network)
    assert torch.equal(
        following.state_dict()["backbone.con2_squeeze.0.weight"],
        state["backbone.con2_squeeze.0.weight"],
    )


def test_fresh_weights_depend_on_seed_and_stage_alone() -> None:
    teacher = create_model("siamfc")
    first, again = (begin_stage(COMPRESSION, _stage(1), teacher) for _ in range(2))
    key = "backbone.con1_squeeze.0.weight"
    assert torch.equal(first.state_dict()[key], again.state_dict()[key])
    later = begin_stage(COMPRESSION, replace(_stage(1), number=5), teacher)
    assert not torch.equal(first.state_dict()[key], later.state_dict()[key])


def test_fine_tuning_begins_with_the_very_weights_of_the_first_phase() -> None:
    first = begin_stage(COMPRESSION, _stage(1), create_model("siamfc"))
    second = begin_stage(COMPRESSION, _stage(1, "finetune"), first)
    assert all(
        torch.equal(value, second.state_dict()[key]) for key, value in first.state_dict().items()
    )


def test_a_stage_that_is_not_the_next_one_is_refused() -> None:
    first = begin_stage(COMPRESSION, _stage(1), create_model("siamfc"))
    with pytest.raises(InputError, match=r"step 4 inherits backbone\.bn1\.0\.weight"):
        begin_stage(COMPRESSION, _stage(4), first)


def test_rates_fall_as_in_the_reference() -> None:
    network = begin_stage(COMPRESSION, _stage(1), create_model("siamfc"))
    train = stage_recipe(COMPRESSION, _stage(1), network)
    tune = stage_recipe(COMPRESSION, _stage(1, "finetune"), network)
    for recipe, first in ((train, 1e-2), (tune, 1e-3)):
        factors = schedule_factors(recipe.schedule, epochs=recipe.loop.epochs)
        assert recipe.optim.lr == first
        assert first * factors[-1] * (factors[-1] / factors[-2]) == pytest.approx(1e-5)


def test_weights_are_chosen_from_a_fifth_of_the_epochs_on_and_after_the_last() -> None:
    network = begin_stage(COMPRESSION, _stage(1), create_model("siamfc"))
    settings = stage_recipe(COMPRESSION, _stage(1), network).validation
    assert (settings.from_epoch, settings.every) == (10, 1)
    rarely = replace(COMPRESSION, validation=replace(COMPRESSION.validation, every=7))
    settings = stage_recipe(rarely, _stage(1), network).validation
    assert (50 - settings.from_epoch) % 7 == 0
    assert 10 <= settings.from_epoch < 17


def test_what_the_step_does_not_call_never_trains() -> None:
    network = begin_stage(COMPRESSION, _stage(1), create_model("siamfc"))
    backbone = step_backbone(network)
    assert idle_modules(backbone)[:2] == ("con2_squeeze", "con2_combine")
    assert not {"con1_squeeze", "con1_combine"} & set(idle_modules(backbone))
    recipe = stage_recipe(COMPRESSION, _stage(1, "finetune"), network)
    task = recipe.task.build(network, recipe=recipe)
    training = Freezing(task, recipe.freeze).apply(0)
    task(_batch())["total"].backward()
    without = [name for name, one in network.named_parameters() if one.grad is None]
    assert {name for name, _ in network.named_parameters()} - training == set(without)


@pytest.mark.parametrize(("norms", "moves"), [("freeze", False), ("train", True)])
def test_batch_norms_of_frozen_parts_move_only_by_request(
    norms: Literal["freeze", "train"], moves: bool
) -> None:
    compression = replace(COMPRESSION, norms=norms)
    network = begin_stage(compression, _stage(1), create_model("siamfc"))
    recipe = stage_recipe(compression, _stage(1), network)
    task = recipe.task.build(network, recipe=recipe)
    Freezing(task, recipe.freeze).apply(0)
    key = "backbone.bn3.0.running_mean"
    before = network.state_dict()[key].clone()
    task(_batch())
    assert torch.equal(before, network.state_dict()[key]) is not moves
