"""A study in a file or a database: what is shared, what survives, what is refused."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import optuna
import pytest

from feathertrack.errors import InputError
from feathertrack.tuning.journal import JournalLock
from feathertrack.tuning.spaces import Space, make_space
from feathertrack.tuning.study import Study
from tests.tuning.tunable import DriftingSettings

MADE = {"tracker": "Drifting", "benchmark": "synthetic"}


def space(text: str = "0,1,2") -> Space:
    return make_space(DriftingSettings(), named=[("shift", text)])


def study(folder: Path, *, text: str = "0,1,2", place: str = "", **made: object) -> Study:
    return Study(
        place or str(folder / "s.journal"),
        folder=folder,
        space=space(text),
        made={**MADE, **made},
        maximize=[True],
    )


def points(count: int = 3) -> list[tuple[tuple[str, float], ...]]:
    return [(("shift", float(number)),) for number in range(count)]


@pytest.mark.parametrize("kind", ["file", "database"])
def test_points_are_taken_once_and_what_came_of_them_is_kept(tmp_path: Path, kind: str) -> None:
    place = f"sqlite:///{tmp_path / 's.db'}#night" if kind == "database" else ""
    first, second = study(tmp_path, place=place), study(tmp_path, place=place)
    first.add_missing(points())
    second.add_missing(points())
    with first.owned(), second.owned():
        taken = first.take(2, propose=False)
        (rest,) = second.take(2, propose=False)
        assert [trial.point for trial in (*taken, rest)] == points()
        first.finish(taken[0], state="complete", values=[0.5], details={"measures": {"auc": 0.5}})
        first.finish(taken[1], state="failed", values=[], details={"error": "a bug"})
        second.finish(rest, state="stopped", values=[0.1], details={})
    found = study(tmp_path, place=place).tried()
    assert [one.state for one in found] == ["complete", "failed", "stopped"]
    assert [one.values for one in found] == [(0.5,), (), (0.1,)]
    assert found[0].details["measures"] == {"auc": 0.5}


def test_a_database_that_another_process_is_making_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = optuna.storages.RDBStorage
    made, real = [], kind.__init__

    def make(self: Any, *args: Any, **options: Any) -> None:
        made.append(args)
        if len(made) < 3:
            raise RuntimeError("(sqlite3.IntegrityError) UNIQUE constraint failed: alembic_version")
        real(self, *args, **options)

    monkeypatch.setattr(kind, "__init__", make)
    monkeypatch.setattr("feathertrack.tuning.journal._BETWEEN_TRIES", 0.0)
    study(tmp_path, place=f"sqlite:///{tmp_path / 's.db'}").add_missing(points(1))
    assert len(made) == 3


def test_failed_points_can_be_added_again_and_others_cannot(tmp_path: Path) -> None:
    here = study(tmp_path)
    here.add_missing(points())
    with here.owned():
        for trial, state in zip(here.take(3, propose=False), ("complete", "failed"), strict=False):
            here.finish(trial, state=state, values=[0.1], details={})  # type: ignore[arg-type]
    here.add_missing(points())
    assert [one.state for one in here.tried()] == ["complete", "failed", "running", "waiting"]


def take_and_die(folder: str) -> None:
    dying = study(Path(folder))
    with dying.owned():
        dying.take(2, propose=False)
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))


def test_points_of_a_process_that_was_killed_are_given_back(tmp_path: Path) -> None:
    here = study(tmp_path)
    here.add_missing(points())
    killed = multiprocessing.get_context("spawn").Process(target=take_and_die, args=[str(tmp_path)])
    killed.start()
    killed.join()
    with here.owned():
        assert here.take(3, propose=False)[0].point == points()[2]
        assert here.revive() == 2
        assert here.revive() == 0
        assert [trial.point for trial in here.take(3, propose=False)] == points(2)
    assert [one.state for one in here.tried()].count("abandoned") == 2


def test_points_of_a_process_that_lives_stay_its_own(tmp_path: Path) -> None:
    alive, other = study(tmp_path), study(tmp_path)
    alive.add_missing(points())
    with alive.owned():
        alive.take(3, propose=False)
        assert other.revive() == 0
    assert other.revive() == 3


def test_a_point_that_runs_elsewhere_is_not_run_twice(tmp_path: Path) -> None:
    here, other = study(tmp_path), study(tmp_path)
    here.add(points(1))
    here.add(points(1))
    with here.owned(), other.owned():
        assert len(here.take(1, propose=False)) == 1
        assert other.take(1, propose=False) == []


def test_half_a_line_of_a_killed_process_is_cut_off(tmp_path: Path) -> None:
    here = study(tmp_path)
    here.add_missing(points(1))
    journal = tmp_path / "s.journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"op_code": 5, "wor')
    study(tmp_path).add_missing(points(2))
    assert [one.point for one in study(tmp_path).tried()] == points(2)
    assert all(json.loads(line) for line in journal.read_text().splitlines())


@pytest.mark.parametrize("text", ["", "a\n", "a\nhalf", "half", "a\n" + "x" * 9000])
def test_only_what_follows_the_last_line_is_cut(tmp_path: Path, text: str) -> None:
    path = tmp_path / "j"
    path.write_text(text)
    lock = JournalLock(path)
    lock.acquire()
    lock.release()
    assert path.read_text() == text[: text.rfind("\n") + 1]


def test_a_study_is_of_one_thing_for_ever(tmp_path: Path) -> None:
    study(tmp_path)
    with pytest.raises(InputError, match=r"is of another benchmark \(synthetic, now otb100\)"):
        study(tmp_path, benchmark="otb100")
    with pytest.raises(InputError, match="is of another axes"):
        study(tmp_path, text="0,3")


def test_a_range_may_be_narrowed(tmp_path: Path) -> None:
    study(tmp_path, text="-1:1").add([(("shift", 0.9),)])
    narrow = study(tmp_path, text="-0.5:0.5")
    with narrow.owned():
        assert narrow.take(1, propose=False)[0].point == (("shift", 0.9),)


def test_places_that_hold_no_study_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.journal").write_text("hello")
    for place, said in (
        (str(tmp_path), "is a folder: name a file in it"),
        (str(tmp_path / "text.journal"), "text.journal is no journal of a study"),
        ("nosuch://me:secret@host/x", "study nosuch://me@host/x cannot be opened"),
    ):
        with pytest.raises(InputError, match=said) as caught:
            study(tmp_path, place=place)
        assert "secret" not in str(caught.value)
    assert (tmp_path / "text.journal").read_text() == "hello"


BEGUN = '{"op_code":0,"worker_id":"w","study_name":"feathertrack","directions":[2]}\n'


@pytest.mark.parametrize(
    "text",
    [
        '{"op_code": 99}\n',
        '{"op_code":99}\n',
        '{"op_code":',
        '{"op_code":0,"worker_id":"w"}\n',
        BEGUN + '{"op_code":99,"worker_id":"w"}\n',
        BEGUN + "[1]\n",
        BEGUN + '{"op_code":4,\n',
        BEGUN + "\0\0\n",
    ],
)
def test_a_file_that_is_no_journal_is_named_and_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.journal"
    path.write_text(text)
    with pytest.raises(InputError, match=r"s\.journal is no journal of a study"):
        study(tmp_path)
    assert path.read_text() == text


@pytest.mark.parametrize("text", ["", BEGUN, BEGUN + "half", BEGUN[:40]])
def test_what_a_killed_process_leaves_is_a_journal(tmp_path: Path, text: str) -> None:
    (tmp_path / "s.journal").write_text(text)
    study(tmp_path).add_missing(points(1))
    assert len(study(tmp_path).tried()) == 1


def test_a_study_of_something_else_is_named_without_its_password(tmp_path: Path) -> None:
    place = f"sqlite:///{tmp_path / 's.db'}?password=secret"
    study(tmp_path, place=place)
    with pytest.raises(InputError, match="is of another benchmark") as caught:
        study(tmp_path, place=place, benchmark="otb100")
    assert "secret" not in str(caught.value)
