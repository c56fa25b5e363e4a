"""``feathertrack data mine``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.data.mining.moving_clips import write_scene

MATCHING = "tests.data.mining.moving_clips:Matching"


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("videos")
    write_scene(root / "ball.mp4", 16)
    (root / "broken.mp4").write_bytes(b"not a video")
    return root


def test_it_says_what_was_found_and_what_was_skipped(
    videos: Path, tmp_path: Path, run: Run
) -> None:
    output = tmp_path / "mined"
    words = ["data", "mine", videos, "--output", output, "--all", "--starts", "4"]
    ran = run(*words, "--frames", "12", "--tracker", MATCHING)
    assert ran.status == 0, ran.err
    assert "tracks, " in ran.out
    assert "1 videos could not be read, or not to their end\n  broken.mp4: " in ran.out
    again = run(*words, "--frames", "12", "--tracker", MATCHING, "--json")
    manifest = json.loads(again.out)
    assert manifest["tracker"]["name"] == "Matching"
    assert (manifest["all"], manifest["frames"], manifest["starts"] > 0) == (True, 12, True)


def test_wrong_words_and_useless_folders(videos: Path, tmp_path: Path, run: Run) -> None:
    words = ["data", "mine", videos, "--output", tmp_path / "mined"]
    wrong = run(*words, "--all", "--moving", "2")
    assert (wrong.status, "moving is 2.0, expected 0 to 1" in wrong.err) == (2, True)
    unlicensed = run(*words)
    assert unlicensed.status == 1
    assert "--all takes those whose licence nobody states" in unlicensed.err
    unknown = run(*words, "--all", "--tracker", "feather_smal")
    assert (unknown.status, "nearest names: feather_small" in unknown.err) == (2, True)
    assert not (tmp_path / "mined").exists()
