"""``feathertrack data check``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feathertrack.cli import main
from tests.benchmarks.miniatures import dtb70, pictures, put, vot


def test_a_complete_benchmark_exits_0(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vot(tmp_path, "mine", 3)
    assert main(["data", "check", "vot2018", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert f"root      {tmp_path}" in said
    assert "expected  list.txt and <sequence>/{groundtruth.txt, color/00000001.jpg}" in said
    assert "1 sequence, read off the root: list unverified" in said
    assert "1 of 1 sequences are complete, 3 frames" in said


def test_missing_things_exit_1_and_lines_are_limited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dtb70(tmp_path, "Car2", range(2, 75), rows=74)
    assert main(["data", "check", "dtb70", str(tmp_path), "--lines", "2"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 3 + 2 + 2
    assert said[-2].startswith("... and ")
    assert said[-1].startswith("0 of 70 sequences are complete, 73 frames; ")
    assert "69 files of ground truth missing" in said[-1]


def test_json_holds_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dtb70(tmp_path, "Car2", range(2, 75), rows=74)
    assert main(["data", "check", "dtb70", str(tmp_path), "--json"]) == 1
    made = json.loads(capsys.readouterr().out)
    assert (made["complete"], made["incomplete_sequences"]) == (False, 70)
    (car,) = [one for one in made["problems"] if one["sequence"] == "Car2"]
    assert (car["kind"], car["count"], car["missing"]) == ("frames", 1, True)


def test_synthetic_needs_no_root(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "check", "synthetic"]) == 0
    assert "4 of 4 sequences are complete, 160 frames" in capsys.readouterr().out


def test_words_that_are_wrong_exit_2_and_a_root_without_the_data_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pictures(tmp_path / "here" / "holiday", "%d.jpg", [1])
    put(tmp_path / "here" / "a.txt", "")
    assert main(["data", "check", "dtb7", str(tmp_path)]) == 2
    assert "nearest: dtb70" in capsys.readouterr().err
    assert main(["data", "check", "dtb70", str(tmp_path / "here")]) == 1
    assert "expected <Sequence>/img/00001.jpg" in capsys.readouterr().err


def test_a_root_that_was_not_given_is_asked_for_in_this_commands_words(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["data", "check", "otb100"]) == 2
    assert "feathertrack data check otb100 ROOT" in capsys.readouterr().err


def test_the_folder_called_like_the_benchmark_is_preferred(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, names in (("folder", ("Car2", "Car4")), ("dtb70", ("Car2",))):
        for one in names:
            dtb70(tmp_path / name, one, range(1, 5), rows=4)
    main(["data", "check", "dtb70", str(tmp_path)])
    said = capsys.readouterr().out
    assert f"root      {tmp_path / 'dtb70'}\n" in said
    assert "some of it lies in folder too" in said
