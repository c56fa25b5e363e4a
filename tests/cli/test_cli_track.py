"""``feathertrack track``: what comes out."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from feathertrack.trackers import creation
from feathertrack.trackers.siamfc import SiamFCTracker
from feathertrack.video.formats import read_boxes
from feathertrack.video.frames import Image
from tests.cli.conftest import Run
from tests.trackers.blob import BlobEngine
from tests.video.numbered_clips import number_of, write_pictures

BOX = "10,8,30,20"


def read(path: str) -> Image:
    """A picture that a run has written, RGB."""
    image = cv2.imread(path)
    assert image is not None, path
    return np.asarray(image[..., ::-1], dtype=np.uint8)


@pytest.fixture
def blob(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every tracker by name is one of the SiamFC family whose network needs no weights."""
    monkeypatch.setattr(creation, "create_tracker", lambda *_, **__: SiamFCTracker(BlobEngine()))


def test_boxes_go_to_a_pipe_as_csv(track: Run, clip: Path) -> None:
    ran = track(clip, "--box", BOX)
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[:2] == ["frame,time,x,y,w,h,score,state", "0,0.0,10.0,8.0,30.0,20.0,1.0,tracking"]
    assert lines[-1] == "11,1.1,10.0,8.0,41.0,20.0,0.5,uncertain"
    assert len(lines) == 13


def test_outputs_are_written_together_and_named(track: Run, clip: Path, in_tmp: Path) -> None:
    outputs = ["out.mp4", "boxes.csv", "otb:boxes.txt", "frames/"]
    ran = track(clip, "--box", BOX, *(word for one in outputs for word in ("--output", one)))
    assert ran.status == 0
    assert ran.err == ""
    first, *rest = ran.out.splitlines()
    assert first.startswith("12 frames in ")
    assert first.endswith("mean score 0.50; 11 uncertain")
    assert rest == ["out.mp4", "boxes.csv", "boxes.txt", "frames"]
    assert len(list(Path("frames").iterdir())) == 12
    with av.open("out.mp4") as video:
        assert video.streams.video[0].average_rate == 10
        assert sum(1 for _ in video.decode(video=0)) == 12


def test_a_box_may_be_negative_and_spaced(track: Run, clip: Path) -> None:
    for words in (["-3,-4,50,30"], ["-3", "-4", "50", "30"], ["-3, -4, 50, 30"]):
        ran = track(clip, "--box", *words)
        assert ran.out.splitlines()[1].startswith("0,0.0,-3.0,-4.0,50.0,30.0,")


def test_frames_keep_their_numbers_in_a_range(track: Run, clip: Path) -> None:
    ran = track(clip, "--box", BOX, "--start", 2, "--stop", 9, "--step", 3, "--reverse")
    assert [line.split(",")[0] for line in ran.out.splitlines()[1:]] == ["8", "5", "2"]


def test_frames_before_the_first_box_are_shown_but_have_no_row(
    track: Run, clip: Path, in_tmp: Path
) -> None:
    Path("given.csv").write_text("frame,x,y,w,h\n3,10,8,30,20\n6,0,0,10,10\n")
    ran = track(clip, "--box-file", "given.csv", "--output", "all/", "--output", "boxes.csv")
    assert ran.status == 0
    rows = read_boxes("boxes.csv")
    assert [row.frame for row in rows] == list(range(3, 12))
    assert [row.box[2] for row in rows if row.box] == [30, 31, 32, 10, 11, 12, 13, 14, 15]
    assert number_of(read("all/000002.png")) == 2
    assert len(list(Path("all").iterdir())) == 12


def test_an_otb_ground_truth_gives_its_first_box(track: Run, clip: Path, in_tmp: Path) -> None:
    Path("groundtruth_rect.txt").write_text("11,9,30,20\n99,99,1,1\n")
    ran = track(clip, "--box-file", "groundtruth_rect.txt")
    assert ran.out.splitlines()[1].startswith("0,0.0,10.0,8.0,30.0,20.0")


def test_a_list_of_pictures_on_standard_input(
    track: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_pictures(tmp_path / "in", ["1.png", "2.png"])
    listing = tmp_path / "list.txt"
    listing.write_text("".join(f"{folder / name}\n" for name in ("2.png", "1.png")))
    with listing.open() as file:
        monkeypatch.setattr("sys.stdin", file)
        ran = track("-", "--box", BOX)
    assert len(ran.out.splitlines()) == 3


def test_comparison_is_drawn_and_its_overlap_printed(track: Run, clip: Path, in_tmp: Path) -> None:
    track(clip, "--box", BOX, "--output", "truth.csv")
    Path("other.txt").write_text("10,8,15,20\n" * 12)
    compare = ["--compare", "truth.csv", "got10k:other.txt"]
    ran = track(clip, "--box", BOX, *compare, "--output", "both/")
    assert ran.status == 0
    assert "overlap with truth: 1.000 over 11 frames" in ran.out
    mean = np.mean([15 / width for width in range(31, 42)])
    assert f"overlap with other: {mean:.3f} over 11 frames" in ran.out
    alone = track(clip, "--box", BOX, "--output", "alone/")
    assert alone.status == 0
    assert not np.array_equal(read("both/000005.png"), read("alone/000005.png"))


def test_debug_view_stands_beside_the_frame(run: Run, blob: None, clip: Path, in_tmp: Path) -> None:
    words = ["--box", BOX, "--debug-view", "debug/", "--output", "boxes.csv"]
    assert run("track", clip, *words).status == 0
    first, later = (read(f"debug/{number:06d}.png") for number in (0, 5))
    assert first.shape == later.shape == (48, 80 + 26, 3)
    assert first[:, 84:].max() < 40  # nothing was searched for on the frame of the given box
    assert later[26:, 84:].max() > 200


def test_settings_are_overridden(run: Run, blob: None, clip: Path) -> None:
    plain = run("track", clip, "--box", BOX)
    fixed = run("track", clip, "--box", BOX, "--settings.scale-rate", "0")
    assert {line.split(",")[4] for line in fixed.out.splitlines()[1:]} == {"30.0"}
    assert plain.out != fixed.out


def test_unknown_setting_names_the_nearest(run: Run, blob: None, clip: Path) -> None:
    ran = run("track", clip, "--box", BOX, "--settings.scale-rat", "0.5", "--output", "a.csv")
    assert ran.status == 2
    assert "no field 'scale-rat'; nearest: scale-rate" in ran.err
    assert not Path("a.csv.part").exists()


def test_running_again_replaces_the_outputs(track: Run, clip: Path, in_tmp: Path) -> None:
    for _ in range(2):
        assert track(clip, "--box", BOX, "--output", "out.mp4", "--output", "b.csv").status == 0
    assert sorted(path.name for path in in_tmp.iterdir()) == ["b.csv", "out.mp4"]
