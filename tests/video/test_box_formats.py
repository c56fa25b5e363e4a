"""What a box format writes, it reads."""

from __future__ import annotations

import json
import tempfile
from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feathertrack.errors import InputError
from feathertrack.results import STATES
from feathertrack.video.formats import BOX_FORMATS, read_boxes, write_boxes
from feathertrack.video.records import ClipInfo, TrackRow

CLIP = ClipInfo(name="clip", width=640, height=480, fps=Fraction(25), num_frames=2000)
PER_FRAME = ("otb", "got10k")
DROP_LOST = ("mot", "cvat", "labelstudio", "coco")
PRECISION = {"csv": 0.0, "json": 0.0, "jsonl": 0.0, "coco": 0.0, "got10k": 5.001e-4}

place = st.floats(-1e4, 1e4, allow_nan=False)
side = st.floats(1e-2, 1e4, allow_nan=False)
unit = st.floats(0, 1)
rows_of_a_clip = st.lists(
    st.builds(
        TrackRow,
        frame=st.integers(0, 500),
        box=st.none() | st.tuples(place, place, side, side),
        score=st.none() | unit,
        state=st.none() | st.sampled_from(STATES),
        time=st.none() | st.floats(0, 1e6),
        given=st.booleans(),
    ),
    max_size=8,
    unique_by=lambda row: row.frame,
).map(lambda rows: sorted(rows, key=lambda row: row.frame))


def written_and_read(rows: list[TrackRow], name: str) -> list[TrackRow]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "boxes"
        write_boxes(path, rows, format=name, clip=CLIP)
        return read_boxes(path, name)


def expected_rows(rows: list[TrackRow], name: str) -> list[TrackRow]:
    """The rows that a format keeps, numbered as it numbers them."""
    return [row for row in rows if row.visible] if name in DROP_LOST else rows


@pytest.mark.parametrize("name", BOX_FORMATS)
@given(rows=rows_of_a_clip)
@settings(deadline=None, max_examples=40)
def test_the_same_boxes_come_out(name: str, rows: list[TrackRow]) -> None:
    if name == "labelstudio" and not any(row.visible for row in rows):
        rows = [TrackRow(frame=0, box=(1.0, 2.0, 3.0, 4.0))]
    expected = expected_rows(rows, name)
    found = {row.frame: row.box for row in written_and_read(rows, name) if row.box is not None}
    numbered = enumerate(expected) if name in PER_FRAME else ((row.frame, row) for row in expected)
    wanted = {number: row.box for number, row in numbered if row.box is not None}
    if name != "labelstudio":
        assert found.keys() == wanted.keys()
    for frame, box in wanted.items():
        np.testing.assert_allclose(found[frame], box, rtol=0, atol=PRECISION.get(name, 1e-8))


@pytest.mark.parametrize("name", ["csv", "json", "jsonl", "coco", "cvat"])
@given(rows=rows_of_a_clip)
@settings(deadline=None, max_examples=25)
def test_scores_and_states_come_out(name: str, rows: list[TrackRow]) -> None:
    kept = expected_rows(rows, name)
    found = {row.frame: row for row in written_and_read(rows, name)}
    assert [found[row.frame].score for row in kept] == [row.score for row in kept]
    assert [found[row.frame].state for row in kept] == [row.state for row in kept]


@pytest.mark.parametrize("name", ["json", "jsonl"])
@given(rows=rows_of_a_clip)
@settings(deadline=None, max_examples=25)
def test_json_loses_nothing(name: str, rows: list[TrackRow]) -> None:
    assert written_and_read(rows, name) == rows


def a_track(*frames: int, lost: tuple[int, ...] = ()) -> list[TrackRow]:
    return [
        TrackRow(
            frame=frame,
            box=(10.5 + frame, 20.25, 30.0, 40.0),
            score=0.5,
            state="lost" if frame in lost else "tracking",
            time=frame / 25,
            seconds=0.01,
        )
        for frame in frames
    ]


