"""What the tests of the commands share: a clip, and a way to run a command in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from feathertrack.cli import main
from tests.video.numbered_clips import write_clip

GROWING = "tests.cli.fake_trackers:Growing"


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line and return its exit status and what it printed."""

    def run_words(*words: object) -> Ran:
        status = main([str(word) for word in words])
        out, err = capsys.readouterr()
        return Ran(status, out, err)

    return run_words


@pytest.fixture
def track(run: Run) -> Run:
    """Run ``feathertrack track`` with a tracker that needs no network."""
    return lambda *words: run("track", *words, "--tracker", GROWING)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve frames of 80 x 48 pixels, ten a second."""
    return write_clip(tmp_path_factory.mktemp("clips") / "clip.mp4")
