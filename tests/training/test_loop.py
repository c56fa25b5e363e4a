import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from feathertrack.errors import FeathertrackError, InputError
from feathertrack.evaluation.training_log import read_log
from feathertrack.training.loop import fit
from feathertrack.training.progress import FitResult, Progress
from feathertrack.training.recipe import FreezeSettings, OptimSettings, Recipe
from tests.training.toys import ToyPairs, ToyTask, toy_recipe, toy_task


def train(
    output: Path, recipe: Recipe, *, task: ToyTask | None = None, pairs: ToyPairs | None = None
) -> FitResult:
    return fit(recipe, task or toy_task(), pairs or ToyPairs(), output=output, devices="cpu")


def losses(output: Path) -> list[float]:
    return [line["losses"]["total"] for line in steps(output)]


def steps(output: Path) -> list[dict]:
    return [line for line in read_log(output / "log.jsonl") if line["event"] == "step"]


def plain_training(recipe: Recipe, *, epochs: int) -> list[float]:
    """The same training written out, without anything of the loop's."""
    torch.manual_seed(0)
    task = toy_task(norm=False).train()
    optim = recipe.optim
    optimizer = torch.optim.SGD(
        task.parameters(), lr=optim.lr, momentum=optim.momentum, weight_decay=optim.weight_decay
    )
    found = []
    pairs = ToyPairs()
    for epoch in range(epochs):
        pairs.set_epoch(epoch)
        for batch in pairs:
            optimizer.zero_grad()
            loss = task(batch)["total"]
            loss.backward()
            if optim.clip:
                nn.utils.clip_grad_norm_(task.parameters(), optim.clip)
            optimizer.step()
            found.append(float(loss.detach()))
    return found


@pytest.mark.parametrize("clip", [0.0, 0.05])
def test_losses_are_those_of_the_training_written_out(tmp_path: Path, clip: float) -> None:
    recipe = toy_recipe()
    recipe = replace(
        recipe,
        optim=replace(recipe.optim, clip=clip),
        schedule=replace(recipe.schedule, kind="constant"),
    )
    result = train(tmp_path, recipe, task=toy_task(norm=False))
    assert result.steps == 12
    assert result.pairs == 48
    assert losses(tmp_path) == pytest.approx(plain_training(recipe, epochs=2), rel=1e-5)


def test_accumulated_batches_train_like_one_large_batch(tmp_path: Path) -> None:
    one = toy_recipe(batch_size=8)
    train(tmp_path / "one", one, task=toy_task(norm=False), pairs=ToyPairs(length=3, size=8))
    two = toy_recipe(batch_size=4, accumulate=2)
    train(tmp_path / "two", two, task=toy_task(norm=False), pairs=ToyPairs(length=6, size=4))
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), rel=1e-5)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_follows_float32(tmp_path: Path, precision: str) -> None:
    train(tmp_path / "full", toy_recipe(), task=toy_task(norm=False))
    recipe = toy_recipe(precision=precision, loss_scale=64.0)
    train(tmp_path / "half", recipe, task=toy_task(norm=False))
    assert losses(tmp_path / "half") == pytest.approx(losses(tmp_path / "full"), rel=0.1)
    assert losses(tmp_path / "half") != losses(tmp_path / "full")


def test_a_fixed_loss_scale_is_held(tmp_path: Path) -> None:
    recipe = toy_recipe(precision="float16", loss_scale=512.0)
    train(tmp_path, recipe, task=toy_task(spoiled=5))
    assert {line["loss_scale"] for line in steps(tmp_path)} == {512.0}


