"""Is everything there? Each thing that may be missing is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from feathertrack.benchmarks import names_of, open_benchmark
from feathertrack.benchmarks.checking import Problem, check_benchmark
from tests.benchmarks.miniatures import dtb70, got10k, lasot, lines, pictures, put, trackingnet, vot


def problems_of(name: str, root: Path, sequence: str) -> list[Problem]:
    check = check_benchmark(open_benchmark(name, root))
    return [problem for problem in check.problems if problem.sequence == sequence]


def test_a_whole_sequence_has_no_problem_and_the_others_are_missing(tmp_path: Path) -> None:
    dtb70(tmp_path, "Car2", range(1, 75), rows=74)
    check = check_benchmark(open_benchmark("dtb70", tmp_path))
    assert (check.num_sequences, check.num_incomplete, check.num_frames) == (70, 69, 74)
    assert not check.complete
    missing = {problem.text for problem in check.problems if problem.sequence == "Car4"}
    folder = tmp_path / "Car4"
    expected = {f"{folder / 'groundtruth_rect.txt'} is missing"}
    assert missing == expected | {f"{folder / 'img'} is missing or empty"}


def test_missing_pictures_are_numbered(tmp_path: Path) -> None:
    numbers = [n for n in range(1, 75) if n not in (5, 6, 7, 20)]
    dtb70(tmp_path, "Car2", numbers, rows=74)
    (problem,) = problems_of("dtb70", tmp_path, "Car2")
    assert (problem.kind, problem.count) == ("frames", 4)
    assert "4 of the pictures are missing, number 5-7, 20 (00005.jpg, ...)" in problem.text


def test_pictures_missing_in_the_middle_are_seen_where_only_the_folder_tells(
    tmp_path: Path,
) -> None:
    name = names_of("trackingnet")[0]
    trackingnet(tmp_path, "TEST", name, 6, rows=1)
    (tmp_path / "TEST" / "frames" / name / "3.jpg").unlink()
    (problem,) = problems_of("trackingnet", tmp_path, name)
    assert "number 3 (3.jpg)" in problem.text


@pytest.mark.parametrize(("rows", "word"), [(80, "longer"), (70, "shorter")])
def test_ground_truth_of_another_length_is_a_fault(tmp_path: Path, rows: int, word: str) -> None:
    dtb70(tmp_path, "Car2", range(1, 75), rows=rows)
    (problem,) = problems_of("dtb70", tmp_path, "Car2")
    assert problem.kind == "ground truth"
    assert problem.missing
    assert f"is {word} than the frames: {rows} rows for 74" in problem.text


def test_more_pictures_than_rows_are_a_fault_of_lasot(tmp_path: Path) -> None:
    truth = lasot(tmp_path, "airplane-1", 20)
    put(truth, lines(15))
    for name in ("full_occlusion.txt", "out_of_view.txt"):
        put(truth.parent / name, ",".join("0" * 15))
    (problem,) = problems_of("lasot", tmp_path, "airplane-1")
    assert "15 rows" in problem.text
    assert "5 pictures more" in problem.text


def test_unreadable_rows_are_named_with_file_and_line(tmp_path: Path) -> None:
    put(dtb70(tmp_path, "Car2", range(1, 75), rows=74), lines(3) + "1,2,3,oops\n")
    (problem,) = problems_of("dtb70", tmp_path, "Car2")
    assert problem.text.endswith("groundtruth_rect.txt, line 4: 'oops' is not a number")


def test_names_twice_in_different_letter_case_are_told(tmp_path: Path) -> None:
    dtb70(tmp_path, "Car2", range(1, 75), rows=74)
    (tmp_path / "car2").mkdir(exist_ok=True)
    if not (tmp_path / "CAR2").exists():  # the system keeps both
        (problem,) = problems_of("dtb70", tmp_path, "")
        assert (problem.kind, problem.missing) == ("duplicate", False)
        assert "twice, in different letter case, as car2" in problem.text


def test_pictures_are_opened_only_if_asked_for(tmp_path: Path) -> None:
    vot(tmp_path, "ants1", 3)
    (tmp_path / "ants1" / "color" / "00000002.jpg").write_bytes(b"no picture")
    benchmark = open_benchmark("vot2018", tmp_path)
    assert check_benchmark(benchmark).complete
    check = check_benchmark(benchmark, images=True)
    assert [problem.kind for problem in check.problems if problem.missing] == ["picture"]
    assert "00000002.jpg" in check.problems[-1].text


def test_a_test_split_with_one_box_is_complete(tmp_path: Path) -> None:
    got10k(tmp_path, "test", "GOT-10k_Test_000001", 4, rows=1)
    assert problems_of("got10k_test", tmp_path, "GOT-10k_Test_000001") == []


def test_the_synthetic_benchmark_is_complete(tmp_path: Path) -> None:
    check = check_benchmark(open_benchmark("synthetic", tmp_path), images=True)
    assert (check.complete, check.num_frames, check.problems) == (True, 160, ())


def test_a_missing_picture_of_an_own_folder_is_called_as_its_neighbours(tmp_path: Path) -> None:
    pictures(tmp_path / "a", "%04d.jpg", [1, 2, 3, 4, 6])
    put(tmp_path / "a" / "groundtruth.txt", lines(6))
    (problem,) = problems_of("folder", tmp_path, "a")
    assert problem.kind == "frames"
    assert "number 5 (0005.jpg)" in problem.text


def test_a_picture_missing_in_the_middle_keeps_its_row(tmp_path: Path) -> None:
    name = names_of("trackingnet")[0]
    trackingnet(tmp_path, "TEST", name, 6, rows=6)
    (tmp_path / "TEST" / "frames" / name / "3.jpg").unlink()
    frames = open_benchmark("trackingnet", tmp_path)[name].frames
    assert [path.name for path in frames] == [f"{number}.jpg" for number in range(6)]
