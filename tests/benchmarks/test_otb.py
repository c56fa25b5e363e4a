"""OTB: the special cases of its folders, from the official layout and its common variants."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from feathertrack.benchmarks import names_of, open_benchmark
from feathertrack.benchmarks.bundled import bundled_list
from tests.benchmarks.miniatures import box, boxes, lines, otb, put
from tests.shared_data import shared


def test_the_first_row_belongs_to_the_first_frame_of_a_range(tmp_path: Path) -> None:
    """David is 300 to 770 though its folder begins at 1."""
    otb(tmp_path, "David", [1, 2, 299, 300, 301, 770, 771], rows=471)
    david = open_benchmark("otb100", tmp_path)["David"]
    assert len(david) == len(david.truth) == 471
    assert [david.frames[i].name for i in (0, 1, -1)] == ["0300.jpg", "0301.jpg", "0770.jpg"]
    np.testing.assert_array_equal(david.truth, boxes(471))
    np.testing.assert_array_equal(david.first_box_xywh, [9, 19, 30, 40])
    assert (david.origin, david.size_wh, david.notes) == (1, (320, 240), ())


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("BlurCar1", 247, 988),
        ("BlurCar3", 3, 359),
        ("BlurCar4", 18, 397),
        ("Football1", 1, 74),
        ("Freeman3", 1, 460),
        ("Freeman4", 1, 283),
        ("Diving", 1, 215),
    ],
)
def test_images_outside_the_range_are_passed_over(
    tmp_path: Path, name: str, first: int, last: int
) -> None:
    otb(tmp_path, name, [1, first, last, last + 1], rows=last - first + 1)
    sequence = open_benchmark("otb100", tmp_path)[name]
    ends = sequence.frames[0].name, sequence.frames[-1].name
    assert ends == (f"{first:04d}.jpg", f"{last:04d}.jpg")
    assert len(sequence.truth) == last - first + 1


@pytest.mark.parametrize(("folder", "rows"), [("Jogging", 307), ("Skating2", 473)])
def test_two_targets_of_a_folder_have_a_file_each(tmp_path: Path, folder: str, rows: int) -> None:
    otb(tmp_path, folder, [1, rows], rows=rows, truth="groundtruth_rect.1.txt")
    put(tmp_path / folder / "groundtruth_rect.2.txt", lines(rows + 1).partition("\n")[2])
    benchmark = open_benchmark("otb100", tmp_path)
    assert benchmark[f"{folder}-1"].truth[0].tolist() == box(0)
    assert benchmark[f"{folder}-2"].truth[0].tolist() == box(1)


def test_human4_takes_the_second_file_as_the_first_is_empty(tmp_path: Path) -> None:
    otb(tmp_path, "Human4", [1, 667], rows=667, truth="groundtruth_rect.2.txt")
    put(tmp_path / "Human4" / "groundtruth_rect.1.txt", "")
    assert len(open_benchmark("otb100", tmp_path)["Human4"].truth) == 667


def test_tiger1_omits_its_first_five_frames_unless_got10k_is_asked_for(tmp_path: Path) -> None:
    otb(tmp_path, "Tiger1", [1, 6, 354], rows=354)
    official = open_benchmark("otb100", tmp_path)["Tiger1"]
    assert (len(official), official.frames[0].name) == (349, "0006.jpg")
    np.testing.assert_array_equal(official.truth, boxes(349, start=5))
    whole = open_benchmark("otb100", tmp_path, version="got10k")["Tiger1"]
    assert (len(whole), whole.frames[0].name, whole.truth[0].tolist()) == (354, "0001.jpg", box(0))


def test_tiger1_whose_file_leaves_them_out_already_is_not_cut_again(tmp_path: Path) -> None:
    otb(tmp_path, "Tiger1", [1, 6, 354], rows=349)
    tiger = open_benchmark("otb100", tmp_path)["Tiger1"]
    assert (len(tiger.truth), tiger.truth[0].tolist()) == (349, box(0))


def test_board_has_five_digits(tmp_path: Path) -> None:
    otb(tmp_path, "Board", [1, 698], rows=698, digits=5)
    assert open_benchmark("otb100", tmp_path)["Board"].frames[697].name == "00698.jpg"


def test_pictures_under_another_ending_are_found_by_number(tmp_path: Path) -> None:
    otb(tmp_path, "Deer", range(1, 72), rows=71)
    folder = tmp_path / "Deer" / "img"
    for path in folder.iterdir():
        path.rename(folder / f"{int(path.stem):06d}.png")
    assert open_benchmark("otb100", tmp_path)["Deer"].frames[70].name == "000071.png"


@pytest.mark.parametrize("separator", [",", "\t", " ", ", "])
def test_any_separator_is_read(tmp_path: Path, separator: str) -> None:
    otb(tmp_path, "Deer", [1, 71], rows=71, separator=separator)
    np.testing.assert_array_equal(open_benchmark("otb100", tmp_path)["Deer"].truth, boxes(71))


@pytest.mark.parametrize("said", ["Jogging.1", "Jogging_1", "jogging_1", "jogging-1", "Jogging-1"])
def test_names_of_other_toolkits_are_known(tmp_path: Path, said: str) -> None:
    otb(tmp_path, "Jogging", [1, 307], rows=307, truth="groundtruth_rect.1.txt")
    benchmark = open_benchmark("otb100", tmp_path)
    assert benchmark.resolve(said) == "Jogging-1"
    assert benchmark[said].name == "Jogging-1"


def test_jwlim_and_pysot_fallback_names_are_known(tmp_path: Path) -> None:
    otb(tmp_path, "Deer", [1, 71], rows=71)
    benchmark = open_benchmark("otb100", tmp_path)
    pairs = {"BasketBall": "Basketball", "faceocc1": "FaceOcc1", "fleetface": "FleetFace"}
    pairs |= {"Human4": "Human4-2", "human4_2": "Human4-2", "skating2_1": "Skating2-1"}
    assert {name: benchmark.resolve(name) for name in pairs} == pairs


@pytest.mark.parametrize("subset", ["otb2013", "otb50", "otb100"])
def test_subsets_and_attributes_are_the_official_ones(subset: str) -> None:
    official = shared("goldens/eval/otb100_subsets_attributes.json")
    facts = json.loads(official.read_text())
    listed = next(
        names for key, names in facts["subsets"].items() if key.startswith(subset.upper())
    )
    assert sorted(names_of(subset)) == sorted(listed)
    entries = bundled_list("otb").entries
    attributes = facts["attributes"]
    assert all(entries[name].attributes == frozenset(attributes[name]) for name in listed)


def test_ranges_have_as_many_frames_as_the_published_ground_truth() -> None:
    golden = np.load(shared("goldens/eval/otb100_groundtruth.npz"))
    entries = bundled_list("otb").entries
    for name, length in zip(golden["sequence"], golden["length"], strict=True):
        entry = entries[str(name)]
        assert len(entry.numbers) - entry.skip == length, name
    assert sum(len(e.numbers) - e.skip for e in entries.values()) == 59035
