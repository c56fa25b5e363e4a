"""OTB's JSON: every type of a result, and the runs of TRE and SRE."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.result_files import otb_json


def boxes(kind: str, res: object, size: object = ()) -> list[list[float]]:
    run = {"resType": kind, "res": res, "tmplsize": size}
    return otb_json.boxes_of_run(run, where="x").tolist()


def test_rectangles_are_as_they_are() -> None:
    assert boxes("rect", [[1, 2, 3, 4]]) == [[1, 2, 3, 4]]


def test_iv_affine_turns_the_corners_about_the_centre() -> None:
    # p0, p1: centre; p2..p5: the matrix. Twice the template of 8 x 4 about (20, 30).
    assert boxes("ivtAff", [[20, 30, 2, 0, 0, 2]], [8, 4]) == [[12, 26, 16, 8]]


def test_l1_affine_swaps_rows_and_columns() -> None:
    # Y = p0 x + p1 y + p4, X = p2 x + p3 y + p5, corners (1, 1) and (w, h) = (8, 4).
    assert boxes("L1Aff", [[0, 1, 1, 0, 10.5, 20.5]], [8, 4]) == [[21, 11, 7, 3]]


def test_similarity_takes_height_first() -> None:
    assert boxes("SIMILARITY", [[1, 0, 5, 6]], [4, 8]) == [[6, 7, 7, 3]]
    x, y, w, h = boxes("SIMILARITY", [[2, math.pi / 2, 0, 0]], [4, 8])[0]
    assert (x, y) == (-2, 2)
    assert (w, h) == pytest.approx((-6, 14))


def test_corners_are_two_rows_a_frame() -> None:
    rows = [[1.7, 11, 11.7, 1], [2.9, 3, 22.9, 22]]
    assert boxes("4corner", rows) == [[1, 2, pytest.approx(10), 20]]


@pytest.mark.parametrize("kind", ["LK_Aff", "unknown"])
def test_a_type_without_a_box_is_named(kind: str) -> None:
    with pytest.raises(InputError, match=kind):
        boxes(kind, [[1, 2, 3, 4, 5, 6]], [4, 8])


def test_runs_come_back_with_starts_and_names() -> None:
    runs = [
        Record(sequence="Car", boxes=np.ones((3, 4)), repetition=1, start=0, name="left"),
        Record(sequence="Car", boxes=np.ones((2, 4)), repetition=2, start=1, name="up"),
    ]
    (text,) = otb_json.write_flat(runs).values()
    read = otb_json.records_of(str(text).encode(), name="Car.json", sequence="Car")
    assert [(run.start, run.name, len(run)) for run in read] == [(0, "left", 3), (1, "up", 2)]


def test_json_that_is_no_result_is_named() -> None:
    for data in (b"{", b"[]", b"[1]", json.dumps([{"resType": "rect"}]).encode()):
        with pytest.raises(InputError, match=r"Car\.json"):
            otb_json.records_of(data, name="Car.json", sequence="Car")
