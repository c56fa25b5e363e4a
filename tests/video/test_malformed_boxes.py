"""A file of boxes with a mistake is one clear error with the file and the line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feathertrack.errors import InputError
from feathertrack.video.formats import read_boxes
from feathertrack.video.records import TrackRow

CVAT = '<annotations>\n<track id="0">\n{}\n</track>\n</annotations>\n'
BOX = '<box frame="0" outside="0" xtl="1" ytl="2" xbr="5" ybr="9"{}/>'

CASES = [
    ("otb", "1,2,3,4\n1,2,3\n", r"line 2: there are 3 numbers, expected 4"),
    ("otb", "1,2,x,4\n", r"line 1: 'x' is not a number"),
    ("otb", "1,2,inf,4\n", r"line 1: a coordinate is not finite"),
    ("otb", "NaN,2,3,4\n", r"line 1: a coordinate is not finite"),
    ("got10k", "1,2,,4\n", r"line 1: '' is not a number"),
    ("mot", "1,1,2,3\n", r"line 1: there are 4 numbers, expected 10"),
    ("mot", "0,1,2,3,4,5,1,-1,-1,-1\n", r"line 1: frame 0 is below 1"),
    ("mot", "1.5,1,2,3,4,5,1,-1,-1,-1\n", r"line 1: frame 1.5 is not a whole number"),
    ("mot", "1,1,2,3,0,5,1,-1,-1,-1\n", r"line 1: box 1,2,0,5 is not .* positive size"),
    ("mot", "1,1,2,3,4,5,1\n1,1,2,3,4,5,1\n", r"line 2: frame 0 appears twice"),
    ("csv", "frame,x,y,w\n", r"line 1: the column h is missing"),
    ("csv", "frame,x,y,w,h\n0,1,2,3\n", r"line 2: there are 4 values, expected 5"),
    ("csv", "frame,x,y,w,h\n-1,1,2,3,4\n", r"line 2: frame -1 is not a number from 0"),
    ("csv", "frame,x,y,w,h\n0,1,2,nan,4\n", r"line 2: w 'nan' is not a finite number"),
    ("csv", "frame,x,y,w,h,score\n0,1,2,3,4,7\n", r"line 2: score 7 is not between 0 and 1"),
    ("csv", "frame,x,y,w,h,state\n0,1,2,3,4,fine\n", r"line 2: state 'fine' is none of tracking"),
    ("jsonl", '{"frame": 0, "box": null}\n{"frame"\n', r"line 2: not JSON"),
    ("jsonl", '{"frame": 0}\n', r"line 1: expected an object with the keys frame and box"),
    ("jsonl", '{"frame": 0, "box": [1, 2, NaN, 4]}\n', r"line 1: not JSON .*NaN"),
    ("jsonl", '{"frame": true, "box": null}\n', r"line 1: frame True is not a whole number"),
    ("json", '{"rows": [{"frame": 0, "box": [1, 2, 3]}]}', r"not a list of four numbers"),
    ("json", "[" * 100_000, r"not JSON"),
    ("json", '{"rows": [{"frame": 1' + "0" * 400 + ', "box": null}]}', r"not a whole number"),
    ("coco", '{"images": []}', r"expected the list annotations"),
    ("coco", '{"images": [], "annotations": [{"image_id": 3}]}', r"image 3, which is not in it"),
    ("labelstudio", "[]", r"there are 0 tasks"),
    ("labelstudio", '{"predictions": []}', r"expected annotations or predictions"),
    ("labelstudio", '{"predictions": [{"result": []}]}', r"there is no target"),
    ("cvat", "<annotations>\n<track>\n", r"line 3: not XML"),
    ("cvat", '<!DOCTYPE a [<!ENTITY b "c">]><annotations/>', r"document type is not allowed"),
    ("cvat", CVAT.format('<box frame="0"/>'), r"line 3: xtl None is not a finite number"),
    ("cvat", CVAT.format(BOX.format(' rotation="9"')), r"line 3: a rotated box"),
]


@pytest.mark.parametrize(("format", "text", "message"), CASES)
def test_mistakes_are_named_with_their_place(
    tmp_path: Path, format: str, text: str, message: str
) -> None:
    path = tmp_path / "boxes.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        read_boxes(path, format)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value)) < 400 + len(str(path))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "not a text file"),
        (b"\xff\xfe1\x00", "not a text file"),
        (b"1,2,3\n", "there are 3 values, expected a table"),
        (b"hello world, how are you\n", "'hello' is not a number|there are"),
        (b'{"some": "thing"}', "none of json, jsonl, coco, labelstudio"),
        (b"[" * 5000, "none of json"),
    ],
)
def test_files_that_are_no_boxes_are_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "boxes"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read_boxes(path)


def test_a_file_that_is_too_large_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("feathertrack.video.formats.boxformat._LARGEST_FILE", 10)
    (tmp_path / "b.csv").write_text("frame,x,y,w,h\n")
    with pytest.raises(InputError, match="too large"):
        read_boxes(tmp_path / "b.csv")


def test_a_file_that_is_not_there_and_an_unknown_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.csv cannot be read"):
        read_boxes(tmp_path / "none.csv")
    (tmp_path / "b.csv").write_text("frame,x,y,w,h\n")
    with pytest.raises(InputError, match="unknown box format 'yolo': use one of csv"):
        read_boxes(tmp_path / "b.csv", "yolo")


def test_interpolation_is_bounded(tmp_path: Path) -> None:
    keys = [
        {"frame": frame, "enabled": True, "x": 0, "y": 0, "width": 9, "height": 9}
        for frame in (1, 900_000_000)
    ]
    result = {"type": "videorectangle", "value": {"sequence": keys}}
    (tmp_path / "b.json").write_text(json.dumps({"predictions": [{"result": [result]}]}))
    with pytest.raises(InputError, match="interpolation makes over"):
        read_boxes(tmp_path / "b.json", width=100, height=100)


def test_the_cut_journal_of_a_killed_run_is_read_up_to_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "boxes.txt.part"
    path.write_text('{"frame": 0, "box": [1, 2, 3, 4]}\n{"frame": 1, "bo')
    assert [row.frame for row in read_boxes(path)] == [0]


@pytest.mark.parametrize(
    "values",
    [{"frame": -1}, {"box": (1, 2, 3, 0)}, {"score": 2.0}, {"time": float("nan")}],
)
def test_rows_are_checked_when_they_are_made(values: dict[str, object]) -> None:
    with pytest.raises(InputError):
        TrackRow(**{"frame": 0, **values})  # type: ignore[arg-type]
