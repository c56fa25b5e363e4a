"""Every example runs, as a user would run it, on the packaged clip."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).resolve().parent.parent / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout
    if path.stem == "track_video":
        assert (tmp_path / "tracked.mp4").stat().st_size > 100_000
        assert len((tmp_path / "tracked.csv").read_text().splitlines()) == 181


def test_examples_are_short() -> None:
    for path in EXAMPLES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 50, path.name
