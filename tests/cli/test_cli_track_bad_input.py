"""Bad input gets one clear line and a status, and loses nothing that was tracked before."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from feathertrack.video.formats import read_boxes
from tests.cli.conftest import GROWING, Run
from tests.shared_data import shared
from tests.video.numbered_clips import write_clip, write_pictures

BOX = "10,8,30,20"


@pytest.mark.parametrize(
    ("box", "said"),
    [
        ("nan,1,2,3", "not finite"),
        ("inf,1,2,3", "not finite"),
        ("1,2,0,4", "no area"),
        ("1,2,1e-300,4", "smaller than a pixel"),
        ("1,2,3,-4", "no area"),
        ("1,2,99999,99999", "more than four times as large as the frame of 80 x 48"),
        ("90,2,10,10", "lies outside the frame of 80 x 48"),
        ("-20,2,10,10", "lies outside the frame"),
        ("1,2,3", "has 3 numbers, expected 4"),
        ("1,2,3,4,5", "has 5 numbers"),
        ("left,2,3,4", "'left' is no number"),
        ("", "has 0 numbers"),
    ],
)
def test_box(track: Run, clip: Path, in_tmp: Path, box: str, said: str) -> None:
    ran = track(clip, f"--box={box}", "--output", "out.csv")
    assert ran.status == 2
    assert_one_line(ran.err, said)
    assert not list(in_tmp.iterdir())


def test_no_box(track: Run, clip: Path) -> None:
    ran = track(clip)
    assert ran.status == 2
    assert_one_line(ran.err, "no box: say where the target is with --box X,Y,W,H")


def test_two_boxes(track: Run, clip: Path) -> None:
    ran = track(clip, "--box", BOX, "--box-file", "a.csv")
    assert ran.status == 2
    assert_one_line(ran.err, "--box and --box-file both say where the target is")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("hello\n", "neither x,y,w,h"),
        ("frame,x,y,w,h\n0,1,2,0,4\n", "no area"),
        ("0,1,2,nan,4\n", "not a finite number"),
    ],
)
def test_box_file(track: Run, clip: Path, in_tmp: Path, content: str, said: str) -> None:
    Path("given.csv").write_text(content)
    ran = track(clip, "--box-file", "given.csv")
    assert ran.status == 2
    assert "given.csv" in ran.err


def test_box_file_that_is_not_there(track: Run, clip: Path) -> None:
    ran = track(clip, "--box-file", "nosuch.csv")
    assert ran.status == 1
    assert_one_line(ran.err, "nosuch.csv")


@pytest.mark.parametrize("box", ["0,0,1,1", "0,0,3,3"])
def test_picture_of_one_pixel(run: Run, in_tmp: Path, box: str) -> None:
    cv2.imwrite("one.png", np.zeros((1, 1, 3), np.uint8))
    ran = run("track", "one.png", "--box", box, "--tracker", GROWING)
    assert ran.status == 0
    assert len(ran.out.splitlines()) == 2


def make_zero(folder: Path) -> str:
    (folder / "zero.mp4").write_bytes(b"")
    return "zero.mp4"


def make_empty(folder: Path) -> str:
    (folder / "empty").mkdir()
    return "empty"


def make_text(folder: Path) -> str:
    (folder / "notes.mp4").write_text("no video at all")
    return "notes.mp4"


def make_headless(folder: Path) -> str:
    content = write_clip(folder / "whole.mp4").read_bytes()
    (folder / "cut.mp4").write_bytes(content[: len(content) // 3])
    (folder / "whole.mp4").unlink()
    return "cut.mp4"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda _: "nosuch.mp4", "there is no file or folder nosuch.mp4"),
        (lambda _: "*.png", "*.png"),
        (lambda _: "97", "camera 97"),
        (make_zero, "zero.mp4 is empty"),
        (make_empty, "the folder empty has no files"),
        (make_text, "notes.mp4 cannot be opened as a video"),
        (make_headless, "cut.mp4"),
    ],
)
def test_source(track: Run, in_tmp: Path, make: object, said: str) -> None:
    source = make(in_tmp)  # type: ignore[operator]
    before = set(in_tmp.iterdir())
    ran = track(source, "--box", BOX, "--output", "out.mp4", "--output", "out.csv")
    assert ran.status == 1
    assert_one_line(ran.err, said)
    assert set(in_tmp.iterdir()) == before


def test_range_outside_the_source(track: Run, clip: Path) -> None:
    assert track(clip, "--box", BOX, "--start", 50).status == 1
    assert track(clip, "--box", BOX, "--start", 5, "--stop", 5).status == 2
    assert track(clip, "--box", BOX, "--step", 0).status == 2


def test_video_that_breaks_in_the_middle(track: Run, in_tmp: Path) -> None:
    whole = write_clip(in_tmp / "whole.mp4", 60, container={"movflags": "faststart"})
    content = whole.read_bytes()
    Path("cut.mp4").write_bytes(content[: len(content) * 2 // 3])
    ran = track("cut.mp4", "--box", BOX, "--output", "out.mp4", "--output", "out.csv")
    rows = read_boxes("out.csv")
    assert ran.status == 1
    assert 0 < len(rows) < 60
    assert_one_line(ran.err, f"cut.mp4 breaks off after frame {rows[-1].frame}")
    assert f"{len(rows)} frames tracked, kept in out.mp4, out.csv" in ran.err
    with av.open("out.mp4") as video:
        assert sum(1 for _ in video.decode(video=0)) == len(rows)


def test_picture_that_is_none_in_the_middle_of_a_folder(track: Run, in_tmp: Path) -> None:
    write_pictures(in_tmp / "in", [f"{i}.png" for i in range(6)])
    Path("in/4.png").write_bytes(b"no picture")
    ran = track("in", "--box", BOX, "--output", "out.csv")
    assert ran.status == 1
    assert_one_line(ran.err, "frame 4 of in")
    assert len(read_boxes("out.csv")) == 4


def test_size_that_changes(track: Run, in_tmp: Path) -> None:
    write_pictures(in_tmp / "in", [f"{i}.png" for i in range(6)])
    cv2.imwrite("in/3.png", np.zeros((50, 90, 3), np.uint8))
    ran = track("in", "--box", BOX, "--output", "out.csv")
    assert ran.status == 1
    assert_one_line(ran.err, "has 90x50 pixels, the frames before it 80x48")
    assert "3 frames tracked, kept in out.csv" in ran.err


@pytest.mark.parametrize(
    ("output", "status", "said"),
    [
        ("out.foo", 2, "unknown suffix '.foo'"),
        ("foo:out.csv", 2, "unknown output format 'foo'"),
        ("out.txt", 2, "write otb:out.txt or got10k:out.txt or mot:out.txt"),
        ("out.json", 2, "write json:out.json or coco:out.json or labelstudio:out.json"),
        ("", 2, "names no path"),
        ("file/out.csv", 1, "cannot be written"),
        ("clip.mp4", 2, "is the source itself"),
    ],
)
def test_output(track: Run, clip: Path, in_tmp: Path, output: str, status: int, said: str) -> None:
    source = in_tmp / "clip.mp4"
    source.write_bytes(clip.read_bytes())
    Path("file").write_text("not a folder")
    ran = track(source, "--box", BOX, "--output", "good.csv", "--output", output)
    assert ran.status == status
    assert_one_line(ran.err, said)
    assert sorted(path.name for path in in_tmp.iterdir()) == ["clip.mp4", "file"]
    assert source.read_bytes() == clip.read_bytes()


def test_outputs_in_one_place(track: Run, clip: Path, in_tmp: Path) -> None:
    ran = track(clip, "--box", BOX, "--output", "a.csv", "--output", "jsonl:./a.csv")
    assert ran.status == 2
    assert_one_line(ran.err, "both write")


def test_output_over_the_box_file(track: Run, clip: Path, in_tmp: Path) -> None:
    Path("given.csv").write_text("0,1,2,30,40\n")
    ran = track(clip, "--box-file", "given.csv", "--output", "given.csv")
    assert ran.status == 2
    assert_one_line(ran.err, "output given.csv is the box file itself: name another")
    assert Path("given.csv").read_text() == "0,1,2,30,40\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--debug-view", "debug.csv"], "--debug-view debug.csv must be a video or a folder/"),
        (["--debug-view", "debug.mp4"], "shows no search region"),
        (["--device", "gpu"], "no device is called 'gpu'"),
        (["--threads", "0"], "threads must be a whole number from 1"),
        (["--settings.window-weight", "0.1"], "is a class of yours: it has no settings"),
        (["--weights", "a.pth"], "is a class of yours: it takes no weights here"),
        (["--engine", "onnx"], "runs no network of ours: it takes no --engine"),
        (["--threads", "2", "--precision", "float32"], "takes no --precision and no --threads"),
        (["--device", "cpu"], "takes no --device"),
        (["--compare", "nosuch.csv"], "nosuch.csv"),
    ],
)
def test_other_words(track: Run, clip: Path, in_tmp: Path, words: list[str], said: str) -> None:
    ran = track(clip, "--box", BOX, *words, "--output", "out.csv")
    assert ran.status == (1 if "nosuch.csv" in words else 2)
    assert_one_line(ran.err, said)
    assert not list(in_tmp.iterdir())


@pytest.mark.parametrize(
    ("tracker", "status", "said"),
    [
        ("fdsiamfc_3", 2, "nearest names: fdsiamfc_30"),
        ("fdsiamfc_30", 1, "https://github.com/conquerhuang/FDSiamFC"),
        ("fdsiamfc_30@uav12", 2, "has no preset 'uav12'; it has: uav123, uav20l"),
        ("nosuch.pth", 1, "nosuch.pth"),
        ("no_such_module:Class", 2, "cannot import no_such_module"),
        ("tests.cli.fake_trackers:Nobody", 2, "has no class Nobody"),
    ],
)
def test_tracker(run: Run, clip: Path, tracker: str, status: int, said: str) -> None:
    ran = run("track", clip, "--box", BOX, "--tracker", tracker)
    assert ran.status == status
    assert_one_line(ran.err, said)


def test_preset_that_is_not_there(run: Run, clip: Path) -> None:
    weights = shared("checkpoints/FDSiamfc_15.pth")
    words = ["--weights", weights, "--engine", "torch", "--tracker", "fdsiamfc_15@otb"]
    ran = run("track", clip, "--box", BOX, *words)
    assert ran.status == 2
    assert_one_line(ran.err, "has no preset 'otb'; it has: uav123, uav20l")


def test_weights_of_another_network(run: Run, clip: Path) -> None:
    weights = shared("checkpoints/FDSiamfc_15.pth")
    words = ["--weights", weights, "--engine", "torch", "--tracker", "fdsiamfc_30"]
    ran = run("track", clip, "--box", BOX, *words)
    assert ran.status == 2
    assert_one_line(ran.err, "holds the weights of fdsiamfc_15, not of fdsiamfc_30")


def test_weights_that_are_none(run: Run, clip: Path, in_tmp: Path) -> None:
    whole = shared("checkpoints/FDSiamfc_15.pth").read_bytes()
    Path("cut.pth").write_bytes(whole[: len(whole) // 2])
    Path("text.pth").write_text("hello")
    for name in ("cut.pth", "text.pth"):
        ran = run("track", clip, "--box", BOX, "--tracker", name, "--engine", "torch")
        assert ran.status == 1
        assert_one_line(ran.err, name)


def assert_one_line(err: str, said: str) -> None:
    assert err.count("\n") == 1, err
    assert err.startswith("feathertrack: error: "), err
    assert said in err
