"""What a person at a terminal sees."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from feathertrack.cli._terminal import print_table, shell_word

pytestmark = pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are POSIX")

REPOSITORY = Path(__file__).resolve().parents[2]


def at_terminal(*words: str) -> tuple[int, str]:
    """Run a command on a terminal of 80 columns; exit status and all that was shown."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "feathertrack", *words],
        cwd=REPOSITORY,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "COLUMNS": "80", "TERM": "xterm"},
    )
    os.close(theirs)
    shown = b""
    while True:
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not chunk:
            break
        shown += chunk
    os.close(ours)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode().replace("\r\n", "\n"))
    return process.wait(timeout=60), plain


def test_progress_and_a_summary_are_shown_and_no_rows(clip: Path) -> None:
    slow = ("--tracker", "tests.cli.fake_trackers:Slow")
    status, shown = at_terminal("track", str(clip), "--box", "10,8,30,20", *slow)
    assert status == 0
    assert "tracking" in shown
    assert re.search(r"\d+/12 \d+ frames/s", shown)
    assert shown.splitlines()[-1] == (
        "nothing was written: add --output out.mp4 or --output boxes.csv"
    )
    assert "12 frames in " in shown.splitlines()[-2]
    assert "frame,time" not in shown


def test_help_fits_the_terminal() -> None:
    status, shown = at_terminal("track", "--help")
    assert status == 0
    assert max(map(len, shown.splitlines())) <= 80


def test_table_is_as_wide_as_it_needs_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name", "ms"), [("a", "1.00"), ("longer", "12.00")], right={1})
    assert capsys.readouterr().out == "name       ms\na        1.00\nlonger  12.00\n"


def test_shell_word_is_quoted_where_it_must_be() -> None:
    assert shell_word("clip.mp4") == "clip.mp4"
    assert shell_word("my clip.mp4") == "'my clip.mp4'"
