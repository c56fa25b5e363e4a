"""A study keeps its axes: what later commands do not name stays as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feathertrack.errors import InputError
from feathertrack.tuning.session import Session
from tests.tuning.searching import request

DEFAULT = {"shift": "-4 to 4", "growth": "0.9 to 1.1", "pause": "1 to 9"}


def searched(folder: Path, *axes: tuple[str, str], **changes: object) -> dict[str, str]:
    session = Session(request(folder, strategy="tpe", axes=axes, **changes))
    return {axis.path: str(axis) for axis in session.strategy.space.axes}


@pytest.mark.parametrize("database", [False, True])
def test_naming_one_axis_of_a_study_narrows_it_and_keeps_the_others(
    tmp_path: Path, database: bool
) -> None:
    changes = {"study": f"sqlite:///{tmp_path / 's.db'}"} if database else {}
    assert searched(tmp_path, **changes) == DEFAULT
    assert searched(tmp_path, ("shift", "0:1"), **changes) == {**DEFAULT, "shift": "0 to 1"}
    assert searched(tmp_path, **changes) == DEFAULT


def test_naming_an_axis_of_a_new_study_replaces_the_usual_ones(tmp_path: Path) -> None:
    assert searched(tmp_path, ("shift", "0:1")) == {"shift": "0 to 1"}


def test_a_study_goes_on_without_its_axes_being_named_again(tmp_path: Path) -> None:
    named = (("growth", "0.9:1.1:log"), ("shift", "-1:1"), ("mode", "fancy,plain"))
    made = searched(tmp_path, *named)
    assert list(made) == ["growth", "shift", "mode"]
    assert searched(tmp_path) == made
    assert searched(tmp_path, ("shift", "0:1"), ("growth", "1:1.1")) == {
        "growth": "1 to 1.1, by ratios",
        "shift": "0 to 1",
        "mode": "fancy, plain",
    }


@pytest.mark.parametrize(
    ("axis", "said"),
    [
        (("growth", "1:1.1"), "the study varies shift, not growth: choose another --study"),
        (("shift", "0,1"), r"of another axes \(shift in a range, now shift of 0 and 1\)"),
    ],
)
def test_a_study_has_the_same_axes_for_ever(
    tmp_path: Path, axis: tuple[str, str], said: str
) -> None:
    searched(tmp_path, ("shift", "-1:1"))
    with pytest.raises(InputError, match=said):
        searched(tmp_path, axis)


def test_a_scale_is_not_changed_in_a_study(tmp_path: Path) -> None:
    searched(tmp_path, ("growth", "0.9:1.1"))
    with pytest.raises(InputError, match=r"space.growth is not searched by ratios in this study"):
        searched(tmp_path, ("growth", "0.9:1.1:log"))


def test_a_study_of_an_earlier_version_keeps_its_axes_too(tmp_path: Path) -> None:
    searched(tmp_path, ("shift", "-1:1"), ("mode", "fancy"))
    journal = tmp_path / "s.journal"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text(
        "".join(line for line in lines if "space" not in json.loads(line).get("user_attr", ()))
    )
    assert searched(tmp_path) == {"shift": "-4 to 4", "mode": "fancy"}


def test_wrong_words_make_no_study(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to search called"):
        searched(tmp_path, ("shfit", "0:1"))
    assert list(tmp_path.iterdir()) == []
