"""``feathertrack data index``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feathertrack.cli import main
from tests.data import training_sets as sets


def test_it_says_what_is_there_and_what_was_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = sets.own(tmp_path / "mine")
    sets.put(root / "a" / "dog" / "groundtruth_rect.txt", sets.rows(2, origin=1) + "99,1,5,5\n")
    words = ["data", "index", "folder", str(root), "--output", str(tmp_path / "indexes")]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "holds     2 videos, 2 objects, 6 pictures, 5 boxes" in said
    assert "1  box outside the picture" in said
    assert "a/dog/img/0003.jpg, object 0: 98,0,5,5" in said
    assert main(words) == 0
    assert capsys.readouterr().out == said


def test_json_holds_the_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = sets.coco(tmp_path / "coco")
    words = ["data", "index", "coco", str(root), "--output", str(tmp_path / "indexes"), "--json"]
    assert main(words) == 0
    made = json.loads(capsys.readouterr().out)
    assert (made["split"], made["videos"], made["tracks"]) == ("train", 2, 3)
    assert made["usable"] == {"sound": 3, "visible": 3, "fdsiamfc": 3}


def test_statuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = sets.lasot(tmp_path / "LaSOT")
    assert main(["data", "index", "lasott", str(root)]) == 2
    assert "nearest: lasot" in capsys.readouterr().err
    assert main(["data", "index", "coco", str(root)]) == 1
    assert "holds LaSOT, which is read as lasot, not as coco" in capsys.readouterr().err
