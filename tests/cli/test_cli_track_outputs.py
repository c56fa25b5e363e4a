"""What a run may write, and what is kept when an output fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.video.numbered_clips import write_pictures

BOX = "10,8,30,20"


@pytest.mark.parametrize("source", ["fr", "fr/*.png", "-"])
@pytest.mark.parametrize("words", [["--output", "fr/"], ["--debug-view", "fr/"]])
def test_pictures_that_are_read_are_not_overwritten(
    track: Run, in_tmp: Path, monkeypatch: pytest.MonkeyPatch, source: str, words: list[str]
) -> None:
    write_pictures(in_tmp / "fr", ["1.png", "2.png"])
    before = Path("fr/1.png").read_bytes()
    Path("list.txt").write_text("fr/1.png\nfr/2.png\n")
    with Path("list.txt").open() as file:
        monkeypatch.setattr("sys.stdin", file)
        ran = track(source, "--box", BOX, *words)
    assert ran.status == 2
    assert "name another" in ran.err
    assert Path("fr/1.png").read_bytes() == before
    assert len(list(Path("fr").iterdir())) == 2


@pytest.mark.parametrize("format", ["otb", "got10k"])
@pytest.mark.parametrize("order", [[], ["--reverse"]])
def test_a_part_of_a_clip_compares_with_the_same_part(
    track: Run, clip: Path, in_tmp: Path, format: str, order: list[str]
) -> None:
    words = ["--box", BOX, "--start", "3", "--step", "4", "--stop", "12", *order]
    assert track(clip, *words, "--output", f"{format}:s.txt").status == 0
    ran = track(clip, *words, "--compare", f"{format}:s.txt", "--output", "b.csv")
    assert "overlap with s: 1.000 over 2 frames" in ran.out


def test_a_ground_truth_of_the_clip_counts_from_its_first_frame(
    track: Run, clip: Path, in_tmp: Path
) -> None:
    Path("truth.txt").write_text("11,9,30,20\n" * 3 + "1,1,5,5\n" * 9)
    words = ["--box", BOX, "--start", "3", "--stop", "6"]
    ran = track(clip, *words, "--compare", "otb:truth.txt", "--output", "b.csv")
    assert "overlap with truth: 0.000 over 2 frames" in ran.out
