"""Outputs as a whole: what is kept when a run ends early, and what is refused before it begins."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.results import Result
from feathertrack.video.formats import BOX_FORMATS, read_boxes
from feathertrack.video.frames import Frame, SourceInfo
from feathertrack.video.mp4 import VideoSink
from feathertrack.video.records import ClipInfo, row_of
from feathertrack.video.sinks import open_sink, open_sinks
from tests.video.output_clips import a_result, frame_times, some_frames

TIMES = [index / 25 for index in range(40)]


@pytest.mark.parametrize("name", BOX_FORMATS)
def test_every_box_format_is_a_sink(tmp_path: Path, name: str) -> None:
    path = tmp_path / "deep" / "boxes"
    sink = open_sink(f"{name}:{path}", ClipInfo())
    for frame, result in some_frames(TIMES[:3]):
        sink.write(frame, result, seconds=0.01)
        assert not path.exists()
    sink.close()
    assert [row.box[0] for row in read_boxes(path, name) if row.box] == pytest.approx([8, 9, 10])
    assert not (tmp_path / "deep" / "boxes.part").exists()


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_interrupted_run_keeps_what_was_tracked(in_tmp: Path, error: type) -> None:
    with (
        pytest.raises(error),
        open_sinks(["a.csv", "mot:a.txt", "a.mp4", "png/"], ClipInfo()) as out,
    ):
        for frame, result in some_frames(TIMES):
            if frame.index == 5:
                raise error
            out.write(frame, result)
    assert len(read_boxes("a.csv")) == len(read_boxes("a.txt")) == 5
    assert len(frame_times(in_tmp / "a.mp4")) == 5
    assert len(list(Path("png").iterdir())) == 5
    assert not list(in_tmp.glob("*.part"))


def test_a_killed_run_leaves_its_rows_and_a_video_that_plays(in_tmp: Path) -> None:
    script = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from output_clips import some_frames\n"
        "from feathertrack.video.records import ClipInfo\n"
        "from feathertrack.video.sinks import open_sinks\n"
        "out = open_sinks(['coco:a.json', 'a.mp4'], ClipInfo())\n"
        "for frame, result in some_frames([n / 25 for n in range(200)]):\n"
        "    out.write(frame, result)\n"
        "os._exit(9)\n"
    )
    run = subprocess.run([sys.executable, "-c", script, str(Path(__file__).parent)], check=False)
    assert run.returncode == 9
    assert sorted(path.name for path in in_tmp.iterdir()) == ["a.json.part", "a.mp4.part"]
    assert len(read_boxes("a.json.part")) == 200
    assert len(frame_times(in_tmp / "a.mp4.part")) >= 100


def test_the_rows_of_a_killed_run_outlive_the_next(in_tmp: Path) -> None:
    Path("a.csv.part").write_text('{"frame": 7, "box": null}\n')
    open_sink("a.csv", ClipInfo()).close()
    assert [row.frame for row in read_boxes("a.csv.part.old", "jsonl")] == [7]
    with open_sinks(["a.csv"], ClipInfo()) as out:
        out.write(*next(some_frames(TIMES)))
    assert [row.frame for row in read_boxes("a.csv.part.old", "jsonl")] == [7]


@pytest.mark.parametrize("output", ["csv:{}/deep/a.csv", "mp4:{}/deep/a.mp4", "png:{}/deep"])
def test_folders_are_not_made_at_the_root_of_the_disk(tmp_path: Path, output: str) -> None:
    nowhere = Path(tmp_path.anchor) / "feathertrack-test-nowhere"
    with pytest.raises(InputError, match=r"there is no folder .*feathertrack-test-nowhere: make"):
        open_sink(output.format(nowhere), ClipInfo())
    assert not nowhere.exists()


def test_folders_are_made_below_a_folder(in_tmp: Path) -> None:
    for output in ("a/b/c/x.csv", str(in_tmp / "d/e/x.csv"), "f/g/"):
        open_sink(output, ClipInfo()).close()
    assert Path("a/b/c").is_dir()
    assert Path("d/e").is_dir()


def test_an_output_without_a_frame_is_no_file(in_tmp: Path) -> None:
    open_sinks(["a.csv", "a.mp4"], ClipInfo()).close()
    assert not list(in_tmp.iterdir())


def test_what_cannot_be_written_is_known_before_the_first_frame(in_tmp: Path) -> None:
    Path("file").write_text("")
    Path("folder.csv").mkdir()
    for spec, message in [
        ("csv:file/a.csv", "cannot be written"),
        ("folder.csv", "is a folder"),
        ("mp4:file/a.mp4", "cannot be written"),
        ("png:file", "is a file"),
        ("png:file/sub", "cannot be written"),
    ]:
        with pytest.raises(InputError, match=message):
            open_sinks(["good.jsonl", spec], ClipInfo())
    assert sorted(path.name for path in in_tmp.iterdir()) == ["file", "folder.csv"]


@pytest.mark.skipif(sys.platform == "win32", reason="devices are not files there")
def test_a_device_is_not_replaced() -> None:
    with pytest.raises(InputError, match="not a regular file"):
        open_sink("csv:/dev/null", ClipInfo())


def test_a_full_disk_at_the_end_keeps_the_rows(
    in_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink = open_sink("a.csv", ClipInfo())
    sink.write(*next(some_frames(TIMES)))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("feathertrack.video.outfiles.os.fsync", full)
    with pytest.raises(InputError, match=r"No space left on device; every row is in a\.csv\.part"):
        sink.close()
    assert [path.name for path in in_tmp.iterdir()] == ["a.csv.part"]


def test_one_sink_that_fails_does_not_keep_the_others_open(
    in_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = open_sinks(["a.csv", "a.mp4"], ClipInfo())
    out.write(*next(some_frames(TIMES)))

    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("feathertrack.video.mp4.remux", broken)
    with pytest.raises(InputError, match=r"a\.mp4 cannot be finished: .* is a\.mp4\.part"):
        out.close()
    assert len(read_boxes("a.csv")) == 1
    assert len(frame_times(in_tmp / "a.mp4.part")) == 1


class FullDisk:
    """A file on a disk that takes no more."""

    def write(self, text: str) -> None:
        self.close()

    def close(self) -> None:
        raise OSError(28, "No space left on device")


def test_an_output_that_fails_does_not_take_the_others_with_it(in_tmp: Path) -> None:
    out = open_sinks(["a.csv", "b.csv", "c.mp4"], ClipInfo())
    first, second = some_frames(TIMES[:2])
    out.write(*first)
    journal = vars(out)["_sinks"][0]._journal
    journal._file.close()
    journal._file = FullDisk()
    with pytest.raises(InputError) as error:
        out.write(*second)
    assert str(error.value) == (
        "output a.csv cannot be written: No space left on device; "
        "the rows before it are in a.csv.part"
    )
    out.close()
    assert len(read_boxes("b.csv")) == len(frame_times(in_tmp / "c.mp4")) == 2
    assert [row.frame for row in read_boxes("a.csv.part")] == [0]
    assert sorted(path.name for path in in_tmp.iterdir()) == ["a.csv.part", "b.csv", "c.mp4"]


def test_a_video_that_fails_names_what_is_left(
    in_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = open_sinks(["a.mp4", "b.csv"], ClipInfo())
    first, second = some_frames(TIMES[:2])
    out.write(*first)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (video,) = (sink for sink in vars(out)["_sinks"] if isinstance(sink, VideoSink))
    monkeypatch.setattr(video, "_stream", SimpleNamespace(encode=full))
    message = "output a.mp4 cannot be written: no space left on device; the pictures before it are"
    with pytest.raises(InputError, match=message):
        out.write(*second)
    out.close()
    assert len(read_boxes("b.csv")) == 2
    assert sorted(path.name for path in in_tmp.iterdir()) == ["a.mp4.part", "b.csv"]


@pytest.mark.parametrize("format", BOX_FORMATS)
def test_names_that_are_not_unicode_are_written(in_tmp: Path, format: str) -> None:
    bad = "bad\udcff"
    for name in (ClipInfo.of(SourceInfo(name=bad)).name, bad):
        with open_sinks([f"{format}:out"], ClipInfo(name=name)) as out:
            for frame, result in some_frames(TIMES[:2]):
                out.write(dataclasses.replace(frame, name=f"{bad}.png"), result)
        assert len(read_boxes("out", format)) == 2
        assert [path.name for path in in_tmp.iterdir() if path.suffix == ".part"] == []


def test_backward_frames_are_sorted_where_the_format_counts_them(in_tmp: Path) -> None:
    frames = [frame for frame, _ in some_frames(TIMES[:3])]
    with open_sinks(["mot:a.txt", "a.csv"], ClipInfo(reverse=True)) as out:
        for frame in reversed(frames):
            out.write(frame, a_result(frame.index))
    assert [line[:2] for line in Path("a.txt").read_text().splitlines()] == ["1,", "2,", "3,"]
    assert [line[:2] for line in Path("a.csv").read_text().splitlines()[1:]] == ["2,", "1,", "0,"]


def test_frames_before_the_first_box_are_shown_but_have_no_box(in_tmp: Path) -> None:
    outputs = ["a.csv", "mot:a.txt", "otb:o.txt", "a.mp4", "png/"]
    with open_sinks(outputs, ClipInfo()) as out:
        for frame, result in some_frames(TIMES[:4]):
            out.write(frame, result if frame.index > 1 else None)
    assert [row.frame for row in read_boxes("a.csv")] == [2, 3]
    assert [row.frame for row in read_boxes("a.txt")] == [2, 3]
    assert [row.box is None for row in read_boxes("o.txt", "otb")] == [True, True, False, False]
    assert len(frame_times(in_tmp / "a.mp4")) == len(list(Path("png").iterdir())) == 4
    assert (cv2.imread("png/000001.png") == 41).all()


def test_pictures_keep_their_names(in_tmp: Path) -> None:
    sink = open_sink("png/", ClipInfo())
    image = np.full((200, 300, 3), (200, 100, 50), np.uint8)
    for index, name in enumerate(["b.jpg", "b.png", ""]):
        sink.write(Frame(image=image, index=index, name=name), a_result())
    assert sorted(path.name for path in Path("png").iterdir()) == [
        "000002.png",
        "b.png",
        "b_000001.png",
    ]
    found = cv2.imread("png/b.png")
    assert found.shape == (200, 300, 3)
    assert found[199, 299].tolist() == [50, 100, 200]


def test_a_result_without_an_area_becomes_an_absent_row() -> None:
    frame = Frame(image=np.zeros((4, 4, 3), np.uint8), index=3, time=0.5)
    result = Result(box=np.array([1, 2, np.nan, 4.0]), score=float("nan"), state="lost")
    row = row_of(frame, result)
    assert (row.frame, row.time, row.box, row.score, row.state) == (3, 0.5, None, None, "lost")
