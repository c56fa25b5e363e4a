from __future__ import annotations

import numpy as np
import pytest

from feathertrack.data.choosing import (
    choose_any,
    choose_causal,
    choose_half_open,
    choose_interval,
    chooser_for,
)
from feathertrack.data.settings import DataSettings
from feathertrack.errors import InputError

FRAMES = np.arange(0, 600, 3, dtype=np.int32)


def gaps(choose: object, reach: int, frames: np.ndarray = FRAMES, count: int = 2000) -> set[int]:
    rng = np.random.default_rng(0)
    pairs = [choose(frames, reach, rng) for _ in range(count)]  # type: ignore[operator]
    return {second - first for first, second in pairs}


def test_causal_search_is_later_and_fewer_than_the_range_of_frame_numbers_away() -> None:
    assert gaps(choose_causal, 31) == set(range(1, 11))  # ten places are 30 frames


def test_causal_finds_the_few_near_frames_of_a_sparse_track() -> None:
    frames = np.array([0, *range(1000, 90000, 1000), 90001, 90002], np.int32)
    assert gaps(choose_causal, 2, frames, 50) == {1}


def test_causal_takes_two_frames_as_they_are_and_pairs_none_with_itself() -> None:
    rng = np.random.default_rng(0)
    assert choose_causal(np.array([4, 900], np.int32), 100, rng) == (0, 1)
    assert choose_causal(np.array([4], np.int32), 100, rng) is None
    assert choose_causal(np.arange(0, 9000, 1000, dtype=np.int32), 100, rng) is None


def test_causal_pairs_a_still_picture_with_itself_where_the_range_says_so() -> None:
    assert choose_causal(np.array([4], np.int32), 1, np.random.default_rng(0)) == (0, 0)


def test_any_counts_annotated_frames_and_takes_both_ends() -> None:
    assert gaps(choose_any, 3) == set(range(-3, 4))


def test_any_of_mmtracking_leaves_out_the_last_place() -> None:
    assert gaps(choose_half_open, 3) == set(range(-3, 3))


def test_interval_counts_frame_numbers_and_leaves_out_the_last_one() -> None:
    assert gaps(choose_interval, 6) == {-2, -1, 0, 1}


def test_interval_grows_by_five_until_it_holds_a_frame() -> None:
    assert gaps(choose_interval, 0) == {-1, 0, 1}  # 5 frame numbers reach one place of 3


def test_interval_leaves_out_short_videos_but_not_still_pictures() -> None:
    rng = np.random.default_rng(0)
    assert choose_interval(np.arange(4, dtype=np.int32), 50, rng) is None
    assert choose_interval(np.arange(1, dtype=np.int32), 50, rng) == (0, 0)


def test_the_order_and_the_convention_choose_the_rule() -> None:
    def rule(order: str, crop: str = "siamfc") -> object:
        return chooser_for(DataSettings(sets=(), pairs_per_epoch=1, order=order, crop=crop))  # type: ignore[arg-type]

    assert rule("any") is rule("any", "pysot") is choose_any
    assert rule("any", "mmtracking") is choose_half_open
    assert rule("causal") is choose_causal
    with pytest.raises(InputError, match="order is 'random'"):
        rule("random")
