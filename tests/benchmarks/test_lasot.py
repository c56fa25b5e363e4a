"""LaSOT: absence from two files, protocols, the annotations of the evaluation toolkit."""

from __future__ import annotations

from pathlib import Path

import pytest

from feathertrack.benchmarks import names_of, open_benchmark
from feathertrack.errors import InputError
from tests.benchmarks.miniatures import lasot, lines, put


def test_absent_is_full_occlusion_or_out_of_view(tmp_path: Path) -> None:
    truth = lasot(tmp_path, "airplane-1", 10, hidden=(3, 4))
    put(truth.parent / "out_of_view.txt", "0,0,0,0,1,1,0,0,0,0\n")
    plane = open_benchmark("lasot", tmp_path)["airplane-1"]
    assert [k for k in range(10) if plane.absent[k]] == [3, 4, 5]
    assert (plane.frames[9].name, plane.origin, plane.fps) == ("00000010.jpg", 1, 30.0)
    assert plane.object_class == "airplane"


def test_there_is_a_frame_for_every_row_of_monkey_17(tmp_path: Path) -> None:
    """Its ground truth has 2260 rows: results that are longer are cut by the protocol."""
    truth = lasot(tmp_path, "monkey-17", 20)
    put(truth, lines(2260))
    put(truth.parent / "full_occlusion.txt", ",".join("0" * 2260))
    put(truth.parent / "out_of_view.txt", ",".join("0" * 2260))
    assert len(open_benchmark("lasot", tmp_path)["monkey-17"]) == 2260


def test_three_protocols_have_their_lists() -> None:
    sizes = {name: len(names_of(name)) for name in ("lasot", "lasot_all", "lasot_ext")}
    assert sizes == {"lasot": 280, "lasot_all": 1400, "lasot_ext": 150}
    assert set(names_of("lasot")) < set(names_of("lasot_all"))


def test_folders_without_classes_are_read_too(tmp_path: Path) -> None:
    lasot(tmp_path, "atv-1", 5, flat=True)
    assert len(open_benchmark("lasot_ext", tmp_path)["atv-1"]) == 5


def test_the_annotations_of_the_evaluation_toolkit_are_enough(tmp_path: Path) -> None:
    put(tmp_path / "annos" / "airplane-1.txt", lines(4))
    put(tmp_path / "annos" / "absent" / "airplane-1.txt", "0\n0\n1\n0\n")
    plane = open_benchmark("lasot", tmp_path)["airplane-1"]
    assert plane.absent.tolist() == [False, False, True, False]
    assert (len(plane), plane.notes) == (4, ())


def test_flags_of_another_length_are_named(tmp_path: Path) -> None:
    truth = lasot(tmp_path, "airplane-1", 10)
    put(truth.parent / "full_occlusion.txt", "0,0,0\n")
    with pytest.raises(InputError, match=r"full_occlusion\.txt has 3 values for the 10 boxes"):
        _ = open_benchmark("lasot", tmp_path)["airplane-1"]
    put(truth.parent / "full_occlusion.txt", "0,0,0,2,0,0,0,0,0,0\n")
    with pytest.raises(InputError, match=r"full_occlusion\.txt: flag 4 is 2, expected 0 or 1"):
        _ = open_benchmark("lasot", tmp_path)["airplane-1"]


def test_a_missing_file_of_flags_is_said(tmp_path: Path) -> None:
    (lasot(tmp_path, "airplane-1", 10).parent / "out_of_view.txt").unlink()
    plane = open_benchmark("lasot", tmp_path)["airplane-1"]
    assert not plane.absent.any()
    assert "out_of_view.txt is missing" in plane.notes[0]
