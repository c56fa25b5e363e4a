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
