"""Students in distillation, through the code of the stages, against the reference code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from feathertrack.data.batch import PairBatch
from feathertrack.errors import InputError
from feathertrack.models import Network, create_model
from feathertrack.models.squeezing import step_backbone
from feathertrack.recipes import find_compression
from feathertrack.training.compression import stages
from feathertrack.training.compression.imitation import compared_parts, recorded, unit_distance
from feathertrack.training.compression.inheritance import inherit, step_keys, teacher_state
from feathertrack.training.compression.settings import Compression
from feathertrack.training.compression.stages import Stage, begin_stage, stage_recipe
from feathertrack.training.freezing import Freezing
from feathertrack.training.optim import build_optimizer
from feathertrack.training.tasks.siamfc import SiamFCTask
from tests.filling import fill, filled_state, pictures, shapes_of
from tests.goldens_compare import Golden, assert_within, load_golden

KINDS = {"siamfc": "fdsiamfc", "siamd": "fdsiamd"}
STEPS = [("siamfc", step) for step in range(10)] + [("siamd", step) for step in range(16)]
RELATIVE = 1e-4  # as the json says
COMPRESSIONS = {
    "siamfc": replace(find_compression("fdsiamfc_30"), norms="train"),
    "siamd": replace(find_compression("fdsiamd_50"), norms="train"),
}
"""As the reference runs: batch norms of frozen layers move."""


def _network(kind: str, step: int) -> Network:
    return create_model(f"{KINDS[kind]}_step", step=step)


def _inherited(kind: str, step: int, monkeypatch: pytest.MonkeyPatch) -> Network:
    """The network with which a step begins, by the recipe of the goldens: fresh weights filled."""

    def filled_student(_: Compression, *, step: int) -> Network:
        network = _network(kind, step)
        fill(network, salt=100)
        return network

    if step == 0:
        return filled_student(COMPRESSIONS[kind], step=0)
    monkeypatch.setattr(stages, "build_student", filled_student)
    source = _network(kind, step - 1)
    source.load_state_dict(filled_state(shapes_of(source)))
    return begin_stage(COMPRESSIONS[kind], _stage(step), source)


def _stage(step: int) -> Stage:
    return Stage(number=0, step=step, phase="train" if step else "finetune")


def _described(kind: str, step: int) -> dict[str, Any]:
    described = load_golden("fdsiamfc", f"distill_{kind}").about["steps"]
    found: dict[str, Any] = described[step] if isinstance(described, list) else described[str(step)]
    return found


def _batch(kind: str) -> PairBatch:
    images = pictures(load_golden("fdsiamfc", f"distill_{kind}").about["inputs"])
    num = len(images["pair_z"])
    return PairBatch(
        template=images["pair_z"],
        search=images["pair_x"],
        template_boxes=torch.zeros(num, 4),
        search_boxes=torch.zeros(num, 4),
        positive=torch.ones(num, dtype=torch.bool),
        seeds=torch.zeros(num, dtype=torch.int64),
    )


@pytest.mark.parametrize(("kind", "step"), STEPS)
def test_step_inherits_and_trains_what_the_reference_does(kind: str, step: int) -> None:
    described, network = _described(kind, step), _network(kind, step)
    assert shapes_of(network) == described["state_dict"]
    keys = step_keys(network)
    assert list(keys.inherited) == described["inherited"]
    assert list(keys.fresh) == described["fresh"]
    assert list(keys.trainable) == described["trainable"]


@pytest.mark.parametrize(("kind", "step"), STEPS)
def test_stage_responds_and_learns_as_the_reference_does(
    kind: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    golden, described = load_golden("fdsiamfc", f"distill_{kind}"), _described(kind, step)
    network, batch = _inherited(kind, step, monkeypatch), _batch(kind)
    recipe = stage_recipe(COMPRESSIONS[kind], _stage(step), network)
    task = recipe.task.build(network, recipe=recipe).eval()
    assert isinstance(task, SiamFCTask)
    with torch.no_grad():
        response = network(batch.template, batch.search)
        _check_loss(described, "loss_eval", task(batch)["total"])
    golden.check(f"step{step}_response_eval", response, relative=RELATIVE)

    Freezing(task, recipe.freeze).apply(0)
    before = {key: value.clone() for key, value in network.state_dict().items()}
    optimizer = build_optimizer(task, replace(recipe.optim, lr=1e-2))
    loss = task(batch)["total"]
    _check_loss(described, "loss_train_mode_before_sgd", loss)
    mean = "backbone.bn1.0.running_mean"
    # Its statistics were taken here, after two updates, although its values are those after four.
    golden.check_stats(
        f"step{step}_after_sgd/{mean}", network.state_dict()[mean], relative=RELATIVE
    )
    loss.backward()
    optimizer.step()
    learnt = network.state_dict()
    _check_learnt(golden, f"step{step}_after_sgd/", before, learnt)
    moved = {key for key, _ in network.named_parameters() if not learnt[key].equal(before[key])}
    assert moved <= set(described["trainable"])
    with torch.no_grad():
        loss = task(batch)["total"]
    _check_loss(described, "loss_train_mode_after_one_sgd_step", loss)
    golden.check(
        f"step{step}_after_sgd/{mean}",
        network.state_dict()[mean],
        relative=RELATIVE,
        whole_too=False,
    )


def _check_learnt(
    golden: Golden, prefix: str, before: Mapping[str, Tensor], learnt: Mapping[str, Tensor]
) -> None:
    """Parameters after a step of the optimiser, and how far each has moved."""
    for key in (key.removeprefix(prefix) for key in golden.arrays if key.startswith(prefix)):
        if "#" in key or "running_mean" in key:
            continue
        golden.check(prefix + key, learnt[key], relative=RELATIVE)
        stride = golden.about["arrays"][prefix + key].get("stride", 1)
        start = before[key].reshape(-1)[::stride].numpy()
        moved = golden.arrays[prefix + key].reshape(-1) - start
        ours = learnt[key].reshape(-1)[::stride].numpy() - start
        assert_within(f"{prefix}{key} moved", ours, moved, tolerance=0.1 * abs(moved).max())


def _check_loss(described: dict[str, Any], key: str, loss: Tensor) -> None:
    expected = described[key]
    assert_within(key, float(loss.detach()), expected, tolerance=RELATIVE * expected)


@pytest.mark.parametrize(("kind", "step"), [pair for pair in STEPS if pair[1] % 2])
def test_hourglass_error_equals_reference(
    kind: str, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = _described(kind, step).get("aux_unit_mse")
    if expected is None:
        pytest.skip("the last step has no combine")
    network = _inherited(kind, step, monkeypatch).eval()
    backbone = step_backbone(network)
    widened, _ = compared_parts(backbone)
    image, convolution = _batch(kind).search, f"conv{(step + 1) // 2}"
    with (
        torch.no_grad(),
        recorded(backbone.get_submodule(widened)) as found,
        recorded(backbone.get_submodule(convolution)) as wanted,
    ):
        backbone(image)
    error = float(unit_distance(found[0], wanted[0]) * wanted[0].square().mean())
    value = expected["value"]
    assert_within("aux_unit_mse", error, value, tolerance=RELATIVE * value)


@pytest.mark.parametrize("kind", KINDS)
def test_merging_equals_reference(kind: str) -> None:
    golden = load_golden("fdsiamfc", f"merge_{kind}")
    rates = golden.about["squeeze_rate"]
    network = create_model(f"{KINDS[kind]}_step", rates=rates).eval()
    assert shapes_of(network) == golden.about["source_state_dict"]
    fill(network)
    merged = network.merged()
    state = merged.state_dict()
    assert {key: list(value.shape) for key, value in state.items()} == golden.about[
        "merged_state_dict"
    ]
    for key in state:
        if f"merged/{key}" in golden.arrays:
            golden.check(f"merged/{key}", state[key], relative=1.5e-7)
    images = pictures(golden.about["inputs"])
    with torch.no_grad():
        for name, model in (("unmerged", network), ("merged", merged)):
            response = model(images["exemplar"], images["search"])
            golden.check(f"response_{name}", response, relative=RELATIVE)


@pytest.mark.parametrize("step", range(10))
def test_merging_keeps_the_response_at_every_step(step: int) -> None:
    network = create_model("fdsiamfc_step", rates=0.1, step=step).eval()
    fill(network)
    template, search = torch.rand(1, 3, 95, 95) * 255, torch.rand(1, 3, 111, 111) * 255
    with torch.no_grad():
        expected = network(template, search)
        found = network.merged()(template, search)
    assert_within("merged", found, expected, tolerance=1e-5 * float(expected.abs().max()))


def test_step_zero_is_the_teacher() -> None:
    teacher, student = create_model("siamfc").eval(), create_model("fdsiamfc_step", step=0).eval()
    fill(teacher)
    missing = student.load_state_dict(teacher_state(teacher), strict=False)
    assert not missing.unexpected_keys
    template, search = torch.rand(1, 3, 95, 95), torch.rand(1, 3, 111, 111)
    with torch.no_grad():
        assert torch.equal(teacher(template, search), student(template, search))


def test_inheriting_from_the_wrong_step_names_the_tensor() -> None:
    with pytest.raises(InputError, match=r"step 5 inherits backbone\.bn1\.0\.weight"):
        inherit(_network("siamfc", 5), _network("siamfc", 0).state_dict())


def test_a_step_beyond_the_last_is_refused() -> None:
    with pytest.raises(InputError, match=r"step is 0 \.\.\. 9, got 10"):
        create_model("fdsiamfc_step", step=10)
