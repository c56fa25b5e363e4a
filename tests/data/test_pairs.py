from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from feathertrack.data.pairs import PairPlan, PairSampler
from feathertrack.data.settings import DataSettings, SetSettings
from feathertrack.data.shuffling import shuffled
from feathertrack.errors import InputError
from tests.data.pretend import Pretend, videos


def sampler(*sources: Pretend, seed: int = 0, sets: Any = None, **options: Any) -> PairSampler:
    given = sets or tuple(SetSettings(reader="folder") for _ in sources)
    data = DataSettings(sets=given, **{"pairs_per_epoch": 400, **options})
    return PairSampler(sources, data, seed=seed)


def plans(made: PairSampler, epoch: int = 0) -> list[PairPlan]:
    return [made.plan(epoch, index) for index in range(made.data.pairs_per_epoch)]


@pytest.mark.parametrize("size", [1, 2, 3, 10, 64, 1000])
def test_shuffled_is_a_permutation_and_another_for_another_key(size: int) -> None:
    first, second = ([shuffled(n, size, key) for n in range(size)] for key in (1, 2))
    assert sorted(first) == sorted(second) == list(range(size))
    if size >= 10:
        assert first != second and first != sorted(first)


def test_a_pair_depends_on_seed_epoch_and_index_alone() -> None:
    made = sampler(videos(7), negative=0.3, gray=0.3)
    forwards = plans(made)
    again = sampler(videos(7), negative=0.3, gray=0.3)
    assert [again.plan(0, index) for index in reversed(range(400))] == forwards[::-1]
    assert plans(made, epoch=1) != forwards
    assert plans(sampler(videos(7), negative=0.3, gray=0.3, seed=1)) != forwards
    assert len({plan.seed for plan in forwards}) == 400


def test_every_video_is_used_once_before_any_is_used_again_over_epochs() -> None:
    made = sampler(videos(30), pairs_per_epoch=20)
    used = [plan.template.track for epoch in range(3) for plan in plans(made, epoch)]
    assert Counter(used) == Counter(dict.fromkeys(range(30), 2))
    assert sorted(used[:20]) != list(range(20))


def test_sets_are_drawn_by_their_shares() -> None:
    sets = (SetSettings(reader="folder", share=3), SetSettings(reader="folder", share=1))
    made = sampler(videos(5), videos(500), sets=sets)
    assert made.places() == (300, 100)
    assert Counter(plan.template.set for plan in plans(made)) == {0: 300, 1: 100}


def test_counts_weigh_the_sets_as_the_union_list_of_pysot() -> None:
    sets = (SetSettings(reader="folder", count=60), SetSettings(reader="folder"))
    made = sampler(videos(5), videos(20), sets=sets)
    assert made.places() == (300, 100)
    used = Counter(plan.template.track for plan in plans(made) if plan.template.set == 0)
    assert used == dict.fromkeys(range(5), 60)


def test_a_count_below_the_number_of_videos_uses_one_fixed_part_of_them() -> None:
    made = sampler(videos(50), sets=(SetSettings(reader="folder", count=8),))
    used = [{plan.template.track for plan in plans(made, epoch)} for epoch in (0, 1)]
    assert used[0] == used[1] and len(used[0]) == 8


def test_negatives_and_gray_have_their_shares_and_show_another_target() -> None:
    made = sampler(videos(6), videos(6), negative=0.2, gray=0.1, pairs_per_epoch=2000)
    found = plans(made)
    negative = [plan for plan in found if not plan.positive]
    assert 340 < len(negative) < 460 and 150 < sum(plan.gray for plan in found) < 250
    assert all(
        (plan.template.set, plan.template.track) != (plan.search.set, plan.search.track)
        for plan in negative
    )
    assert {plan.search.set for plan in negative if plan.template.set == 0} == {0, 1}


def test_negatives_of_mmtracking_stay_in_their_set_and_count_every_instance() -> None:
    crowd = Pretend((((1, 2),) * 9, ((1, 2),)))
    made = sampler(crowd, videos(6), negative=0.5, crop="mmtracking", pairs_per_epoch=2000)
    found = plans(made)
    assert all(plan.template.set == plan.search.set for plan in found)
    assert Counter(p.template.track for p in found if p.template.set == 0) == dict.fromkeys(
        range(10), 100
    )


def test_videos_without_a_fitting_pair_are_passed_over() -> None:
    source = Pretend((((1,),), ((1, 5000),), ((), (1, 2, 3))))
    found = plans(sampler(source, order="causal"))
    assert {plan.template.track for plan in found} == {1, 3}


def test_a_set_without_any_pair_is_refused_with_the_remedy() -> None:
    made = sampler(videos(4, frames=[7]), order="causal")
    with pytest.raises(InputError, match="still pictures need frame_range 1"):
        made.plan(0, 0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"negative": 1.5}, "negative is 1.5"),
        ({"pairs_per_epoch": 0}, "pairs_per_epoch is 0"),
        ({"sets": (SetSettings(reader="x", share=-1),)}, "share of pretend is -1"),
        ({"sets": (SetSettings(reader="x", share=0),)}, "share 0"),
        ({"sets": ()}, None),
    ],
)
def test_settings_that_cannot_be_are_refused(options: dict[str, Any], message: str | None) -> None:
    if message is None:
        with pytest.raises(InputError, match="0 training sets are open"):
            sampler(pairs_per_epoch=1)
        return
    with pytest.raises(InputError, match=message):
        sampler(videos(3), **options)


def test_negatives_need_a_second_target() -> None:
    with pytest.raises(InputError, match="one target only"):
        sampler(videos(1), negative=0.1)
