"""pysot's json files as the source of ground truth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feathertrack.benchmarks import open_benchmark
from feathertrack.errors import InputError
from tests.benchmarks.miniatures import polygon, put, pysot_json


def test_sequences_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    path = tmp_path / "OTB100.json"
    pysot_json(path, "Woman", 3)
    pysot_json(path, "Deer", 3, width=704, height=400)
    benchmark = open_benchmark("otb100", path)
    assert benchmark.names == ("Deer", "Woman")
    deer = benchmark["Deer"]
    assert (deer.size_wh, deer.attributes, deer.origin) == ((704, 400), {"Occlusion"}, 1)
    assert deer.frames[2] == tmp_path / "Deer" / "img" / "0003.jpg"
    assert benchmark.verified is False
    assert "differ in 98 sequences" in benchmark.notes[0]


def test_absent_is_1_where_the_target_is_present(tmp_path: Path) -> None:
    path = pysot_json(tmp_path / "LaSOT.json", "airplane-1", 4, absent=[1, 1, 0, 1])
    plane = open_benchmark("lasot", path)["airplane-1"]
    assert plane.absent.tolist() == [False, False, True, False]


def test_tags_may_be_empty_lists(tmp_path: Path) -> None:
    more = {"occlusion": [], "camera_motion": [1, 0, 1], "gt_rect": [polygon(k) for k in range(3)]}
    path = pysot_json(tmp_path / "VOT2018.json", "ball1", 3, **more)
    ball = open_benchmark("vot2018", path)["ball1"]
    assert {tag: flags.tolist() for tag, flags in ball.frame_attributes.items()} == {
        "occlusion": [False] * 3,
        "camera_motion": [True, False, True],
    }
    assert ball.truth.shape == (3, 8)
    assert ball.origin == 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is no JSON"),
        ("[]", "is no file of pysot"),
        ('{"a": {"img_names": []}}', "a has no img_names and gt_rect"),
        ('{"a": {"img_names": [], "gt_rect": []}}', "img_names is not a list with something"),
        ('{"a": {"img_names": ["a/1.jpg"], "gt_rect": [[1, 2]]}}', "gt_rect 0 is .1, 2."),
        ('{"a": {"img_names": ["../1.jpg"], "gt_rect": [[1, 2, 3, 4]]}}', "lies outside"),
        ('{"a": {"img_names": ["/1.jpg"], "gt_rect": [[1, 2, 3, 4]]}}', "lies outside"),
    ],
)
def test_files_that_are_not_pysots_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = put(tmp_path / "x.json", text)
    with pytest.raises(InputError, match=message):
        _ = open_benchmark("otb100", path)["a"]


def test_more_boxes_than_pictures_is_said(tmp_path: Path) -> None:
    path = pysot_json(tmp_path / "OTB100.json", "Deer", 3)
    records = json.loads(path.read_text())
    records["Deer"]["gt_rect"].append([1, 2, 3, 4])
    path.write_text(json.dumps(records))
    deer = open_benchmark("otb100", path)["Deer"]
    assert "longer than the frames: 4 rows for 3" in deer.notes[0]
