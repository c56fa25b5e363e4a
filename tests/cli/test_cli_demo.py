from __future__ import annotations

from pathlib import Path

import av

from feathertrack.video.formats import read_boxes
from tests.cli.conftest import GROWING, Run


def test_demo_writes_a_video_and_a_table(run: Run, in_tmp: Path) -> None:
    ran = run("demo", "--tracker", GROWING)
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].startswith("180 frames in ")
    assert lines[1].startswith("overlap with the true boxes: 0.")
    folder = Path("feathertrack-demo")
    assert lines[2:] == [str(folder / "tracked.mp4"), str(folder / "boxes.csv")]
    assert len(read_boxes(folder / "boxes.csv")) == 180
    with av.open(str(folder / "tracked.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == 180


def test_shipped_tracker_follows_the_demo(run: Run, in_tmp: Path) -> None:
    ran = run("demo", "--engine", "onnx", "--threads", 1, "--output", "there")
    assert ran.status == 0
    overlap = next(line for line in ran.out.splitlines() if line.startswith("overlap"))
    assert float(overlap.split()[5]) > 0.6


def test_folder_that_cannot_be_made(run: Run, in_tmp: Path) -> None:
    Path("file").write_text("not a folder")
    ran = run("demo", "--tracker", GROWING, "--output", "file/demo")
    assert ran.status == 1
    assert "cannot be written" in ran.err
