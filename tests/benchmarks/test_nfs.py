"""Need for Speed: VATIC rows, every eighth annotation, the form of pytracking."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from feathertrack.benchmarks import open_benchmark
from tests.benchmarks.miniatures import box, boxes, lines, nfs, pictures, put


def test_columns_two_to_five_are_corners_and_the_label_may_hold_blanks(tmp_path: Path) -> None:
    nfs(tmp_path, "bee", 240, range(1, 21), rows=20)
    bee = open_benchmark("nfs240", tmp_path)["bee"]
    np.testing.assert_allclose(bee.truth, boxes(20))
    assert bee.absent.tolist() == [k == 2 for k in range(20)]
    assert (bee.origin, bee.fps, bee.frames[19].name) == (0, 240.0, "00020.jpg")


@pytest.mark.parametrize("rows", [353, 360, 361])
def test_at_30_frames_a_second_every_eighth_annotation_is_taken(tmp_path: Path, rows: int) -> None:
    """A row more or less than the pictures is the archive's habit."""
    nfs(tmp_path, "bee", 30, range(1, 46), rows=rows)
    bee = open_benchmark("nfs30", tmp_path)["bee"]
    assert (len(bee), len(bee.truth), bee.notes) == (45, 45, ())
    assert bee.truth[3].tolist() == box(24)


@pytest.mark.parametrize("rows", [44, 46])
def test_annotations_of_30_frames_a_second_may_be_one_off(tmp_path: Path, rows: int) -> None:
    nfs(tmp_path, "bee", 30, range(1, 46), rows=rows)
    bee = open_benchmark("nfs30", tmp_path)["bee"]
    assert (len(bee), bee.truth[3].tolist(), bee.notes) == (min(45, rows), box(3), ())


def test_more_than_one_row_off_is_said(tmp_path: Path) -> None:
    nfs(tmp_path, "bee", 30, range(1, 46), rows=40)
    assert "shorter than the frames: 40 rows" in open_benchmark("nfs30", tmp_path)["bee"].notes[0]


def test_the_form_of_pytracking_is_read(tmp_path: Path) -> None:
    pictures(tmp_path / "sequences" / "bee", "%05d.jpg", range(1, 46))
    put(tmp_path / "anno" / "nfs_bee.txt", lines(45, separator="\t"))
    benchmark = open_benchmark("nfs30", tmp_path)
    np.testing.assert_array_equal(benchmark["nfs_bee"].truth, boxes(45))
    assert len(benchmark["bee"]) == 45


def test_a_picture_missing_in_the_middle_keeps_its_row(tmp_path: Path) -> None:
    nfs(tmp_path, "airtable_3", 240, [n for n in range(2, 41) if n != 9], rows=40)
    sequence = open_benchmark("nfs240", tmp_path)["airtable_3"]
    assert [path.name for path in sequence.frames] == [f"{n:05d}.jpg" for n in range(1, 41)]