def test_a_loss_that_is_no_number_leaves_no_trace(tmp_path: Path) -> None:
    """As if the spoiled batch had not been there, batch norms included."""
    recipe = toy_recipe(epochs=1)
    task = toy_task(spoiled=20)  # in the last of six batches
    result = train(tmp_path / "spoiled", recipe, task=task)
    shorter = toy_task()
    train(tmp_path / "shorter", recipe, task=shorter, pairs=ToyPairs(length=5))
    assert result.skipped == 1
    for one, other in zip(task.state_dict().values(), shorter.state_dict().values(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)


def test_a_loss_that_is_too_large_is_left_out(tmp_path: Path) -> None:
    assert train(tmp_path, toy_recipe(epochs=1, skip_above=1e-9)).skipped == 6


def test_a_training_that_diverged_ends_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(FeathertrackError, match=r"diverged: 100 steps in a row .* lower optim.lr"):
        train(tmp_path, toy_recipe(epochs=60, skip_above=1e-9))


def test_frozen_parts_do_not_move_and_thaw_in_their_epoch(tmp_path: Path) -> None:
    recipe = replace(toy_recipe(epochs=1), freeze=FreezeSettings(frozen={"stem": 1}))
    before, task = toy_task(), toy_task()
    train(tmp_path / "one", recipe, task=task)
    for name, value in task.network.stem.state_dict().items():
        torch.testing.assert_close(value, before.network.stem.state_dict()[name], rtol=0, atol=0)
    longer = replace(recipe, loop=replace(recipe.loop, epochs=2))
    train(tmp_path / "two", longer, task=task)
    assert not torch.equal(task.network.stem[0].weight, before.network.stem[0].weight)


@pytest.mark.parametrize("fresh", [True, False])
def test_momentum_is_dropped_at_a_thaw_where_the_recipe_says_so(
    tmp_path: Path, fresh: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    cleared = []
    original = torch.optim.SGD.step

    def step(self: torch.optim.SGD, *args: object) -> object:
        cleared.append(len(self.state))
        return original(self, *args)

    monkeypatch.setattr(torch.optim.SGD, "step", step)
    settings = FreezeSettings(frozen={"stem": 1}, fresh_optimizer=fresh)
    train(tmp_path, replace(toy_recipe(), freeze=settings))
    assert cleared[:2] == [0, 2]
    assert cleared[6] == (0 if fresh else 2)


def test_rates_by_group_are_in_the_log(tmp_path: Path) -> None:
    recipe = replace(toy_recipe(), optim=OptimSettings(lr=0.1, factors={"stem": 0.5}))
    recipe = replace(recipe, schedule=replace(recipe.schedule, kind="linear", end=0.2))
    train(tmp_path, recipe)
    lines = steps(tmp_path)
    assert lines[0]["lr"] == {"x0.5": 0.05, "x1": 0.1}
    assert lines[-1]["lr"]["x1"] == pytest.approx(0.02)
    assert lines[0]["gradient_norm"] > 0
    assert {"pairs_per_second", "data_wait", "peak_memory_mib"} <= lines[0].keys()


def test_the_average_follows_the_weights_slowly(tmp_path: Path) -> None:
    task, plain = toy_task(), toy_task()
    train(tmp_path, toy_recipe(ema=0.999, epochs=1), task=task)
    state = torch.load(next(tmp_path.glob("checkpoints/*.ckpt")), weights_only=True)["states"]
    now, first = (one.network.stem[0].weight.detach() for one in (task, plain))
    average = state["ema"]["network"]["stem.0.weight"]
    assert 0 < float((average - first).norm()) < float((now - first).norm())


def test_the_folder_of_a_run(tmp_path: Path) -> None:
    train(tmp_path, toy_recipe(pictures_every=5, keep=1))
    assert json.loads((tmp_path / "recipe.json").read_text())["optim"]["lr"] == 0.05
    assert [path.name for path in tmp_path.glob("checkpoints/*")] == ["step-00000012.ckpt"]
    assert sorted(path.name for path in tmp_path.glob("pictures/*")) == [
        "step-00000005.png",
        "step-00000010.png",
    ]
    assert list(tmp_path.glob("tensorboard/*"))
    events = [line["event"] for line in read_log(tmp_path / "log.jsonl")]
    assert events[0] == "start"
    assert events[-1] == "end"


def test_pictures_do_not_disturb_the_training(tmp_path: Path) -> None:
    train(tmp_path / "with", toy_recipe(pictures_every=2))
    train(tmp_path / "without", toy_recipe())
    assert losses(tmp_path / "with") == losses(tmp_path / "without")


def test_whoever_watches_hears_of_every_step(tmp_path: Path) -> None:
    heard: list[Progress] = []
    fit(toy_recipe(), toy_task(), ToyPairs(), output=tmp_path, devices="cpu", watch=heard.append)
    assert [(one.epoch, one.step) for one in heard] == [
        (epoch, step) for epoch in (1, 2) for step in range(1, 7)
    ]
    assert heard[-1].losses["total"] > 0


def test_deterministic_arithmetic_is_asked_for_and_given_back(tmp_path: Path) -> None:
    train(tmp_path, toy_recipe(deterministic=True, epochs=1))
    assert not torch.are_deterministic_algorithms_enabled()


@pytest.mark.parametrize(
    ("loop", "words"),
    [
        ({"accumulate": 7}, "too small for one step: 6 batches of 4, and loop.accumulate is 7"),
        ({"accumulate": 0}, "must be at least 1"),
        ({"ema": 1.5}, "loop.ema must be 0 or lie between 0 and 1, got 1.5"),
        ({"precision": "int4"}, "loop.precision is float32, float16 or bfloat16, got 'int4'"),
    ],
)
def test_impossible_settings_are_refused(tmp_path: Path, loop: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        train(tmp_path, toy_recipe(**loop))


def test_pairs_that_end_early_are_an_error(tmp_path: Path) -> None:
    class Short(ToyPairs):
        def __len__(self) -> int:
            return 9

    with pytest.raises(InputError, match="the pairs of epoch 1 ended after step 6 of 9"):
        train(tmp_path, toy_recipe(), pairs=Short())