def test_otb_counts_pixels_from_one(tmp_path: Path) -> None:
    write_boxes(tmp_path / "b.txt", a_track(0, 5), format="otb")
    assert (tmp_path / "b.txt").read_text() == "11.5,21.25,30.0,40.0\n16.5,21.25,30.0,40.0\n"


def test_got10k_has_three_decimals_and_times(tmp_path: Path) -> None:
    write_boxes(tmp_path / "seq_001.txt", a_track(0, 5), format="got10k")
    assert (tmp_path / "seq_001.txt").read_text().splitlines()[0] == "10.500,20.250,30.000,40.000"
    assert (tmp_path / "seq_time.txt").read_text() == "0.01000000\n0.01000000\n"


def test_mot_counts_frames_and_pixels_from_one(tmp_path: Path) -> None:
    write_boxes(tmp_path / "b.txt", a_track(4), format="mot")
    assert (tmp_path / "b.txt").read_text() == "5,1,15.5,21.25,30.0,40.0,0.5,-1,-1,-1\n"


def test_csv_has_the_columns_that_were_promised(tmp_path: Path) -> None:
    write_boxes(tmp_path / "b.csv", a_track(4), format="csv")
    header, line = (tmp_path / "b.csv").read_text().splitlines()
    assert header == "frame,time,x,y,w,h,score,state"
    assert line == "4,0.16,14.5,20.25,30.0,40.0,0.5,tracking"


def test_cvat_ends_the_track_where_the_target_is_lost_and_after_the_last_row(
    tmp_path: Path,
) -> None:
    write_boxes(tmp_path / "b.xml", a_track(0, 1, 2, 3, 4, lost=(2, 3)), format="cvat", clip=CLIP)
    boxes = ElementTree.parse(tmp_path / "b.xml").findall("track/box")
    outside = [(box.get("frame"), box.get("outside")) for box in boxes]
    assert outside == [("0", "0"), ("1", "0"), ("2", "1"), ("4", "0"), ("5", "1")]
    assert (boxes[0].get("xtl"), boxes[0].get("ybr")) == ("10.5", "60.25")


def test_cvat_writes_no_frame_that_the_clip_does_not_have(tmp_path: Path) -> None:
    clip = ClipInfo(num_frames=3)
    write_boxes(tmp_path / "b.xml", a_track(0, 1, 2), format="cvat", clip=clip)
    boxes = ElementTree.parse(tmp_path / "b.xml").findall("track/box")
    assert [box.get("frame") for box in boxes] == ["0", "1", "2"]


def test_labelstudio_closes_a_life_span_before_a_lost_frame(tmp_path: Path) -> None:
    rows = a_track(0, 1, 2, 3, lost=(2,))
    write_boxes(tmp_path / "b.json", rows, format="labelstudio", clip=CLIP)
    task = json.loads((tmp_path / "b.json").read_text())
    result = task["predictions"][0]["result"][0]
    value = result["value"]
    assert [(key["frame"], key["enabled"]) for key in value["sequence"]] == [
        (1, True),
        (2, False),
        (4, False),
    ]
    assert value["sequence"][0]["x"] == pytest.approx(100 * 10.5 / 640)
    assert (value["framesCount"], value["duration"], result["type"]) == (2000, 80, "videorectangle")
    assert [row.frame for row in read_boxes(tmp_path / "b.json")] == [0, 1, 3]


def test_labelstudio_is_interpolated_between_keyframes(tmp_path: Path) -> None:
    write_boxes(tmp_path / "b.json", a_track(0, 4, 8), format="labelstudio", clip=CLIP)
    rows = read_boxes(tmp_path / "b.json")
    assert [row.frame for row in rows] == list(range(9))
    assert [row.box[0] for row in rows if row.box] == pytest.approx([10.5 + n for n in range(9)])


def test_labelstudio_needs_a_size(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="width and height of the frames"):
        write_boxes(tmp_path / "b.json", a_track(0), format="labelstudio")
    assert not list(tmp_path.iterdir())


