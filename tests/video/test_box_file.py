"""The boxes that a user gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from feathertrack.errors import InputError
from feathertrack.video.formats import read_box_file


def boxes_of(path: Path, text: str) -> dict[int, list[float]]:
    path.write_text(text)
    return {frame: box.tolist() for frame, box in read_box_file(path).items()}


@pytest.mark.parametrize("text", ["11,21,30,40\n12,22,30,40\n", "11\t21\t30\t40", " 11 21 30 40\n"])
def test_an_otb_ground_truth_gives_its_first_line(tmp_path: Path, text: str) -> None:
    assert boxes_of(tmp_path / "b.txt", text) == {0: [10, 20, 30, 40]}


def test_rows_with_frames_count_from_zero_and_are_sorted(tmp_path: Path) -> None:
    text = "frame,x,y,w,h\r\n40,1,2,3,4\r\n\r\n0,10.5,20,30,40\r\n"
    found = boxes_of(tmp_path / "b.csv", text)
    assert list(found.items()) == [(0, [10.5, 20, 30, 40]), (40, [1, 2, 3, 4])]
    assert boxes_of(tmp_path / "b.csv", "7 1 2 3 4\n") == {7: [1, 2, 3, 4]}


def test_a_csv_of_ours_gives_the_boxes_again(tmp_path: Path) -> None:
    text = "frame,time,x,y,w,h,score,state\n3,0.1,1,2,3,4,0.5,tracking\n"
    assert boxes_of(tmp_path / "b.csv", text) == {3: [1, 2, 3, 4]}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("1,2,3\n", "neither x,y,w,h"),
        ("1,2,3,0\n", "line 1: box 1,2,3,0 has no area"),
        ("nan,nan,nan,nan\n", "line 1: .*not finite"),
        ("frame,x,y,w,h\n", "a header but no box"),
        ("0,1,2,3,4\n0,1,2,3,4\n", "line 2: frame 0 is given twice"),
        ("0,1,2,3,4\n1,1,2,3\n", "line 2: there are 4 values, expected 5"),
        ("frame,x,y,w,h\n0,,,,\n", "line 2: frame 0 has no box"),
        ("0.5,1,2,3,4\n", "line 1: frame '0.5' is not a whole number"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        boxes_of(tmp_path / "b.csv", text)
