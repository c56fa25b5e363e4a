"""A tracker of the user's that fails gets one line: which, where, why, and what was kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from feathertrack.video.formats import read_boxes
from tests.cli.conftest import Run
from tests.cli.test_cli_track_bad_input import assert_one_line

BOX = "10,8,30,20"


def write_tracker(
    name: str, *, first: str = "", made: str = "", init: str = "", update: str = ""
) -> str:
    """Write a module with a tracker; each text is a statement at its place, the third update's."""
    Path(f"{name}.py").write_text(
        f"""{first}
class R:
    count = 0
    def __init__(self):
        {made or "pass"}
    def init(self, image, box):
        {init or "pass"}
        self.box = box
    def update(self, image):
        self.count += 1
        if self.count == 3:
            {update or "pass"}
        return self.box
"""
    )
    return f"{name}:R"


@pytest.mark.parametrize(
    ("number", "update", "said"),
    [
        (0, "raise RuntimeError('boom')", "RuntimeError: boom"),
        (1, "raise ValueError('first\\nsecond')", "ValueError: first second"),
        (2, "raise SystemExit(3)", "SystemExit: 3"),
        (3, "assert False", "AssertionError"),
        (4, "return None", "it returned None, expected a box x, y, width, height or a Result"),
        (5, "return 1, 2, 3", "it returned: box (1, 2, 3) has 3 numbers, expected 4"),
    ],
)
def test_a_failure_in_update(
    run: Run, clip: Path, in_tmp: Path, number: int, update: str, said: str
) -> None:
    tracker = write_tracker(f"failing_update_{number}", update=update)
    ran = run("track", clip, "--box", BOX, "--tracker", tracker, "--output", "r.csv")
    assert ran.status == 1
    assert_one_line(ran.err, f"error: tracker {tracker} failed at frame 3: {said}")
    assert "; 3 frames tracked, kept in r.csv" in ran.err
    assert len(read_boxes("r.csv")) == 3


def test_debug_shows_the_traceback(run: Run, clip: Path, in_tmp: Path) -> None:
    tracker = write_tracker("failing_debug", update="raise RuntimeError('boom')")
    ran = run("track", clip, "--box", BOX, "--tracker", tracker, "--output", "r.csv", "--debug")
    assert ran.status == 1
    assert "failing_debug.py" in ran.err
    assert ran.err.splitlines()[-1].startswith(f"feathertrack: error: tracker {tracker} failed")


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("failing_first", {"first": "1 / 0"}, "cannot be imported: ZeroDivisionError"),
        ("failing_exit", {"first": "raise SystemExit"}, "cannot be imported: SystemExit"),
        ("failing_syntax", {"first": "def"}, "cannot be imported: SyntaxError: "),
        ("failing_made", {"made": "raise KeyError('a')"}, "cannot be made: KeyError: 'a'"),
        ("failing_init", {"init": "raise OSError('no')"}, "failed at frame 0: OSError: no"),
    ],
)
@pytest.mark.parametrize("command", ["track", "bench"])
def test_a_failure_before_the_first_result(
    run: Run, clip: Path, in_tmp: Path, command: str, name: str, code: dict[str, str], said: str
) -> None:
    tracker = write_tracker(f"{name}_{command}", **code)
    source = [clip] if command == "track" else ["--source", clip]
    ran = run(command, *source, "--box", BOX, "--tracker", tracker)
    assert ran.status == 1
    assert_one_line(ran.err, f"tracker {tracker} {said}")


def test_a_failure_while_it_is_measured(run: Run, clip: Path, in_tmp: Path) -> None:
    tracker = write_tracker("failing_bench", update="raise RuntimeError('boom')")
    ran = run("bench", "--source", clip, "--box", BOX, "--tracker", tracker)
    assert ran.status == 1
    assert_one_line(ran.err, f"tracker {tracker} failed at frame 3: RuntimeError: boom")
