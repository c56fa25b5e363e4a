"""The words of the command line: what is understood, and what is said when they are wrong."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

import feathertrack
from feathertrack.cli._commands import COMMANDS, command_type
from feathertrack.cli._words import normalise, option_names
from tests.cli.conftest import Run

OPTIONS = {
    "track": "box box-file compare debug-view device engine no-audio output precision reverse "
    "select settings.FIELD show start step stop threads tracker weights",
    "demo": "device engine output precision settings.FIELD threads tracker weights",
    "still": "at output",
    "list": "json",
    "convert": "calibrate calibrate-frames calibrate-split format model precision",
    "download": "address timeout",
    "data check": "edition images json lines",
    "data index": "images json lines output rebuild split",
    "data pack": "check frames json lines output processes quality side split",
    "data compose": "all clips frames images json lines output processes seed size sources",
    "data mine": "all device engine frames json lines moving output overlap precision processes "
    "seed settings.FIELD size starts still stride threads tracker weights",
    "bench": "box device engine frames json precision settings.FIELD source threads tracker "
    "warm-up weights",
    "train": "SECTION.FIELD data devices dry-run model output resume teacher weights",
    "distill": "SECTION.FIELD choose-from data devices dry-run feature-weight model norms output "
    "rates teacher weights",
    "doctor": "json",
    "evaluate": "data device engine executor format json output precision protocol seed "
    "settings.FIELD threads tracker workers",
    "score": "csv data details json partial protocol results submission",
    "report": "benchmark data figures latex markdown no-published output title",
    "tune": "batch benchmark data device devices engine executor held-out html json levels min-fps "
    "objective output per-device precision protocol prune report seed sequences settings.FIELD "
    "space.FIELD strategy study threads trials workers",
    "vot": "device engine id output precision protocol settings.FIELD threads timeout tracker "
    "weights",
}
"""Scripts rely on these: add, never rename."""


@pytest.mark.parametrize("command", COMMANDS)
def test_options_are_as_promised(command: str) -> None:
    names = sorted(name.removeprefix("--") for name in option_names(command_type(command)))
    assert names == OPTIONS[command].split()


def test_names_of_later_commands_are_free() -> None:
    later = "export serve"
    assert not set(later.split()) & set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_describes_every_option_within_80_columns(
    run: Run, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    ran = run(*command.split(), "--help")
    assert ran.status == 0
    assert ran.err == ""
    assert all(len(line) <= 80 for line in ran.out.splitlines())
    for option in option_names(command_type(command)):
        assert option in ran.out
    assert "Attributes" not in ran.out


def test_overview_names_every_command_and_what_it_does(run: Run) -> None:
    ran = run("--help")
    assert ran.status == 0
    for name in COMMANDS:
        assert re.search(rf"^  {name} +[A-Z].*\.$", ran.out, re.MULTILINE)
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_no_command_shows_the_overview_and_fails(run: Run) -> None:
    ran = run()
    assert (ran.status, ran.out) == (2, "")
    assert "usage: feathertrack COMMAND" in ran.err


def test_a_command_without_its_second_word_names_the_words_there_are(run: Run) -> None:
    asked, bare = run("data", "--help"), run("data")
    assert (asked.status, bare.status) == (0, 2)
    assert asked.out == bare.err
    assert "usage: feathertrack data {check,index,pack,compose,mine} ..." in asked.out


def test_the_usage_names_what_was_asked_for(run: Run) -> None:
    assert "usage: feathertrack vot serve [-h]" in run("vot", "serve", "--help").out
    assert "usage: feathertrack vot [-h]" in run("vot", "--help").out


def test_version(run: Run) -> None:
    assert run("--version").out == f"feathertrack {feathertrack.__version__}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trakc"], "no command is called 'trakc'; nearest: track"),
        (["data", "chek"], "feathertrack data cannot 'chek'; nearest: check"),
        (["--verbose"], "no option is called '--verbose'; nearest: --version"),
        (["track", "a.mp4", "--boks", "1,2,3,4"], "no option --boks; nearest: --box,"),
        (["track", "a.mp4", "--engine", "onx"], "--engine cannot be onx; it is one of auto, onnx"),
        (["track", "a.mp4", "--threads", "two"], "--threads cannot be 'two'"),
        (["track", "a.mp4", "--start", "1.5"], "--start cannot be '1.5'"),
        (["track", "a.mp4", "--box"], "--box needs a value"),
        (["track", "a.mp4", "b.mp4", "--box", "1,2,3,4"], "unexpected 'b.mp4'"),
        (["track", "--box", "1,2,3,4"], "SOURCE is missing"),
        (["still", "a.mp4", "-x"], "unexpected '-x'"),
        (["demo", "--output"], "--output needs a value"),
    ],
)
def test_wrong_words_end_in_one_line_and_status_2(run: Run, words: list[str], said: str) -> None:
    ran = run(*words)
    assert ran.status == 2
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("feathertrack: error: ")
    assert said in ran.err


def test_version_after_a_command(run: Run) -> None:
    assert run("track", "--version").out == run("--version").out != ""


@pytest.mark.parametrize("place", [0, 1, 2])
def test_debug_anywhere_adds_the_traceback(run: Run, place: int) -> None:
    words = ["track", "nosuch.mp4"]
    words.insert(place, "--debug")
    ran = run(*words, "--box", "1,2,3,4")
    assert ran.status == 1
    assert "Traceback" in ran.err
    assert ran.err.splitlines()[-1].startswith("feathertrack: error: there is no file")


def test_a_bug_is_called_a_bug(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: str) -> list[object]:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("feathertrack.cli.list.list_with_weights", broken)
    ran = run("list")
    assert ran.status == 1
    assert ran.err.count("\n") == 1
    assert "ZeroDivisionError: a bug (this is a bug" in ran.err


@pytest.mark.parametrize(
    ("words", "written"),
    [
        (["--box", "-3,4,50,60"], ["--box=-3,4,50,60"]),
        (["--box", "-3", "-4", "50", "60", "0"], ["--box=-3 -4 50 60", "0"]),
        (["--box", "1,2,", "3,4", "a.mp4"], ["--box=1,2, 3,4", "a.mp4"]),
        (["--box", "wrong", "a.mp4"], ["--box=wrong", "a.mp4"]),
        (["--box=1,2,3,4"], ["--box=1,2,3,4"]),
        (["--box", "--show"], ["--box", "--show"]),
        (["--settings.window-weight", "-1"], ["--settings.FIELD", "window_weight", "-1"]),
        (["--compare", "a", "b", "--show"], ["--compare", "a", "--compare", "b", "--show"]),
    ],
)
def test_spellings_become_one(words: list[str], written: list[str]) -> None:
    assert normalise(words) == written


def test_completion_for_a_shell_can_be_printed(run: Run) -> None:
    ran = run("--tyro-print-completion", "bash")
    assert ran.status == 0
    assert "--box-file" in ran.out


@pytest.mark.parametrize(
    ("words", "absent"),
    [
        (["--version"], "tyro numpy rich"),
        (["--help"], "numpy cv2 av torch onnxruntime openvino rich.progress"),
        (["track", "--help"], "numpy cv2 av torch onnxruntime openvino rich.progress"),
        (["track", "a.mp4", "--nosuch"], "numpy cv2 av torch onnxruntime openvino rich.progress"),
    ],
)
def test_words_are_read_without_heavy_imports(words: list[str], absent: str) -> None:
    code = (
        "import sys; from feathertrack.cli import main; main(sys.argv[2:]); "
        "print('loaded:', *(set(sys.argv[1].split()) & set(sys.modules)))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, absent, *words], capture_output=True, text=True, check=True
    )
    assert ran.stdout.splitlines()[-1] == "loaded:"


def test_the_first_of_several_processes_speaks_plainly_and_the_others_say_who_they_are(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("RANK", "0")
    assert run("nosuch").err.startswith("feathertrack: error: ")
    monkeypatch.setenv("RANK", "2")
    assert run("nosuch").err.startswith("feathertrack (process 2): error: ")
