from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from feathertrack.adapters import follow_folder
from feathertrack.errors import InputError
from tests.adapters.trackers_of_tests import Mover


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.full((40, 60, 3), 90, np.uint8))
    frames = ["0.png", "1.png", str(tmp_path / "2.png")]  # relative and absolute
    (tmp_path / "frames_color.txt").write_text("\n".join(frames) + "\n")
    (tmp_path / "query_obj0.txt").write_text("0\n10.5,5,20,8\n")
    return tmp_path


def test_every_target_gets_a_region_and_a_score_a_frame(folder: Path) -> None:
    (folder / "query_obj1.txt").write_text("1\n1,2,11,2,11,9,1,9\ntext=a square\n")
    paths = follow_folder(Mover(), folder)
    assert [path.name for path in paths] == ["output_obj0.txt", "output_obj1.txt"]
    assert paths[0].read_text().splitlines() == [
        "10.5000,5.0000,20.0000,8.0000",
        "13.5000,7.0000,20.0000,8.0000",
        "16.5000,9.0000,20.0000,8.0000",
    ]
    late = paths[1].read_text().splitlines()
    assert late[0] == "0"
    assert late[2] == "4.0000,4.0000,11.0000,8.0000"
    scores = (folder / "output_obj1_confidence.txt").read_text().split()
    assert [float(score) for score in scores] == [0, 1, 0.75]


def test_a_mask_starts_a_tracker_on_its_bounding_box(folder: Path) -> None:
    (folder / "query_obj0.txt").write_text("0\nm10,5,6,3,7,2,4,2,3\n")
    follow_folder(Mover(), folder)
    first = (folder / "output_obj0.txt").read_text().splitlines()[0]
    assert first == "11.0000,6.0000,2.0000,2.0000"


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("query_obj0.txt", "0\n", "has 1 lines, expected a frame and a region"),
        ("query_obj0.txt", "3\n1,2,3,4\n", "line 1 should be a frame from 0 to 2, is '3'"),
        ("query_obj0.txt", "0\n0\n", "a tracker starts on a box"),
        ("query_obj0.txt", "0\n1,2\n", "a tracker starts on a box"),
        ("query_obj0.txt", "0\n1,2,3\n", "line 2, line 1: there are 3 numbers"),
        ("query_obj0.txt", "0\n1,2,0,4\n", "has no area"),
        ("frames_color.txt", "\n", "lists no images"),
        ("frames_color.txt", "none.png\n", "none.png cannot be read"),
    ],
)
def test_what_is_wrong_is_named(folder: Path, file: str, text: str, message: str) -> None:
    (folder / file).write_text(text)
    with pytest.raises(InputError, match=message):
        follow_folder(Mover(), folder)


def test_an_empty_folder_is_named(tmp_path: Path, folder: Path) -> None:
    (folder / "query_obj0.txt").unlink()
    with pytest.raises(InputError, match=r"it has no query_ID\.txt"):
        follow_folder(Mover(), folder)
    (folder / "frames_color.txt").unlink()
    with pytest.raises(InputError, match=r"frames_color\.txt cannot be read"):
        follow_folder(Mover(), folder)
