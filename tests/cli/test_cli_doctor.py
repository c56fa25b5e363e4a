"""``feathertrack doctor``: what it sees, and what it makes of installations that are broken."""

from __future__ import annotations

import json
from email.message import Message
from importlib import metadata
from typing import Any

import pytest

from feathertrack.cli import _machine
from feathertrack.cli._opencv_wheels import opencv_wheels
from feathertrack.cli.doctor import _missing, find_problems
from tests.cli.conftest import Run


class Installed(metadata.Distribution):
    """A distribution that is only said to be installed."""

    def __init__(self, name: str, version: str = "1.0") -> None:
        self._metadata = Message()
        self._metadata["Name"], self._metadata["Version"] = name, version

    @property
    def metadata(self) -> Any:
        return self._metadata

    def read_text(self, filename: str) -> None:
        return None

    def locate_file(self, path: object) -> Any:
        raise NotImplementedError


def healthy() -> dict[str, Any]:
    """Facts in which nothing is wrong."""
    return {
        "opencv": {"wheels": {"opencv-contrib-python-headless": "5"}, "windows": "", "display": 1},
        "video": {"encoders": {"libx264": True, "aac": True}, "decoders": {"h264": True}},
        "auto": {"model": "feather_small"},
        "engines": [{"engine": "onnx", "version": "1"}],
        "cache": {"folder": "somewhere", "writable": True, "error": ""},
    }


def test_healthy_installation_has_no_problems() -> None:
    assert find_problems(healthy()) == []


def test_two_opencv_wheels_are_a_problem_with_the_exact_commands() -> None:
    installed = [Installed("opencv_python", "4.10"), Installed("numpy"), Installed("PyYAML")]
    installed.append(Installed("opencv-contrib-python-headless", "5.0"))
    wheels = opencv_wheels(installed)
    assert wheels == {"opencv-contrib-python-headless": "5.0", "opencv-python": "4.10"}
    [problem] = find_problems({**healthy(), "opencv": {"wheels": wheels}})
    assert problem.breaks
    assert "2 OpenCV wheels are installed" in problem.text
    assert problem.commands == (
        "pip uninstall -y opencv-contrib-python-headless opencv-python",
        "pip install --force-reinstall --no-deps opencv-contrib-python-headless",
    )


def test_opencv_that_cannot_be_imported_is_reinstalled() -> None:
    opencv = {"wheels": {"opencv-contrib-python-headless": "5"}, "error": "no libGL"}
    [problem] = find_problems({**healthy(), "opencv": opencv})
    assert "cannot be imported: no libGL" in problem.text
    assert problem.commands[0].startswith("pip install --force-reinstall")


@pytest.mark.parametrize(("codec", "breaks"), [("libx264", True), ("aac", False)])
def test_missing_codec(codec: str, breaks: bool) -> None:
    facts = healthy()
    facts["video"]["encoders"][codec] = False
    [problem] = find_problems(facts)
    assert codec in problem.text
    assert problem.breaks == breaks


def test_worst_problem_comes_first() -> None:
    facts = healthy()
    facts["cache"] = {"folder": "/nowhere", "writable": False, "error": "Read-only file system"}
    facts["engines"].append({"engine": "openvino", "error": "ImportError: GLIBC"})
    facts["auto"] = {"error": "the weights of feather_small are not here"}
    problems = find_problems(facts)
    assert [problem.breaks for problem in problems] == [True, False, False]
    assert "does not run" in problems[0].text


def test_doctor_finds_two_wheels_and_exits_with_1(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = list(metadata.distributions())
    monkeypatch.setattr(_machine, "default_engine", lambda: {"model": "any", "why": "the fastest"})
    monkeypatch.setattr(metadata, "distributions", lambda: [*real, Installed("opencv-python")])
    ran = run("doctor")
    assert ran.status == 1
    assert "PROBLEM  2 OpenCV wheels" in ran.out
    assert "pip uninstall -y" in ran.out


def test_facts_are_complete_json(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_machine, "default_engine", lambda: {"model": "any", "why": "the fastest"})
    ran = run("doctor", "--json")
    facts = json.loads(ran.out)
    assert ran.status == 0
    assert facts["problems"] == []
    assert facts["versions"]["numpy"]
    assert facts["video"]["encoders"]["libx264"]
    assert facts["video"]["decoders"]["h264"]
    assert facts["cpu"]["cores"] >= 1
    assert {one["engine"] for one in facts["engines"]} == {"onnx", "openvino", "torch"}
    assert facts["cache"]["writable"]


def test_text_has_a_line_for_each_thing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_machine, "default_engine", lambda: {"model": "any", "why": "the fastest"})
    ran = run("doctor")
    assert ran.status == 0
    for word in ("python", "numpy", "cpu", "writes", "reads", "cache", "auto takes"):
        assert f"\n{word} " in f"\n{ran.out}", word
    assert ran.out.endswith("nothing keeps feathertrack from working\n")


def test_an_extra_without_one_module_says_which_and_what_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    absent = {"nncf", "torch", "safetensors"}
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name: None if name in absent else object()
    )
    missing = _machine.missing_extras()
    assert set(missing) == {"torch", "export"}
    assert _missing(missing["torch"]) == "not installed: pip install 'feathertrack[torch]'"
    said = "without nncf (export works): pip install 'feathertrack[export]'"
    assert _missing(missing["export"]) == said
