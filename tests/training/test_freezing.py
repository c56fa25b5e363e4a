import pytest

from feathertrack.errors import InputError
from feathertrack.training.freezing import Freezing
from feathertrack.training.recipe import FreezeSettings
from tests.training.toys import toy_task


def test_the_longest_prefix_decides_and_epochs_thaw() -> None:
    freezing = Freezing(toy_task(), FreezeSettings(frozen={"stem": 2, "stem.0": -1}))
    frozen = {
        name: [freezing.is_frozen(name, epoch) for epoch in (0, 1, 2)]
        for name in ("stem.0.weight", "stem.1.bias", "head.1.weight")
    }
    assert frozen["stem.0.weight"] == [True, True, True]
    assert frozen["stem.1.bias"] == [True, True, False]
    assert frozen["head.1.weight"] == [False, False, False]


def test_everything_but_one_part_can_be_frozen() -> None:
    task = toy_task()
    training = Freezing(task, FreezeSettings(frozen={"": -1, "head": 0})).apply(0)
    assert training == {"head.1.weight", "head.1.bias"}
    assert [name for name, p in task.network.named_parameters() if p.requires_grad] == [
        "head.1.weight",
        "head.1.bias",
    ]


def test_norms_of_frozen_parts_stand_still_until_they_thaw() -> None:
    task = toy_task()
    freezing = Freezing(task, FreezeSettings(frozen={"stem": 1}))
    freezing.apply(0)
    assert not task.network.stem[1].training
    assert task.network.head[0].training
    freezing.apply(1)
    assert task.network.stem[1].training


def test_norms_of_frozen_parts_move_where_the_recipe_says_so() -> None:
    task = toy_task()
    Freezing(task, FreezeSettings(frozen={"stem": -1}, norms="train")).apply(0)
    assert task.network.stem[1].training


def test_what_was_off_before_stays_off() -> None:
    task = toy_task()
    task.network.stem[0].bias.requires_grad_(False)
    training = Freezing(task, FreezeSettings()).apply(0)
    assert "stem.0.bias" not in training
    assert not task.network.stem[0].bias.requires_grad


def test_a_prefix_that_stands_for_nothing_is_named_with_its_neighbours() -> None:
    with pytest.raises(InputError, match=r"no part 'steem'; nearest: stem"):
        Freezing(toy_task(), FreezeSettings(frozen={"steem": 1}))


def test_freezing_everything_is_refused() -> None:
    with pytest.raises(InputError, match="leaves nothing to train in epoch 0"):
        Freezing(toy_task(), FreezeSettings(frozen={"": -1})).apply(0)
