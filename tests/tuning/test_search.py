"""Searches from points to a winner, each on one or two sequences of the synthetic benchmark."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.runner import evaluate
from feathertrack.trackers.creation import create_tracker
from feathertrack.tuning.keeping import Kept
from feathertrack.tuning.objectives import Objective, check_lengths
from feathertrack.tuning.ranking import front, ranked
from feathertrack.tuning.session import Session
from feathertrack.tuning.spaces import Point
from feathertrack.tuning.study import Tried
from feathertrack.tuning.workshop import PointWorkshop
from tests.tuning.searching import drifting, part, request, search, values
from tests.tuning.tunable import HERE, DriftingSettings


def times_of(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*.txt")}


def test_every_point_scores_what_the_tracker_alone_does(tmp_path: Path) -> None:
    session = search(tmp_path)
    found = values(session.study.tried())
    assert len(found) == 4
    for point, value in found.items():
        settings = DriftingSettings(**dict(point))  # type: ignore[arg-type]
        one = replace(drifting(), settings=settings).create()
        assert value == evaluate(one, part("drift")).headline["auc"]


def test_a_finished_search_does_nothing_again(tmp_path: Path) -> None:
    search(tmp_path)
    before = times_of(tmp_path)
    session = search(tmp_path)
    assert times_of(tmp_path) == before
    assert len(session.study.tried()) == 4


def test_results_that_are_there_are_not_made_again(tmp_path: Path) -> None:
    class Stopped(Exception):
        pass

    def stop_after_the_first(*_: object) -> None:
        raise Stopped

    stopping = Session(request(tmp_path, benchmark=part("drift", "growth")))
    stopping.search._crew._advanced = stop_after_the_first
    with pytest.raises(Stopped):
        stopping.run()
    before = times_of(tmp_path)
    assert len([path for path in before if "times" not in path.parts]) == 4
    session = search(tmp_path, benchmark=part("drift", "growth"))
    after = times_of(tmp_path)
    assert {path: after[path] for path in before} == before
    assert len(values(session.study.tried())) == 4


def test_a_point_that_breaks_is_the_only_one_that_fails(tmp_path: Path) -> None:
    changes = {"contestants": [drifting(f"{HERE}:Breaking")], "axes": [("shift", "-1,0,1")]}
    session = search(tmp_path, **changes)
    states = {dict(one.point)["shift"]: one.state for one in session.study.tried()}
    assert states == {-1.0: "failed", 0.0: "complete", 1.0: "complete"}
    failed = session.study.tried()[0]
    assert "drift" in failed.details["error"]
    assert "ZeroDivisionError: a bug" in failed.details["error"]
    again = search(tmp_path, **changes)
    assert [one.state for one in again.study.tried()].count("failed") == 2


def test_a_search_without_any_result_says_why(tmp_path: Path) -> None:
    changes = {"contestants": [drifting(f"{HERE}:Breaking")], "axes": [("shift", "-1,-2")]}
    with pytest.raises(InputError, match=r"no point could be run to its end: .*a bug"):
        search(tmp_path, **changes).conclude()


def test_the_winner_becomes_a_preset_that_says_what_it_was_tuned_on(tmp_path: Path) -> None:
    session = search(tmp_path, benchmark=part("drift", "growth"), report="", held_out=0.5)
    conclusion = session.conclude()
    (path,) = conclusion.presets
    about = json.loads(path.read_text())["about"]
    assert about["tuned_on"]["sequences"] == list(session.parts.tuned.names)
    assert session.parts.scored is not None
    assert about["scored_on"]["sequences"] == list(session.parts.scored.names)
    assert about["scores"]["held out"]["tuned"].keys() == {"auc", "precision", "success_50"}
    assert "warning" not in about
    best = dict(conclusion.best[0].point)
    tracker = create_tracker(f"{HERE}:Drifting@{path}").tracker  # type: ignore[attr-defined]
    assert tracker.settings == DriftingSettings(**best)


def test_tuned_and_scored_on_the_same_is_warned_of(tmp_path: Path) -> None:
    session = search(tmp_path, report="", held_out=0)
    (path,) = session.conclude().presets
    assert "were tuned on" in json.loads(path.read_text())["about"]["warning"]


def test_verdicts_compare_with_the_untuned_settings(tmp_path: Path) -> None:
    session = search(tmp_path, benchmark=part("drift", "growth"))
    (verdict,) = session.conclude().verdicts
    assert session.kept.untuned == ""
    untuned = evaluate(drifting().create(), part("drift", "growth"))
    assert verdict.before.headline == untuned.headline
    gain = verdict.gains()["auc"]
    assert gain.estimate == verdict.after.headline["auc"] - untuned.headline["auc"] > 0


def test_which_checkpoint_is_searched_with_the_settings(tmp_path: Path) -> None:
    contestants = [replace(drifting(), label=label) for label in ("e1", "e2")]
    session = search(tmp_path, contestants=contestants, axes=[("shift", "0,1")])
    found = {(dict(p)["checkpoint"], dict(p)["shift"]) for p in values(session.study.tried())}
    assert found == {("e1", 0.0), ("e1", 1.0), ("e2", 0.0), ("e2", 1.0)}
    assert len(list((tmp_path / "s.tuning" / "synthetic").glob("e2-*.run.json"))) == 2
    (path,) = session.conclude().presets
    assert json.loads(path.read_text())["about"]["untuned"] == session.kept.untuned == "e1"


def test_a_better_stage_begins_at_the_best_of_the_one_before(tmp_path: Path) -> None:
    lines = [
        lambda best: [(("shift", 0.0), ("growth", 1.0)), (("shift", 1.0), ("growth", 1.0))],
        lambda best: [(best[0], ("growth", growth)) for growth in (1.0, 1.02)],
    ]
    session = Session(request(tmp_path))
    staged = replace(session.strategy, stages=tuple(lines))
    session.search.plan = replace(session.plan, strategy=staged)
    session.run()
    tried = session.study.tried()
    assert len(tried) == 3
    best = max(tried[:2], key=lambda one: one.values)
    assert tried[2].point == (best.point[0], ("growth", 1.02))


def test_several_objectives_have_a_front(tmp_path: Path) -> None:
    session = search(tmp_path, objectives=["auc", "precision"], axes=[("shift", "-1:2:1")])
    conclusion = session.conclude()
    assert len(conclusion.presets) == 1 + len(conclusion.front)
    for one in conclusion.front:
        for other in conclusion.best:
            better = [a > b for a, b in zip(other.values, one.values, strict=True)]
            worse = [a < b for a, b in zip(other.values, one.values, strict=True)]
            assert any(worse) or not any(better)


def test_winners_of_an_earlier_conclusion_are_removed_and_other_files_stay(tmp_path: Path) -> None:
    session = search(tmp_path, objectives=["auc", "precision"], axes=[("shift", "0")])
    first = session.folder / "preset.json"
    session.conclude()
    stale, mine = session.folder / "preset-7.json", session.folder / "preset-8.json"
    stale.write_bytes(first.read_bytes())
    mine.write_text('{"shift": 1}')
    presets = session.conclude().presets
    assert all(path.is_file() for path in (*presets, mine))
    assert not stale.exists()


def test_an_expected_overlap_of_short_sequences_is_refused_before_anything_is_run() -> None:
    eao = (Objective(text="eao", terms=((1.0, "eao"),)),)
    check_lengths(eao, part("drift"))
    with pytest.raises(InputError, match=r"longest has \d+ frames, and vot2018 .* from 100 to 356"):
        check_lengths(eao, replace(part("drift"), name="vot2018"))


def test_a_score_without_a_value_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(request(tmp_path, axes=[("shift", "0")]))

    def score(kept: Kept, point: Point, names: object) -> object:
        table = real(kept, point, names)
        return replace(table, headline={"auc": float("nan")}, notes=("all are too short",))

    real: Any = Kept.score
    monkeypatch.setattr(Kept, "score", score)
    with pytest.raises(InputError, match=r"auc has no value on .* \(all are too short\)"):
        session.run()
        session.conclude()


def test_equals_by_the_first_objective_are_ranked_by_the_next() -> None:
    objectives = (
        Objective(text="auc", terms=((1.0, "auc"),)),
        Objective(text="lost", terms=((1.0, "lost"),), maximize=False),
    )
    tried = [
        Tried(number=number, point=(("shift", number),), state="complete", values=values)
        for number, values in enumerate([(0.5, 3.0), (0.4, 0.0), (0.5, 1.0), (0.5, 1.0)])
    ]
    best = ranked(tried, objectives, slowest=0)
    assert [one.number for one in best] == [2, 3, 0, 1]
    assert [one.number for one in front(tried, objectives, slowest=0)] == [2, 3, 1]


def test_the_score_of_fdsiamfc_is_a_sum_of_three_numbers(tmp_path: Path) -> None:
    session = search(tmp_path, objectives=["fdsiamfc"], axes=[("shift", "0")])
    (one,) = session.study.tried()
    measures = one.details["measures"]
    expected = 0.4 * measures["auc"] + 0.4 * measures["precision"] + 0.2 * measures["success_50"]
    assert one.values[0] == pytest.approx(expected, abs=1e-12)


def test_a_winner_must_be_fast_enough(tmp_path: Path) -> None:
    session = search(tmp_path, slowest=1e9, axes=[("shift", "0")])
    with pytest.raises(InputError, match=r"no point reaches 1e\+09 frames per second"):
        session.conclude()
    other = search(tmp_path / "other", slowest=1.0, axes=[("shift", "0")])
    assert other.conclude().best[0].details["measures"]["fps"] > 1


def test_a_hopeless_point_stops_early_and_the_winner_is_the_same(tmp_path: Path) -> None:
    names = ("drift", "growth", "hiding", "dusk")
    axes = [("shift", "0,4,-4"), ("growth", "1.0")]
    plain = search(tmp_path / "plain", benchmark=part(*names), axes=axes)
    pruned = search(tmp_path / "pruned", benchmark=part(*names), axes=axes, rule="bound", batch=1)
    best = plain.conclude().best[0]
    assert pruned.conclude().best[0].point == best.point
    stopped = [one for one in pruned.study.tried() if one.state == "stopped"]
    assert all(len(one.details["per_sequence"]) < 4 for one in stopped)
    halved = search(tmp_path / "halved", benchmark=part(*names), axes=axes, rule="halving")
    assert {one.state for one in halved.study.tried()} == {"complete", "stopped"}


@pytest.mark.parametrize("strategy", ["tpe", "nsga2", "random"])
def test_samplers_go_on_where_they_were(tmp_path: Path, strategy: str) -> None:
    changes = {"strategy": strategy, "axes": [("shift", "-1:1")]}
    first = search(tmp_path, trials=3, **changes)
    assert len(values(first.study.tried())) == 3
    more = search(tmp_path, trials=5, **changes)
    assert len(values(more.study.tried())) == 5


def test_a_sampler_repeats_itself_with_the_same_seed(tmp_path: Path) -> None:
    changes = {"strategy": "tpe", "trials": 3, "axes": [("shift", "-1:1")]}
    one, two = (search(tmp_path / name, **changes) for name in ("one", "two"))
    assert values(one.study.tried()) == values(two.study.tried())


def test_workers_make_the_same_scores(tmp_path: Path) -> None:
    axes = [("shift", "0,1")]
    alone = search(tmp_path / "alone", benchmark=part("drift", "growth"), axes=axes)
    shared = search(tmp_path / "shared", benchmark=part("drift", "growth"), axes=axes, workers=2)
    assert values(alone.study.tried()) == values(shared.study.tried())


def test_each_worker_has_its_device() -> None:
    shop = PointWorkshop(contestants=(drifting(),), benchmarks=(), devices=("cuda:0", "cuda:1"))
    made = [shop.for_worker(number) for number in range(4)]
    assert [one.device for one in made] == ["cuda:0", "cuda:1"] * 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"objectives": ["auk"]}, "there is no number 'auk'; there are auc, precision"),
        ({"objectives": ["auc", "auc"]}, "an objective is given twice"),
        ({"objectives": ["-1 auc"]}, "weights are above 0"),
        ({"rule": "bound", "objectives": ["auc", "precision"]}, "needs one objective, got 2"),
        ({"axes": [("shift", "0"), ("shift", "1")]}, "an axis is named twice"),
        ({"contestants": [drifting("opencv_kcf")]}, "has no settings to tune"),
        ({"executor": "ray", "devices": ["cuda:0"]}, "leave it out with --executor ray"),
        ({"batch": -1}, "--batch is not below 0, got -1"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_is_run(
    tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        Session(request(tmp_path, **changes))
    assert not (tmp_path / "s.tuning" / "synthetic").exists()


def test_a_study_of_something_else_is_not_continued(tmp_path: Path) -> None:
    search(tmp_path, axes=[("shift", "0")])
    with pytest.raises(InputError, match="is of another sequences"):
        search(tmp_path, axes=[("shift", "0")], benchmark=part("growth"))
    with pytest.raises(InputError, match="is of another settings"):
        search(tmp_path, axes=[("shift", "0")], settings=DriftingSettings(pause=2))
