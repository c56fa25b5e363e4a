import pytest
from torch.optim import SGD, Adam, AdamW

from feathertrack.errors import InputError
from feathertrack.training.optim import build_optimizer, set_rates
from feathertrack.training.recipe import OptimSettings
from tests.training.toys import toy_task


def groups(settings: OptimSettings) -> dict[str, dict]:
    return {group["label"]: group for group in build_optimizer(toy_task(), settings).param_groups}


def test_factors_make_groups_and_zero_leaves_parts_out() -> None:
    task = toy_task()
    settings = OptimSettings(lr=0.5, factors={"stem": 0.1, "stem.0.bias": 0})
    optimizer = build_optimizer(task, settings)
    found = {group["label"]: (group["lr"], group["names"]) for group in optimizer.param_groups}
    assert found == {
        "x0.1": (0.05, ["stem.0.weight", "stem.1.weight", "stem.1.bias"]),
        "x1": (0.5, ["head.1.weight", "head.1.bias"]),
    }
    assert not task.network.stem[0].bias.requires_grad


def test_norms_and_biases_can_be_spared_from_decay() -> None:
    found = groups(OptimSettings(decay_norms=False, weight_decay=0.1))
    assert found["x1"]["weight_decay"] == 0.1
    assert found["x1"]["names"] == ["stem.0.weight", "head.1.weight"]
    assert found["x1 without decay"]["weight_decay"] == 0
    assert groups(OptimSettings())["x1"]["weight_decay"] == 5e-4


@pytest.mark.parametrize(("kind", "made"), [("sgd", SGD), ("adam", Adam), ("adamw", AdamW)])
def test_every_kind(kind: str, made: type) -> None:
    assert type(build_optimizer(toy_task(), OptimSettings(kind=kind))) is made


def test_rates_are_base_times_group_times_schedule() -> None:
    optimizer = build_optimizer(toy_task(), OptimSettings(factors={"stem": 0.1}))
    assert set_rates(optimizer, base=2.0, factor=0.5) == {"x0.1": 0.1, "x1": 1.0}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (OptimSettings(lr=0.0), "optim.lr must be above 0 and finite, got 0"),
        (OptimSettings(lr=float("nan")), "optim.lr must be above 0"),
        (OptimSettings(clip=-1.0), "optim.clip must be at least 0"),
        (OptimSettings(factors={"stem": -1.0}), r"optim.factors\['stem'\] must be at least 0"),
        (OptimSettings(factors={"stm": 1.0}), "no part 'stm'; nearest: stem"),
        (OptimSettings(factors={"": 0.0}), "no parameter is left to train"),
    ],
)
def test_impossible_settings_are_refused(settings: OptimSettings, words: str) -> None:
    with pytest.raises(InputError, match=words):
        build_optimizer(toy_task(), settings)
