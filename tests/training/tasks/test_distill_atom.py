from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest
import torch

from feathertrack.errors import InputError
from feathertrack.models.backbones.se_resnet import SEResNet50
from feathertrack.models.box_network import BoxNetwork
from feathertrack.recipes import find_student
from feathertrack.recipes.cfkd import ANSWERS, CFKD, COMPRESSION, FEATURES, TSKD, Terms
from feathertrack.training.losses.distillation import CorrelationFilter, Fidelity, Truth
from feathertrack.training.recipe import Recipe
from feathertrack.training.tasks.distill_atom import (
    DistillAtomSettings,
    DistillAtomTask,
    Mode,
)
from feathertrack.training.tasks.observing import observe
from feathertrack.training.teacher_cache import CacheSettings
from tests.training.tasks.box_pairs import box_pairs, tiny_atom, tiny_drnet
from tests.training.tasks.test_atom_task import overfit


def _task(terms: Terms, student: BoxNetwork | None = None, **settings: Any) -> DistillAtomTask:
    teacher = tiny_drnet(seed=1) if student and student.family == "drnet" else tiny_atom(seed=1)
    built = DistillAtomSettings(terms=terms, **settings).build(
        student or tiny_atom(), recipe=_recipe(), teacher=teacher
    )
    assert isinstance(built, DistillAtomTask)
    return built


def _recipe() -> Recipe:
    recipe = find_student("atom_cfkd_tiny")
    assert isinstance(recipe, Recipe)
    return recipe


@pytest.mark.parametrize("terms", [CFKD, TSKD, COMPRESSION, FEATURES, (Truth(),)])
@pytest.mark.parametrize("student", [tiny_atom, tiny_drnet])
def test_every_sum_teaches_and_logs_each_term_by_itself(terms: Terms, student: Any) -> None:
    task = _task(terms, student()).train()
    losses = task(box_pairs())
    losses["total"].backward()
    values = {name: float(loss.detach()) for name, loss in losses.items()}
    assert set(values) == {"total", *(term.name for term in terms)}
    weighted = sum(term.weight * values[term.name] for term in terms)
    assert values["total"] == pytest.approx(weighted, rel=1e-5)
    gradient = task.network.get_parameter("feature_extractor.conv1.weight").grad
    assert gradient is not None
    assert bool(torch.isfinite(gradient).all())
    assert bool(gradient.any())


def test_the_teacher_is_neither_trained_nor_saved() -> None:
    task = _task(CFKD)
    assert len(list(task.parameters())) == len(list(task.network.parameters()))
    task(box_pairs())["total"].backward()
    assert task.teacher is not None
    assert all(parameter.grad is None for parameter in task.teacher.parameters())


def test_the_mode_of_the_teacher_is_a_choice_that_training_does_not_touch() -> None:
    given, batch, recipe = tiny_atom(seed=1), box_pairs(), _recipe()
    before = {name: value.clone() for name, value in given.state_dict().items()}
    modes: tuple[Mode, ...] = ("eval", "train")
    expected: dict[str, torch.Tensor] = {}
    for mode in modes:
        settings = DistillAtomSettings(terms=ANSWERS, teacher_mode=mode)
        task = settings.build(tiny_atom(), recipe=recipe, teacher=given).train()
        assert task.teacher is not None
        assert task.teacher.training == (mode == "train")
        lesson = task.lesson(batch)
        assert lesson.teacher is not None
        like = copy.deepcopy(given).train(mode == "train")
        answers = observe(like, batch, task.draw(batch)[0]).answers
        assert answers is not None
        torch.testing.assert_close(lesson.teacher.answers, answers, rtol=1e-4, atol=1e-4)
        expected[mode] = answers
    assert not torch.allclose(expected["eval"], expected["train"], atol=1e-2)
    assert all(torch.equal(value, before[name]) for name, value in given.state_dict().items())


def test_a_student_that_is_its_teacher_has_nothing_to_imitate() -> None:
    student = tiny_atom(seed=1)
    losses = _task((*ANSWERS[:1], Fidelity()), student).eval()(box_pairs())
    assert float(losses["total"].detach()) < 1e-7


def test_the_head_is_asked_only_where_a_term_needs_it() -> None:
    lesson = _task(FEATURES).lesson(box_pairs())
    assert lesson.student.answers is None
    assert lesson.teacher is not None
    assert sorted(lesson.teacher.levels) == [2, 3]
    assert sorted(lesson.student.levels) == [0, 1, 2, 3]