def test_coco_lists_lost_frames_without_an_annotation(tmp_path: Path) -> None:
    write_boxes(tmp_path / "b.json", a_track(0, 5, lost=(5,)), format="coco", clip=CLIP)
    document = json.loads((tmp_path / "b.json").read_text())
    assert [image["frame_id"] for image in document["images"]] == [0, 5]
    annotation = document["annotations"][0]
    assert annotation["bbox"] == [10.5, 20.25, 30.0, 40.0]
    assert annotation.keys() >= {"id", "image_id", "video_id", "instance_id", "category_id", "area"}
    assert len(document["annotations"]) == len(document["videos"]) == 1
    first, second = read_boxes(tmp_path / "b.json")
    assert (first.state, second.box, second.state) == ("tracking", None, "lost")


def test_rows_out_of_order_are_sorted_where_the_format_counts_frames(tmp_path: Path) -> None:
    write_boxes(tmp_path / "b.txt", a_track(2, 1, 0), format="mot")
    lines = (tmp_path / "b.txt").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["1", "2", "3"]


def test_lines_without_numbers_take_the_frames_of_the_run(tmp_path: Path) -> None:
    write_boxes(tmp_path / "b.txt", a_track(10, 15, 20), format="otb")
    rows = read_boxes(tmp_path / "b.txt", "otb", frames=range(10, 21, 5))
    assert [row.frame for row in rows] == [10, 15, 20]


@pytest.mark.parametrize("name", [name for name in BOX_FORMATS if name not in PER_FRAME])
def test_the_format_is_told_by_what_a_file_holds(tmp_path: Path, name: str) -> None:
    write_boxes(tmp_path / "boxes", a_track(0, 1), format=name, clip=CLIP)
    assert [row.frame for row in read_boxes(tmp_path / "boxes")] == [0, 1]


def test_an_otb_ground_truth_is_known_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "groundtruth_rect.txt"
    path.write_text("198\t214\t34\t81\n 197 , 214, 34, 81\n197 214 34 81\n")
    assert [row.box for row in read_boxes(path)] == [(197, 213, 34, 81), *2 * [(196, 213, 34, 81)]]


def test_four_numbers_a_line_must_be_named(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("1,2,3,4\n")
    with pytest.raises(InputError, match=r"may be otb .* or got10k"):
        read_boxes(tmp_path / "b.txt")


def test_absent_lines_of_ground_truths_have_no_box(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("1,2,3,4\nNaN,NaN,NaN,NaN\n0,0,0,0\n")
    assert [row.box is None for row in read_boxes(tmp_path / "b.txt", "otb")] == [False, True, True]


def test_one_of_several_targets_is_chosen(tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("1,1,2,3,4,5,1,-1,-1,-1\n1,7,8,9,4,5,1,-1,-1,-1\n")
    with pytest.raises(InputError, match="2 targets in it: choose one of 1, 7"):
        read_boxes(tmp_path / "b.txt")
    assert read_boxes(tmp_path / "b.txt", target="7")[0].box == (7, 8, 4, 5)
    with pytest.raises(InputError, match="no target '3'"):
        read_boxes(tmp_path / "b.txt", target="3")


def test_what_people_drew_comes_before_predictions(tmp_path: Path) -> None:
    key = {"frame": 1, "enabled": True, "rotation": 0, "x": 0, "y": 0, "width": 50, "height": 50}
    shape = {"type": "videorectangle", "value": {"framesCount": 3, "sequence": [key]}}
    task = {"data": {}, "annotations": [{"result": [shape]}], "predictions": [{"result": []}]}
    (tmp_path / "b.json").write_text(json.dumps([task]))
    rows = read_boxes(tmp_path / "b.json", width=200, height=100)
    assert [row.box for row in rows] == [(0, 0, 100, 50)] * 3


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text("old")
    with pytest.raises(InputError):
        write_boxes(path, a_track(0), format="labelstudio")
    with pytest.raises(InputError, match="appears twice"):
        write_boxes(path, [*a_track(0), *a_track(0)], format="json")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
