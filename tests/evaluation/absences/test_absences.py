"""Figures about absences, on numbers whose answers are worked out beside them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.absences import (
    Followed,
    Rule,
    find_returns,
    fit_states,
    lost_curve,
    measure_reliability,
    read_as,
    said_lost,
    score_lost,
    score_returns,
    summarise,
    summary_lines,
    thresholds_of,
)
from feathertrack.evaluation.absences.fitting import lowest_sure
from tests.evaluation.absences.made import made


def test_lost_is_true_where_the_target_is_away_or_the_box_is_off_it() -> None:
    # Frames 1 to 9 count; away in 4, 5, 6. Called lost: 2 (on it: false), 5 and 6 (away: true),
    # 7 (off it: true, not by the label).
    run = made("ooooxxxxoo", [1] * 10, away=range(4, 7), lost=[2, 5, 6, 7])
    score = score_lost([run], said_lost([run]))
    assert score.precision == pytest.approx(3 / 4)
    assert score.precision_by_label == pytest.approx(2 / 4)
    assert score.recall == pytest.approx(2 / 3)
    assert score.false_lost == pytest.approx(1 / 6)  # of 1, 2, 3, 7, 8, 9
    assert score.false_lost_by_label == pytest.approx(2 / 6)
    assert score.lost == pytest.approx(4 / 9)
    assert score.balance == pytest.approx(2 * (3 / 4) * (2 / 3) / (3 / 4 + 2 / 3))


def test_frames_of_all_sequences_count_alike() -> None:
    runs = [made("oo", [1, 1], lost=[1]), made("ooxxx", [1] * 5, away=range(2, 5), lost=[2, 3, 4])]
    score = score_lost(runs, said_lost(runs))
    assert (score.precision, score.recall) == (pytest.approx(3 / 4), 1.0)
    assert score.false_lost == pytest.approx(1 / 2)


def test_nothing_called_lost_has_no_precision_and_no_balance() -> None:
    run = made("oox", [1] * 3, away=range(2, 3), lost=[])
    score = score_lost([run], said_lost([run]))
    assert np.isnan(score.precision)
    assert (score.recall, score.balance) == (0, 0)


def test_a_curve_says_what_each_threshold_would_give() -> None:
    run = made("oooxxo", [1, 0.9, 0.4, 0.3, 0.1, 0.8], away=range(3, 5))
    curve = lost_curve([run], [0.2, 0.35, 0.5], patience=1)
    assert [point.recall for point in curve.points] == [0.5, 1, 1]
    assert [point.precision for point in curve.points] == [1, 1, pytest.approx(2 / 3)]
    assert [point.false_lost for point in curve.points] == [0, 0, pytest.approx(1 / 3)]
    late = lost_curve([run], [0.35], patience=2)
    assert late.points[0].recall == 0.5  # the first frame of the two is one low frame alone


def test_thresholds_reach_from_nothing_lost_to_everything() -> None:
    run = made("oooxx", [1, 0.9, 0.9, 0.2, 0.1], away=range(3, 5))
    points = lost_curve([run], thresholds_of([run]), patience=1).points
    assert (points[0].lost, points[-1].lost) == (0, 1)
    with pytest.raises(InputError, match="no sequences"):
        thresholds_of([])


def test_states_of_a_tracker_that_gives_none_are_not_made_up() -> None:
    with pytest.raises(InputError, match="scores alone"):
        said_lost([made("oo", [1, 1])])


def test_a_return_is_found_when_the_box_is_on_the_target_again() -> None:
    # Away in 2, 3 and in 7; back in 4, found in 6; back in 8, not found in the 3 frames left.
    run = made("ooxxxxoxnxn", [1] * 11, away=range(2, 4))
    run.absent[7] = True
    first, second = find_returns(run, within=3)
    assert (first.frame, first.away, first.delay, first.kept) == (4, 2, 2, True)
    assert (second.frame, second.away, second.delay, second.kept) == (8, 1, None, False)
    assert find_returns(run, within=2)[0].delay is None
    score = score_returns([first, second])
    assert (score.returns, score.found, score.kept, score.delay) == (2, 0.5, 0.5, 2)


def test_who_had_lost_the_target_before_it_went_is_told_apart() -> None:
    followed = made("oo" + "x" * 25, [1] * 27, away=range(2, 4))
    lost_long_ago = made("oo" + "x" * 48, [1] * 50, away=range(25, 27))
    returns = [*find_returns(followed), *find_returns(lost_long_ago)]
    assert [one.was_followed for one in returns] == [True, False]
    assert score_returns(returns).found_if_followed == 0


def test_a_target_that_stays_away_or_never_goes_does_not_return() -> None:
    assert find_returns(made("ooxx", [1] * 4, away=range(2, 4))) == ()
    assert np.isnan(score_returns(find_returns(made("oo", [1, 1]))).found)


def test_calibration_is_held_against_what_came_of_the_frames() -> None:
    # 0.9 and 0.9: one of two is good; 0.1: not good. (2 |0.9 - 0.5| + |0.1 - 0|) / 3.
    found = measure_reliability([made("ooxx", [1, 0.9, 0.9, 0.1])], bins=5)
    assert [(one.score, one.good, one.frames) for one in found.bins] == [(0.1, 0, 1), (0.9, 0.5, 2)]
    assert found.error == pytest.approx((2 * 0.4 + 0.1) / 3)
    assert found.ranking == pytest.approx((0.5 + 1) / 2)


def _noisy(seed: int) -> list[Followed]:
    draws = np.random.default_rng(seed)
    runs = []
    for _ in range(6):
        there = np.arange(120) % 60 < 40
        share = np.where(there, draws.normal(0.9, 0.05, 120), draws.normal(0.4, 0.1, 120))
        where = "".join("o" if here else "x" for here in there)
        run = made(where, [1.0] * 120, shares=share.tolist())
        run.absent[:] = ~there
        runs.append(run)
    return runs


def test_fitted_states_keep_the_rule_and_the_score_means_what_it_says() -> None:
    runs = _noisy(0)
    settings = fit_states(runs, rule=Rule(false_lost=0.01))
    read = read_as(_noisy(1), settings)
    score = score_lost(read, said_lost(read))
    assert score.false_lost < 0.02
    assert score.recall > 0.9
    assert measure_reliability(read).error < 0.05
    assert settings.lost_below <= settings.tracking_above
    assert 0.5 < settings.midpoint < 0.8


def test_where_no_threshold_keeps_the_rule_the_least_false_one_is_taken() -> None:
    run = made("ooxo", [1, 0.2, 0.5, 0.9], away=range(2, 3))
    settings = fit_states([run], rule=Rule(false_lost=-1.0, patiences=(1,)))
    read = read_as([run], settings)
    assert score_lost(read, said_lost(read)).false_lost == 0


def test_thresholds_are_not_chosen_where_nothing_is_ever_away() -> None:
    with pytest.raises(InputError, match="no target is ever away"):
        fit_states([made("oox", [1, 1, 0])])


def test_tracking_begins_where_frames_are_good_often_enough() -> None:
    scores, good = np.array([0.9, 0.8, 0.8, 0.3]), np.array([1, 1, 0, 0]) > 0
    assert lowest_sure(scores, good, share=0.6) == 0.8
    assert lowest_sure(scores, good, share=0.9) == 0.9
    assert lowest_sure(scores, good[::-1], share=0.9) == 1


def test_a_summary_is_json_and_a_table() -> None:
    runs = _noisy(0)
    summary = summarise(runs, fit_states(runs))
    again = json.loads(json.dumps(summary, allow_nan=False))
    assert again["returns"]["returns"] == 6
    assert again["returns"]["found"] == 1
    assert len(again["curve"]["below"]) == len(again["curve"]["recall"])
    lines = summary_lines({"one": again, "other": again})
    assert lines[0].split() == ["one", "other"]
    assert any(line.startswith("returns found ") and "1.000" in line for line in lines)
