"""The grids of the references value by value, and what other strategies propose."""

from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.trackers.siamfc import SiamFCSettings
from feathertrack.trackers.siamkpn import SiamKPNSettings
from feathertrack.trackers.siamrpn import SiamRPNSettings
from feathertrack.tuning.strategies import Strategy, draw, make_strategy
from tests.tuning.tunable import DriftingSettings


def first_stage(strategy: Strategy) -> list[dict[str, object]]:
    return [dict(point) for point in strategy.stages[0](strategy.space.point({}))]


def test_grid_of_pysot() -> None:
    points = first_stage(make_strategy("pysot", SiamRPNSettings()))
    penalties = np.arange(0.05, 0.5, 0.05)
    rates = np.arange(0.35, 0.5, 0.05)
    windows = np.arange(0.1, 0.8, 0.05)
    assert len(points) == len(penalties) * len(rates) * len(windows) == 504
    assert {point["size_penalty"] for point in points} == set(penalties.tolist())
    assert {point["size_rate"] for point in points} == set(rates.tolist())
    assert round(max(float(str(point["size_rate"])) for point in points), 9) == 0.5
    assert {point["window_weight"] for point in points} == set(windows.tolist())
    assert {point["search_size"] for point in points} == {255}


def test_grid_of_mmtracking_goes_by_the_benchmark() -> None:
    drones = first_stage(make_strategy("mmtracking", SiamRPNSettings(), benchmark="uav123"))
    assert len(drones) == 125
    assert {point["size_penalty"] for point in drones} == {0.01, 0.06, 0.11, 0.16, 0.21}
    assert {point["size_rate"] for point in drones} == {0.4, 0.45, 0.5, 0.55, 0.6}
    assert {point["window_weight"] for point in drones} == {0.01, 0.06, 0.11, 0.16, 0.21}
    otb = first_stage(make_strategy("mmtracking", SiamRPNSettings(), benchmark="otb100"))
    assert {point["window_weight"] for point in otb} == {0.46, 0.48, 0.5, 0.52, 0.54}
    named = make_strategy("mmtracking_vot2018", SiamRPNSettings(), benchmark="otb100")
    assert {point["size_rate"] for point in first_stage(named)} == {
        *(0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5)
    }


def test_siamkpn_searches_epochs_coarsely_and_the_best_one_finely() -> None:
    strategy = make_strategy("siamkpn", SiamKPNSettings(), checkpoints=["e1", "e2", "e3"])
    coarse = first_stage(strategy)
    assert len(coarse) == 3 * 125
    assert {point["size_penalty"] for point in coarse} == {0.0, 0.1, 0.2, 0.3, 0.4}
    best = strategy.space.point(
        {"checkpoint": "e2", "size_penalty": 0.0, "window_weight": 0.4, "size_rate": 0.7}
    )
    fine = [dict(point) for point in strategy.stages[1](best)]
    assert {point["checkpoint"] for point in fine} == {"e2"}
    assert {point["window_weight"] for point in fine} == {0.32, 0.36, 0.4, 0.44, 0.48}
    assert {point["size_penalty"] for point in fine} == {0.0, 0.04, 0.08}


def test_siamkpn_is_fine_about_values_of_the_user_too() -> None:
    named = [("window-weight", "0.125,0.4"), ("size-rate", "0.3:0.5:0.1"), ("size-penalty", "0.1")]
    strategy = make_strategy("siamkpn", SiamKPNSettings(), named=named)
    coarse = first_stage(strategy)
    assert {point["window_weight"] for point in coarse} == {0.125, 0.4}
    assert len(coarse) == 2 * 3
    best = strategy.space.point({"window_weight": 0.125, "size_rate": 0.5, "size_penalty": 0.1})
    fine = [dict(point) for point in strategy.stages[1](best)]
    assert {point["window_weight"] for point in fine} == {0.045, 0.085, 0.125, 0.165, 0.205}
    assert {point["size_rate"] for point in fine} == {0.42, 0.46, 0.5, 0.54, 0.58}
    assert {point["size_penalty"] for point in fine} == {0.1}  # one value is meant to stay
    assert strategy.space.axes[1].holds(0.125)


def test_siamkpn_stays_in_a_range_of_the_user() -> None:
    strategy = make_strategy("siamkpn", SiamKPNSettings(), named=[("size-rate", "0.3:0.5")])
    fine = [dict(point) for point in strategy.stages[1](strategy.space.point({"size_rate": 0.5}))]
    assert {point["size_rate"] for point in fine} == {0.42, 0.46, 0.5}


def test_fdsiamfc_varies_one_setting_at_a_time_from_the_best_so_far() -> None:
    strategy = make_strategy("fdsiamfc", SiamFCSettings())
    assert len(strategy.stages) == 4
    best = strategy.space.point({"scale_step": 1.11})
    windows = [dict(point) for point in strategy.stages[3](best)]
    assert [point["window_weight"] for point in windows] == [0.13, 0.16, 0.19, 0.22, 0.25, 0.28]
    assert {point["scale_step"] for point in windows} == {1.11}


def test_one_setting_at_a_time_begins_at_the_nearest_value_of_the_user() -> None:
    assert SiamFCSettings().window_weight < 0.2
    named = [("window-weight", "0.25,0.2"), ("scale-rate", "0.9:1")]
    strategy = make_strategy("fdsiamfc", SiamFCSettings(), named=named)
    for point in first_stage(strategy):
        assert (point["window_weight"], point["scale_rate"]) == (0.2, 0.9)
    last = [dict(point) for point in strategy.stages[3](strategy.space.point({}))]
    assert [point["window_weight"] for point in last] == [0.25, 0.2]


def test_flags_begin_at_the_first_value_of_the_user() -> None:
    named = [("mirrored", "true"), ("pause", "3:9")]
    space = make_strategy("tpe", DriftingSettings(), named=named).space
    assert space.point({}) == (("mirrored", True), ("pause", 3))


def test_values_of_the_user_take_the_place_of_a_references() -> None:
    named = [("window-weight", "0.2,0.3")]
    points = first_stage(make_strategy("mmtracking", SiamRPNSettings(), named=named))
    assert {point["window_weight"] for point in points} == {0.2, 0.3}


def test_a_longer_random_search_begins_with_the_shorter_one() -> None:
    space = make_strategy("random", DriftingSettings(), named=[("shift", "all")]).space
    five, nine = draw(space, 5, seed=3), draw(space, 9, seed=3)
    assert (len(nine), nine[:5]) == (9, five)
    assert draw(space, 5, seed=4) != five
    assert all(-4 <= float(dict(point)["shift"]) <= 4 for point in nine)


def test_a_random_search_ends_where_the_space_does() -> None:
    space = make_strategy("random", DriftingSettings(), named=[("pause", "1:3:1")]).space
    assert sorted(dict(point)["pause"] for point in draw(space, 9, seed=0)) == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tpee", "no strategy is called 'tpee'; nearest: tpe"),
        ("pysot", "strategy pysot: DriftingSettings has nothing to search called 'size_penalty'"),
    ],
)
def test_a_strategy_that_does_not_fit_is_refused(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        make_strategy(name, DriftingSettings())


def test_a_reference_varies_its_own_settings_only() -> None:
    with pytest.raises(InputError, match=r"varies scale_step, .* not context: choose"):
        make_strategy("fdsiamfc", SiamFCSettings(), named=[("context", "0.4,0.5")])
