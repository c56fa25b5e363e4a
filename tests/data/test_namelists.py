"""Lists of sequences in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from feathertrack.data.namelists import names_files, read_names
from feathertrack.errors import InputError
from tests.data.training_sets import put


def test_names_are_read_from_text_and_json(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", "\ufeff# mine\na/1, 3\n\nb/2\r\n".encode())
    put(tmp_path / "b.json", '["x", "y"]')
    put(tmp_path / "c.json", '{"fit": ["x"], "n": 3}')
    assert read_names(tmp_path, "a.txt") == ("a/1", "b/2")
    assert read_names(tmp_path, "b.json") == ("x", "y")
    assert read_names(tmp_path / "below", "c.json:fit") == ("x",)


def test_names_may_have_to_be_in_several_lists(tmp_path: Path) -> None:
    put(tmp_path / "folds.json", '{"fit": ["x", "y", "z"]}')
    about = (
        '[{"name": "z", "free": true}, {"name": "y", "free": false}, {"name": "x", "free": true}]'
    )
    put(tmp_path / "about.json", about)
    assert read_names(tmp_path, "about.json:free") == ("z", "x")
    assert read_names(tmp_path, "folds.json:fit and about.json:free") == ("x", "z")
    assert len(names_files(tmp_path, "folds.json:fit and about.json:free")) == 2
    assert names_files(tmp_path, "folds.json:fit and nosuch.json:free") == ()
    with pytest.raises(InputError, match=r"no list of names 'nosuch\.json:free'"):
        read_names(tmp_path, "folds.json:fit and nosuch.json:free")


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("nosuch.txt", "no list of names 'nosuch.txt'"),
        ("c.json", "has no list ''; it has fit, none"),
        ("c.json:fitt", "nearest: fit"),
        ("c.json:none", "holds no names under 'none'"),
        ("b.json:fit", "is one list, so it has no key 'fit'"),
        ("a.txt:fit", "is no JSON file, so it has no key 'fit'"),
        ("broken.json", "is no JSON"),
        ("about.json:fre", "says of none whether it is 'fre'"),
        ("a.txt and b.json and d.txt", "no name is in all lists"),
        ("twice.txt", "names x more than once"),
    ],
)
def test_wrong_lists_say_what_is_wrong(tmp_path: Path, spec: str, said: str) -> None:
    put(tmp_path / "a.txt", "x\n")
    put(tmp_path / "b.json", '["x"]')
    put(tmp_path / "c.json", '{"fit": ["x"], "none": []}')
    put(tmp_path / "broken.json", "[")
    put(tmp_path / "about.json", '[{"name": "x", "free": true}]')
    put(tmp_path / "d.txt", "y\n")
    put(tmp_path / "twice.txt", "x\nx\n")
    with pytest.raises(InputError, match=said):
        read_names(tmp_path, spec)
