"""Where the results of a study lie, and that the folder is its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from feathertrack.errors import InputError
from feathertrack.tuning.folders import claim_folder_for, folder_of
from feathertrack.tuning.places import without_secrets
from feathertrack.tuning.session import Session
from tests.tuning.searching import request, search


@pytest.mark.parametrize(
    ("study", "folder"),
    [
        ("runs/a.journal", "runs/a.tuning"),
        ("runs/a.journal#b", "runs/a.b.tuning"),
        ("sqlite:////dir/q.db", "/dir/q.tuning"),
        ("sqlite+pysqlite:////dir/q.db?timeout=9#night", "/dir/q.night.tuning"),
        ("sqlite:///q@home.db", "q@home.tuning"),
        ("sqlite://", "feathertrack.tuning"),
        ("postgresql://me:se/cr?et@host/db#night", "host-db.night.tuning"),
        ("postgresql+psycopg://me@host:5432/db?password=secret", "host-5432-db.tuning"),
        ("mysql://host/db#../night", "host-db...-night.tuning"),
    ],
)
def test_results_lie_beside_the_file_or_are_named_after_the_database(
    study: str, folder: str
) -> None:
    assert folder_of(study).as_posix() == folder


@pytest.mark.parametrize(
    "study",
    [
        "mysql://me:secret@host/db#night",
        "mysql://me:@host/db?password=secret#night",
        "mysql://me:sec?ret/secret@host/db#night",
    ],
)
def test_passwords_are_never_shown(study: str) -> None:
    assert without_secrets(study) == "mysql://me@host/db#night"


def test_a_study_in_sqlite_keeps_its_results_beside_the_file(tmp_path: Path) -> None:
    database = tmp_path / "there" / "q.db"
    database.parent.mkdir()
    session = search(tmp_path, study=f"sqlite:///{database}", axes=[("shift", "0")])
    session.conclude()
    assert (tmp_path / "there" / "q.tuning" / "preset.json").is_file()


def test_a_folder_is_of_one_study(tmp_path: Path) -> None:
    Session(request(tmp_path))
    Session(request(tmp_path))
    with pytest.raises(InputError, match=r"s\.tuning holds what came of study \.\./s\.journal#"):
        Session(request(tmp_path, study=f"sqlite:///{tmp_path / 's.db'}"))


def test_a_study_and_its_folder_may_be_moved_together(tmp_path: Path) -> None:
    claim_folder_for(str(tmp_path / "old" / "s.journal"), tmp_path / "old" / "s.tuning")
    (tmp_path / "old").rename(tmp_path / "new")
    claim_folder_for(str(tmp_path / "new" / "s.journal"), tmp_path / "new" / "s.tuning")
    with pytest.raises(InputError, match="holds what came of study"):
        claim_folder_for(str(tmp_path / "t.journal"), tmp_path / "new" / "s.tuning")


def test_a_claim_that_cannot_be_read_is_respected(tmp_path: Path) -> None:
    (tmp_path / "study.json").write_bytes(b"\xff no json")
    with pytest.raises(InputError, match="study that it does not name"):
        claim_folder_for("s.journal", tmp_path)


def test_servers_know_each_other_by_host_database_and_study(tmp_path: Path) -> None:
    claim_folder_for("mysql://me:secret@host/db#night", tmp_path)
    claim_folder_for("mysql+pymysql://you@host/db?charset=utf8#night", tmp_path)
    with pytest.raises(InputError, match="not of mysql://me@other/db#night") as caught:
        claim_folder_for("mysql://me:secret@other/db#night", tmp_path)
    assert "secret" not in str(caught.value) + (tmp_path / "study.json").read_text()
