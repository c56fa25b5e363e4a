"""A user's own folder: frames and boxes in every form that is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from feathertrack.benchmarks import open_benchmark
from feathertrack.errors import InputError
from feathertrack.video import ClipInfo, TrackRow, write_boxes
from tests.benchmarks.miniatures import boxes, lines, pictures, put

ROWS = [TrackRow(frame=k, box=tuple(map(float, boxes(1, start=k)[0]))) for k in range(5)]
FILES = {"otb": ".txt", "mot": ".txt", "cvat": ".xml", "coco": ".json", "labelstudio": ".json"}


@pytest.mark.parametrize("format", FILES)
@pytest.mark.parametrize("place", ["inside", "beside"])
def test_every_form_of_boxes_is_read(tmp_path: Path, format: str, place: str) -> None:
    pictures(tmp_path / "walk", "%d.jpg", range(5))
    name = "boxes" if place == "inside" else "walk"
    path = (tmp_path / "walk" if place == "inside" else tmp_path) / f"{name}{FILES[format]}"
    clip = ClipInfo(name="walk", width=200, height=100)
    write_boxes(path, ROWS, format=format, clip=clip)
    version = format if format == "otb" else None
    walk = open_benchmark("folder", tmp_path, version=version)["walk"]
    np.testing.assert_allclose(walk.truth, boxes(5), atol=1e-9)
    assert (walk.origin, [path.name for path in walk.frames[:2]]) == (0, ["0.jpg", "1.jpg"])


def test_one_sequence_may_be_the_root_and_is_unverified(tmp_path: Path) -> None:
    pictures(tmp_path / "img", "%04d.png", range(1, 4))
    put(tmp_path / "groundtruth_rect.txt", lines(3))
    benchmark = open_benchmark("folder", tmp_path)
    assert (benchmark.names, benchmark.verified) == ((tmp_path.name,), False)
    assert benchmark[0].truth[0].tolist() == [9, 19, 30, 40]


def test_a_file_named_groundtruth_counts_pixels_from_0(tmp_path: Path) -> None:
    pictures(tmp_path / "a", "%04d.jpg", range(1, 4))
    put(tmp_path / "a" / "groundtruth.txt", lines(3))
    assert open_benchmark("folder", tmp_path)["a"].truth[0].tolist() == [10, 20, 30, 40]


def test_each_target_of_a_mot_file_is_a_sequence(tmp_path: Path) -> None:
    pictures(tmp_path / "street" / "img1", "%06d.jpg", range(1, 5))
    rows = [(1, 7, 11), (2, 7, 12), (4, 7, 14), (2, 9, 50), (3, 9, 51)]
    text = "".join(f"{frame},{target},{x},6,20,10,1,-1,-1,-1\n" for frame, target, x in rows)
    put(tmp_path / "street" / "gt" / "gt.txt", text)
    benchmark = open_benchmark("folder", tmp_path)
    assert benchmark.names == ("street-7", "street-9")
    seven, nine = benchmark
    assert seven.truth[:, 0].tolist()[:2] == [10, 11]
    assert seven.absent.tolist() == [False, False, True, False]
    assert (len(nine), nine.frames[0].name) == (3, "000002.jpg")


def test_boxes_beyond_the_pictures_are_left_out_and_said(tmp_path: Path) -> None:
    pictures(tmp_path / "a", "%d.jpg", range(3))
    write_boxes(tmp_path / "a" / "boxes.csv", ROWS, format="csv")
    sequence = open_benchmark("folder", tmp_path)["a"]
    assert len(sequence.truth) == 3
    assert "boxes up to frame 4, but only 3 pictures" in sequence.notes[0]


def test_a_folder_without_sequences_says_what_it_expects(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no sequence: expected <sequence>/"):
        open_benchmark("folder", tmp_path)
    pictures(tmp_path / "a", "%d.jpg", range(3))
    with pytest.raises(InputError, match="holds no sequence"):
        open_benchmark("folder", tmp_path)


def test_a_file_without_a_box_is_named(tmp_path: Path) -> None:
    pictures(tmp_path / "a", "%d.jpg", range(2))
    put(tmp_path / "a" / "groundtruth.txt", "nan,nan,nan,nan\n" * 2)
    with pytest.raises(InputError, match="holds no box"):
        _ = open_benchmark("folder", tmp_path)["a"]


def numbered(root: Path, numbers: list[int], *, rows: int) -> None:
    pictures(root / "a", "%04d.jpg", numbers)
    put(root / "a" / "groundtruth.txt", lines(rows))


@pytest.mark.parametrize(
    ("there", "lost"),
    [
        ([1, 2, 3, 4, 6, 7, 8, 9, 10], "lacks 0005.jpg, but"),
        ([3, 4, 5, 6, 8, 9, 10], "lacks 0001.jpg, 0002.jpg, 0007.jpg, but"),
        ([1, 3, 5, 7, 9], "lacks 0002.jpg, 0004.jpg, 0006.jpg, 0008.jpg, but"),
    ],
)
def test_missing_pictures_are_named_and_no_box_moves_on(
    tmp_path: Path, there: list[int], lost: str
) -> None:
    numbered(tmp_path, there, rows=10)
    with pytest.raises(InputError, match=lost) as refused:
        _ = open_benchmark("folder", tmp_path)["a"]
    assert "put the pictures back" in str(refused.value)


def test_as_many_rows_as_pictures_go_one_by_one_and_skipped_numbers_are_noted(
    tmp_path: Path,
) -> None:
    numbered(tmp_path, [1, 2, 3, 4, 6], rows=5)
    sequence = open_benchmark("folder", tmp_path)["a"]
    assert [path.name for path in sequence.frames][-2:] == ["0004.jpg", "0006.jpg"]
    assert "skip 0005.jpg" in sequence.notes[0]


@pytest.mark.parametrize("numbers", [[0, 10, 20, 30], [7, 8, 9, 10], [17, 5003, 99012, 500001]])
def test_numbers_that_count_something_else_are_no_gaps(tmp_path: Path, numbers: list[int]) -> None:
    numbered(tmp_path, numbers, rows=4)
    sequence = open_benchmark("folder", tmp_path)["a"]
    assert (len(sequence.frames), sequence.notes) == (4, ())
