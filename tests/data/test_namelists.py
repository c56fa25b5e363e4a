"""Lists of sequences in files."""

from __future__ import annotations

from pathlib import Path

import pytest

from feathertrack.data.namelists import read_names
from feathertrack.errors import InputError
from tests.data.training_sets import put


def test_names_are_read_from_text_and_json(tmp_path: Path) -> None:
    put(tmp_path / "a.txt", "\ufeff# mine\na/1, 3\n\nb/2\r\n".encode())
    put(tmp_path / "b.json", '["x", "y"]')
    put(tmp_path / "c.json", '{"fit": ["x"], "n": 3}')
    assert read_names(tmp_path, "a.txt") == ("a/1", "b/2")
    assert read_names(tmp_path, "b.json") == ("x", "y")
    assert read_names(tmp_path / "below", "c.json:fit") == ("x",)


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
        ("twice.txt", "names x more than once"),
    ],
)
def test_wrong_lists_say_what_is_wrong(tmp_path: Path, spec: str, said: str) -> None:
    put(tmp_path / "a.txt", "x\n")
    put(tmp_path / "b.json", '["x"]')
    put(tmp_path / "c.json", '{"fit": ["x"], "none": []}')
    put(tmp_path / "broken.json", "[")
    put(tmp_path / "twice.txt", "x\nx\n")
    with pytest.raises(InputError, match=said):
        read_names(tmp_path, spec)
