"""Benchmarks by name: where the root may be, what is said of names that are wrong."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from feathertrack.benchmarks import list_benchmarks, names_of, open_benchmark
from feathertrack.benchmarks.names import fold
from feathertrack.errors import InputError, SourceError
from tests.benchmarks.miniatures import dtb70, got10k, lasot, otb, put, uav, vot


def test_every_agreed_name_is_there() -> None:
    expected = {"otb2013", "otb50", "otb100", "uav123", "uav20l", "tcolor128", "dtb70", "nfs30"}
    expected |= {"nfs240", "lasot", "lasot_all", "lasot_ext", "trackingnet", "got10k_train"}
    expected |= {"got10k_val", "got10k_test", "votlt2018", "votlt2019", "synthetic", "folder"}
    expected |= {f"vot{year}" for year in range(2013, 2023)}
    assert set(list_benchmarks()) == expected
    assert list_benchmarks("UAV*") == ["uav123", "uav20l"]


@pytest.mark.parametrize("name", [name for name in list_benchmarks() if names_of(name)])
def test_no_two_names_of_a_benchmark_are_spelt_alike(name: str) -> None:
    assert len({fold(one) for one in names_of(name)}) == len(names_of(name))


def test_an_unknown_benchmark_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no benchmark 'otb10'; nearest: otb100"):
        open_benchmark("otb10", tmp_path)


def test_a_benchmark_without_a_root_says_what_it_needs() -> None:
    with pytest.raises(InputError, match="dtb70 needs the folder of its data: --data ROOT"):
        open_benchmark("dtb70")


def test_a_root_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none, does not exist; it should hold <Sequence>/img"):
        open_benchmark("dtb70", tmp_path / "none")


def test_a_root_without_the_benchmark_names_what_was_expected_and_what_is_there(
    tmp_path: Path,
) -> None:
    (tmp_path / "a" / "holiday").mkdir(parents=True)
    with pytest.raises(
        SourceError, match=r"does not hold uav123: expected data_seq/.*; there is h"
    ):
        open_benchmark("uav123", tmp_path / "a")


def test_a_root_one_level_too_high_is_found_with_a_note(tmp_path: Path) -> None:
    dtb70(tmp_path / "DTB70", "Car2", [1], rows=74)
    benchmark = open_benchmark("dtb70", tmp_path)
    assert benchmark.root == tmp_path / "DTB70"
    assert "dtb70 lies in" in benchmark.notes[0]


@pytest.mark.parametrize("below", ["Deer", "Deer/img"])
def test_a_root_too_low_is_found_with_a_note(tmp_path: Path, below: str) -> None:
    otb(tmp_path / "OTB", "Deer", range(1, 72), rows=71)
    benchmark = open_benchmark("otb100", tmp_path / "OTB" / below)
    assert benchmark.root.name == "OTB"
    assert len(benchmark.notes) == 1
    assert len(benchmark["Deer"].truth) == 71


def test_roots_too_low_of_other_families_are_found(tmp_path: Path) -> None:
    uav(tmp_path / "u", "boat6", "boat6", [1], rows=805)
    lasot(tmp_path / "l", "airplane-1", 2)
    vot(tmp_path / "v", "ants1", 2)
    got10k(tmp_path / "g", "val", "GOT-10k_Val_000001", 2, rows=2)
    given = {
        "uav123": tmp_path / "u" / "data_seq" / "UAV123",
        "lasot": tmp_path / "l" / "airplane",
        "vot2018": tmp_path / "v" / "ants1",
        "got10k_val": tmp_path / "g" / "val" / "GOT-10k_Val_000001",
    }
    for name, root in given.items():
        assert open_benchmark(name, root).notes, name


def test_a_vot_workspace_is_a_root_one_level_too_high(tmp_path: Path) -> None:
    vot(tmp_path / "sequences", "ants1", 2)
    assert len(open_benchmark("vot2018", tmp_path)["ants1"]) == 2


def test_folders_in_another_letter_case_are_found(tmp_path: Path) -> None:
    otb(tmp_path, "basketball", [1, 725], rows=725)
    assert len(open_benchmark("otb100", tmp_path)["Basketball"].truth) == 725


def test_a_wrong_sequence_name_names_the_nearest(tmp_path: Path) -> None:
    otb(tmp_path, "Deer", [1, 71], rows=71)
    benchmark = open_benchmark("otb100", tmp_path)
    with pytest.raises(InputError, match="otb100 has no sequence 'Basketbal'; nearest: Basketball"):
        _ = benchmark["Basketbal"]
    assert "Deer" in benchmark
    assert "Reindeer" not in benchmark
    assert benchmark[benchmark.names.index("Deer")].name == "Deer"


def test_a_missing_sequence_is_named_when_it_is_asked_for(tmp_path: Path) -> None:
    otb(tmp_path, "Deer", [1, 71], rows=71)
    with pytest.raises(InputError, match=r"Boy.groundtruth_rect\.txt cannot be read"):
        _ = open_benchmark("otb100", tmp_path)["Boy"]


@pytest.mark.parametrize(("rows", "kept", "word"), [(80, 71, "longer"), (60, 60, "shorter")])
def test_ground_truth_of_another_length_than_the_frames_is_cut_and_said(
    tmp_path: Path, rows: int, kept: int, word: str
) -> None:
    truth = otb(tmp_path, "Deer", [1, 71], rows=rows)
    deer = open_benchmark("otb100", tmp_path)["Deer"]
    assert len(deer) == len(deer.truth) == kept
    line = ", line 72" if word == "longer" else ""
    assert deer.notes[0].startswith(f"{truth}{line}: the ground truth is {word} than the frames")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2,3,4\n1,2,x,4\n", r"line 2: 'x' is not a number"),
        ("1,2,3,4\n1,2,3\n", r"line 2: there are 3 numbers, expected 4"),
        ("1,2,3,4,5\n", r"line 1: there are 5 numbers, expected 4"),
        ("", r"is empty"),
    ],
)
def test_mistakes_in_ground_truth_are_named_with_file_and_line(
    tmp_path: Path, text: str, message: str
) -> None:
    put(dtb70(tmp_path, "Car2", [1], rows=1), text)
    with pytest.raises(InputError, match=rf"groundtruth_rect\.txt[, ]*{message}"):
        _ = open_benchmark("dtb70", tmp_path)["Car2"]


def test_exponents_and_nan_are_numbers(tmp_path: Path) -> None:
    put(dtb70(tmp_path, "Car2", [1, 74], rows=1), "1e1\t2.5E+0 3,4\nNaN,nan,NAN,nan\n" * 37)
    car = open_benchmark("dtb70", tmp_path)["Car2"]
    assert car.truth[0].tolist() == [10, 2.5, 3, 4]
    assert car.absent.tolist() == [False, True] * 37
    np.testing.assert_array_equal(car.first_box_xywh, [9, 1.5, 3, 4])


def test_benchmarks_and_sequences_can_be_sent_to_workers(tmp_path: Path) -> None:
    otb(tmp_path, "Deer", [1, 71], rows=71)
    benchmark = pickle.loads(pickle.dumps(open_benchmark("otb100", tmp_path)))
    deer = pickle.loads(pickle.dumps(benchmark["Deer"]))
    assert (len(deer), deer.frames[70].name) == (71, "0071.jpg")


def test_a_version_that_is_none_is_refused(tmp_path: Path) -> None:
    otb(tmp_path, "Deer", [1, 71], rows=71)
    for name, version in (("otb100", "x"), ("vot2018", "x"), ("dtb70", "x"), ("folder", "x")):
        with pytest.raises(InputError, match="'x'"):
            open_benchmark(name, tmp_path, version=version)
