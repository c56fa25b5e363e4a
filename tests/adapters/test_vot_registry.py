from __future__ import annotations

import configparser
import shlex
import sys
from pathlib import Path

import pytest

from feathertrack.adapters.vot_registry import add_section, fit_name, section
from feathertrack.cli import main
from feathertrack.errors import InputError


def test_trackers_are_added_one_after_another(tmp_path: Path) -> None:
    path = tmp_path / "workspace" / "trackers.ini"
    assert add_section(path, "one", {"label": "100 %", "command": "a"})
    path.write_text("# mine\n" + path.read_text())
    assert add_section(path, "two", {"env_PYTHONPATH": "here"})
    assert not add_section(path, "two", {"env_PYTHONPATH": "here"})
    read = configparser.ConfigParser()
    read.read(path)
    assert read.sections() == ["one", "two"]
    assert read["one"]["label"] == "100 %"
    assert path.read_text().startswith("# mine\n[one]\n")
    with pytest.raises(InputError, match="another tracker called two: remove its section"):
        add_section(path, "two", {"env_PYTHONPATH": "there"})


def test_what_cannot_be_a_registry_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trackers.ini"
    with pytest.raises(InputError, match="use letters, digits"):
        add_section(path, "a b", {})
    path.write_text("no section\n")
    with pytest.raises(InputError, match="is no registry of trackers"):
        add_section(path, "a", {})


def test_names_fit_the_toolkit() -> None:
    assert fit_name("opencv_nano@models/back bone") == "opencv_nano-models-back-bone"


def test_the_folder_protocol_has_no_timeout() -> None:
    assert "timeout" in section([], protocol="trax", label="x")
    assert "timeout" not in section([], protocol="folder", label="x")


def test_ini_names_a_command_that_works_anywhere(
    in_tmp: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (in_tmp / "mine.py").write_text(
        "class Box:\n    def init(self, i, b): ...\n    def update(self, i): ...\n"
    )
    words = ["vot", "ini", "--tracker", "mine:Box", "--protocol", "folder"]
    assert main(words) == 0
    assert capsys.readouterr().out == "trackers.ini has the tracker Box\n"
    assert main(words) == 0
    assert capsys.readouterr().out == "trackers.ini had the tracker Box\n"
    read = configparser.ConfigParser()
    read.read("trackers.ini")
    assert shlex.split(read["Box"]["command"]) == [
        *(sys.executable, "-m", "feathertrack", "vot", "folder"),
        *("--tracker", "mine:Box"),
    ]
    assert read["Box"]["env_PYTHONPATH"].startswith(str(in_tmp))


def test_a_tracker_that_does_not_start_is_not_registered(
    in_tmp: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["vot", "ini", "--tracker", "opencv_nano", "--protocol", "folder"]) == 2
    assert "needs its model" in capsys.readouterr().err
    assert not (in_tmp / "trackers.ini").exists()


def test_folder_works_where_it_is_started(in_tmp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vot", "folder", "--tracker", "opencv_kcf"]) == 1
    assert "frames_color.txt cannot be read" in capsys.readouterr().err