def test_answers_are_those_of_the_network_as_it_tracks() -> None:
    task, batch = _task(CFKD), box_pairs()
    network = task.network.eval()
    boxes, _ = task.draw(batch)
    seen = observe(network, batch, boxes, levels=(0, 3), asked=True)
    assert seen.answers is not None
    torch.testing.assert_close(seen.answers, task.answers(batch, boxes))
    assert [seen.levels[number].stride for number in (0, 3)] == [2, 16]


def test_strides_are_read_off_the_maps() -> None:
    task, batch = _task((Truth(),)), box_pairs(1)
    student = tiny_atom()
    student.feature_extractor = SEResNet50()
    with torch.no_grad():
        seen = observe(student.eval(), batch, task.draw(batch)[0], levels=(0, 1, 2), asked=False)
    assert [level.stride for level in seen.levels.values()] == [4, 4, 8]


def test_a_term_of_weight_0_is_not_computed() -> None:
    losses = _task((*ANSWERS, replace(CorrelationFilter(), weight=0.0)))(box_pairs())
    assert set(losses) == {"total", "teacher_soft", "adaptive_hard"}


def test_in_bfloat16_objectives_are_computed_in_float32() -> None:
    task, batch = _task(CFKD), box_pairs()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        losses = task(batch)
    assert {loss.dtype for loss in losses.values()} == {torch.float32}


@pytest.mark.parametrize("student", [tiny_atom, tiny_drnet])
def test_a_student_learns_what_its_teacher_says_of_a_few_pairs(student: Any) -> None:
    first, last = overfit(_task(ANSWERS, student()), steps=25)
    assert last < 0.5 * first


def test_features_come_closer_to_those_of_the_teacher() -> None:
    first, last = overfit(_task(FEATURES), steps=15)
    assert last < 0.5 * first


def strided_otherwise() -> BoxNetwork:
    """A network whose stem has half as many cells on a side."""
    network = tiny_atom()
    network.feature_extractor = SEResNet50()
    return network


@pytest.mark.parametrize(
    ("terms", "teacher", "said"),
    [
        (CFKD, None, "imitates by teacher_soft, adaptive_hard, fidelity: --teacher NAME|FILE"),
        (CFKD, tiny_drnet(), ": give a file of weights, or a name, of atom, such as atom_r18"),
        ((Fidelity(levels=(2, 4)),), tiny_atom(), "task.terms.0.levels: fidelity looks at level 4"),
        ((Fidelity(levels=(-1,)),), tiny_atom(), "has the levels 0 of 144 x 144, 1 of 72 x 72, 2"),
        ((Fidelity(levels=()),), tiny_atom(), "task.terms.0.levels is empty"),
        ((Truth(levels=(3,)),), None, "task.terms.0.levels has no effect: truth looks only at"),
        (TSKD, strided_otherwise(), "144 x 144 cells there, the teacher the network of atom 72 x "),
        (TSKD, strided_otherwise(), "--task.terms.2.levels 1,2,3, or another --teacher"),
        ((Truth(), Truth()), None, "the terms are called truth, truth; each needs a name"),
        ((Truth(weight=0.0),), None, "no term of the sum has a weight"),
    ],
)
def test_what_does_not_fit_is_refused(terms: Terms, teacher: BoxNetwork, said: str) -> None:
    with pytest.raises(InputError) as caught:
        DistillAtomSettings(terms=terms).build(tiny_atom(), recipe=_recipe(), teacher=teacher)
    assert said in str(caught.value)


def test_a_teacher_of_another_family_is_named_by_its_file() -> None:
    recipe = replace(_recipe(), teacher="some/drnet.pth")
    with pytest.raises(InputError, match=r"of drnet, from --teacher some/drnet\.pth: give"):
        recipe.task.build(tiny_atom(), recipe=recipe, teacher=tiny_drnet())


def test_what_keeps_a_teacher_needs_one() -> None:
    settings = DistillAtomSettings(terms=(Truth(),), cache=CacheSettings(folder="kept"))
    assert not settings.needs_teacher
    with pytest.raises(InputError, match="nothing to keep in kept: leave out --task"):
        settings.build(tiny_atom(), recipe=_recipe())
