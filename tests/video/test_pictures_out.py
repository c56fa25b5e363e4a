"""A folder of pictures that is written: what an earlier run left, and what somebody else did."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.video.opening import open_source
from feathertrack.video.pictures_out import is_marked
from feathertrack.video.records import ClipInfo
from feathertrack.video.sinks import open_sink, open_sinks
from tests.video.numbered_clips import write_pictures
from tests.video.output_clips import some_frames


def write_run(folder: str, num_frames: int) -> tuple[str, ...]:
    """Notes of a run into a folder."""
    with open_sinks([folder], ClipInfo()) as out:
        for frame, result in some_frames([None] * num_frames):
            out.write(frame, result)
    return out.notes


def names_in(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def test_a_shorter_run_leaves_no_picture_of_the_longer_one(in_tmp: Path) -> None:
    assert write_run("png/", 4) == ()
    Path("png/boxes.csv").write_text("")
    assert write_run("png/", 2) == ("png: removed 2 pictures of an earlier run",)
    assert names_in("png") == ["000000.png", "000001.png", "boxes.csv"]


def test_a_run_without_a_frame_leaves_the_earlier_one(in_tmp: Path) -> None:
    write_run("png/", 2)
    write_run("png/", 0)
    assert names_in("png") == ["000000.png", "000001.png"]
    write_run("new/", 0)
    assert not Path("new").exists()


@pytest.mark.parametrize("name", ["000000.png", "mine.png", "photo.JPG"])
def test_pictures_of_others_are_never_touched(in_tmp: Path, name: str) -> None:
    write_run("png/", 2)
    write_pictures(in_tmp / "png", [name])
    before = {path: path.read_bytes() for path in Path("png").iterdir()}
    with pytest.raises(InputError, match=f"folder png holds pictures .* as {name}: name another"):
        open_sink("png/", ClipInfo())
    assert before == {path: path.read_bytes() for path in Path("png").iterdir()}


def test_a_picture_that_comes_during_the_run_is_not_overwritten(in_tmp: Path) -> None:
    sink = open_sink("png/", ClipInfo())
    write_pictures(in_tmp / "png", ["000000.png"])
    before = Path("png/000000.png").read_bytes()
    with pytest.raises(InputError, match=r"000000\.png was put there by somebody else"):
        sink.write(*next(some_frames([None])))
    sink.close()
    assert Path("png/000000.png").read_bytes() == before


def test_a_marked_picture_is_read_like_any_other(in_tmp: Path) -> None:
    write_run("png/", 1)
    path = Path("png/000000.png")
    assert is_marked(path)
    with open_source(path) as source:
        (frame,) = source
    assert np.array_equal(frame.image, cv2.imread(str(path))[..., ::-1])


def test_capitals_do_not_make_another_name(in_tmp: Path) -> None:
    write_pictures(in_tmp / "1", ["a.png"])
    write_pictures(in_tmp / "2", ["A.png"])
    with (
        open_source([Path("1/a.png"), Path("2/A.png")]) as source,
        open_sinks(["out/"], ClipInfo()) as out,
    ):
        for frame in source:
            out.write(frame, None)
    assert names_in("out") == ["A_000001.png", "a.png"]
