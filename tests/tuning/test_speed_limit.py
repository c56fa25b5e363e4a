"""``--min-fps`` of the present command counts, whatever earlier ones of the study were given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import optuna
import pytest

from feathertrack.errors import InputError
from feathertrack.tuning.page.writing import render_page
from feathertrack.tuning.session import Session
from feathertrack.tuning.speed_limits import BySpeed
from tests.tuning.searching import drifting, part, request, search

ONE = {"axes": [("shift", "0")]}


def test_a_limit_may_be_raised_and_lowered_on_a_study(tmp_path: Path) -> None:
    search(tmp_path, slowest=1.0, **ONE)
    with pytest.raises(InputError, match=r"no point reaches 1e\+09 frames per second"):
        search(tmp_path, slowest=1e9, **ONE).conclude()
    lowered = search(tmp_path, slowest=2.0, **ONE)
    assert len(lowered.study.tried()) == 1
    assert lowered.conclude().best[0].details["measures"]["fps"] > 2
    assert search(tmp_path, **ONE).conclude().best


def test_the_page_says_by_the_present_limit_what_is_too_slow(tmp_path: Path) -> None:
    search(tmp_path, slowest=1.0)
    session = search(tmp_path, slowest=1.0)
    conclusion = session.conclude()
    assert "too slow" not in render_page(session, conclusion)
    strict = Session(request(tmp_path, slowest=1e9))
    assert "too slow" in render_page(strict, conclusion)


def test_a_study_without_times_cannot_say_what_is_fast_enough(tmp_path: Path) -> None:
    usual: dict[str, Any] = {
        "contestants": [drifting("feather_nano")],
        "benchmark": part("drift"),
        "axes": [("window_weight", "0.1")],
    }
    untimed = search(tmp_path, **usual)
    assert untimed.study.tried()[0].details["measures"]["fps"] is None
    with pytest.raises(InputError, match=r"1 of the 1 finished points .* were run without timing"):
        search(tmp_path, slowest=1e5, **usual)


@pytest.mark.parametrize("limit", [-1.0, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused(tmp_path: Path, limit: float) -> None:
    with pytest.raises(InputError, match=f"--min-fps is a number from 0 on, got {limit:g}"):
        Session(request(tmp_path, slowest=limit))


class Spy:
    """A sampler that looks at the points it is shown."""

    def sample_relative(self, study: Any, trial: Any, space: Any) -> list[dict[str, float]]:
        return [one.constraints for one in study._get_trials(deepcopy=False)]


@pytest.mark.parametrize(("slowest", "missed"), [(0.0, []), (30.0, [10.0]), (15.0, [-5.0])])
def test_samplers_are_shown_points_by_the_present_limit(
    slowest: float, missed: list[float]
) -> None:
    study = optuna.create_study()
    trial = optuna.trial.create_trial(
        value=1.0,
        user_attrs={"details": {"measures": {"fps": 20.0}}},
        system_attrs={"constraints": [99.0]},
    )
    study.add_trial(trial)
    (shown,) = BySpeed(Spy(), slowest).sample_relative(study, None, {})
    assert list(shown.values()) == missed
    assert study.trials[0].constraints == {"0": 99.0}


@pytest.mark.parametrize("strategy", ["tpe", "nsga2", "gp"])
def test_samplers_go_on_under_another_limit(tmp_path: Path, strategy: str) -> None:
    changes = {"strategy": strategy, "axes": [("shift", "-1:1")]}
    search(tmp_path, trials=11, **changes)
    session = search(tmp_path, trials=13, slowest=1.0, **changes)
    assert [one.state for one in session.study.tried()] == ["complete"] * 13
