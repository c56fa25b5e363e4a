"""Whose results a folder holds, and what is wrong with it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.protocols import score_records
from feathertrack.evaluation.result_files import files as result_files
from feathertrack.evaluation.result_files import read_results
from tests.evaluation.small_benchmark import benchmark_of, moving, sequence_of

OTB = benchmark_of(
    *(sequence_of(name, moving(4)) for name in ("Basketball", "Jogging-1", "David")), name="otb100"
)
VOT = benchmark_of(sequence_of("bag", moving(3)), name="vot2018")
GOOD = "5,6,10,8\n6,6,10,8\n7,6,10,8\n8,6,10,8\n"


def write(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = folder / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def complete(folder: Path, text: str = GOOD) -> Path:
    return write(folder, Basketball=text, Jogging_1=text, David=text)


def test_names_of_other_toolkits_are_understood(tmp_path: Path) -> None:
    (read,) = read_results(complete(tmp_path / "ATOM"), OTB)
    assert (read.tracker, read.format) == ("ATOM", "pysot")
    assert list(read.records) == list(OTB.names)


def test_a_folder_of_trackers_is_that_many(tmp_path: Path) -> None:
    for name in ("A", "B_tracking_result"):
        complete(tmp_path / name)
    assert [one.tracker for one in read_results(tmp_path, OTB)] == ["A", "B"]


def test_the_folder_of_the_benchmark_is_found(tmp_path: Path) -> None:
    complete(tmp_path / "otb100" / "A")
    complete(tmp_path / "uav123" / "A")
    assert [one.tracker for one in read_results(tmp_path, OTB)] == ["A"]


def test_pytracking_runs_are_repetitions(tmp_path: Path) -> None:
    for number in range(3):
        complete(tmp_path / "dimp" / f"base_{number:03d}", GOOD.replace(",", "\t"))
    (read,) = read_results(tmp_path / "dimp", OTB)
    assert (read.tracker, read.format) == ("base", "pytracking")
    assert [run.repetition for run in read.records["David"]] == [1, 2, 3]
    assert score_records(read, OTB).headline["auc"] == pytest.approx(20 / 21)


def test_checkpoints_with_numbers_stay_apart(tmp_path: Path) -> None:
    for number in range(2):
        complete(tmp_path / f"epoch_{number:03d}")
    assert [one.tracker for one in read_results(tmp_path, OTB)] == ["epoch_000", "epoch_001"]


def test_times_are_found_where_each_toolkit_has_them(tmp_path: Path) -> None:
    folder = complete(tmp_path)
    (folder / "times").mkdir()
    (folder / "times" / "David_time.txt").write_text("0.5\n0.25\n0.25\n0.25\n")
    (folder / "Jogging_1_time.txt").write_text("1\n1\n1\n1\n")
    (read,) = read_results(folder, OTB)
    assert [read.records[name][0].times is not None for name in OTB.names] == [False, True, True]


def test_vot_results_of_an_experiment(tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "baseline" / "bag"
    folder.mkdir(parents=True)
    (folder / "bag_001.txt").write_text("1\n6,6,10,8\n2\n")
    (folder / "bag_001_time.value").write_text("0.5\n0.25\n\n")
    (folder / "bag_002.bin").write_bytes(b"\x01\x00\x01\x00\x00\x00\x00\x01\x00\x00\x00")
    (read,) = read_results(tmp_path, VOT)
    assert (read.tracker, read.experiment) == ("mine", "baseline")
    (lower,) = read_results(folder.parent, VOT)
    assert lower.tracker == "mine"
    first, second = read.records["bag"]
    assert first.codes is not None and first.codes.tolist() == [1, 255, 2]
    np.testing.assert_array_equal(first.times, [0.5, 0.25, np.nan])
    assert second.repetition == 2


def test_tabs_blanks_exponents_and_other_line_ends_are_read(tmp_path: Path) -> None:
    odd = "5e0 6 10 8\r\n6 6 10 8\r\n7 6 10 8\r\n8 6 10 8"
    (read,) = read_results(complete(tmp_path, odd), OTB)
    np.testing.assert_array_equal(read.records["David"][0].boxes, moving(4))
    assert any("exponent form" in note and "line 1" in note for note in read.notes)
    assert any("blanks" in note and "(and 2 more)" in note for note in read.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"David\.txt is empty"),
        ("1,2,3,4\n1,2,3\n", r"David\.txt, line 2: there are 3 numbers"),
        ("1,2,3,4\n1,2,3,x\n", r"David\.txt, line 2: 'x' is not a number"),
    ],
)
def test_a_malformed_file_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_results(write(complete(tmp_path), David=text), OTB)


def test_a_missing_sequence_and_the_file_that_may_be_meant(tmp_path: Path) -> None:
    write(tmp_path, Basketball=GOOD, David=GOOD, Joging1=GOOD)
    (read,) = read_results(tmp_path, OTB)
    with pytest.raises(InputError, match=r"2 of 3.*missing: Jogging-1.*nearest: Jogging-1"):
        score_records(read, OTB)
    table = score_records(read, OTB, partial=True)
    assert "partial: 2 of 3 sequences have a result" in table.notes


def test_rows_that_are_missing_are_tolerated_or_not(tmp_path: Path) -> None:
    (read,) = read_results(write(complete(tmp_path), David=GOOD.rsplit("8,", 1)[0]), OTB)
    with pytest.raises(InputError, match=r"David\.txt, line 3: David has 4 frames, .* 3 rows"):
        score_records(read, OTB, protocol="otb@pysot")
    notes = score_records(read, OTB, protocol="otb@pytracking").notes
    assert any("David.txt, line 3" in note and "0,0,0,0" in note for note in notes)


def test_rows_that_are_too_many_are_named(tmp_path: Path) -> None:
    (read,) = read_results(write(complete(tmp_path), David=GOOD + "9,6,10,8\n"), OTB)
    with pytest.raises(InputError, match=r"David\.txt, line 5"):
        score_records(read, OTB, protocol="otb@pysot")
    assert any("line 5" in note for note in score_records(read, OTB).notes)


def test_nan_is_a_note_or_an_error(tmp_path: Path) -> None:
    text = GOOD.replace("7,6", "nan,6")
    (read,) = read_results(write(complete(tmp_path), David=text), OTB)
    assert any("David.txt, line 3: NaN" in note for note in score_records(read, OTB).notes)
    with pytest.raises(InputError, match=r"David\.txt, line 3: a box with NaN"):
        score_records(read, OTB, protocol="otb@pytracking")


def test_two_files_of_one_sequence_are_both_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"Jogging-1\.txt and Jogging_1\.txt"):
        read_results(write(complete(tmp_path), **{"Jogging-1": GOOD}), OTB)


def test_duplicates_in_other_letter_case_are_both_named(tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as file:  # a folder cannot hold both on every system
        file.writestr("David.txt", GOOD)
        file.writestr("david.txt", GOOD)
    with pytest.raises(InputError, match=r"David\.txt and david\.txt"):
        read_results(archive, OTB)


def test_results_beside_those_of_another_tracker_are_refused(tmp_path: Path) -> None:
    complete(tmp_path)
    complete(tmp_path / "other")
    with pytest.raises(InputError, match="in other, those of another tracker"):
        read_results(tmp_path, OTB)


def test_two_layouts_in_one_folder_are_refused(tmp_path: Path) -> None:
    write(complete(tmp_path).parent / tmp_path.name, Basketball=GOOD)
    (tmp_path / "Basketball.txt").unlink()
    write(tmp_path / "Basketball", Basketball_001=GOOD)
    with pytest.raises(InputError, match="mixes two layouts"):
        read_results(tmp_path, OTB)


def test_two_ways_of_writing_are_a_warning(tmp_path: Path) -> None:
    (read,) = read_results(write(complete(tmp_path), David=GOOD.replace(",", "\t")), OTB)
    assert any("may mix two trackers" in note for note in read.notes)


def test_nothing_that_fits_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'Dawid' is none of its names; nearest: David"):
        read_results(write(tmp_path, Dawid=GOOD), OTB)


def test_a_zip_reads_like_a_folder(tmp_path: Path) -> None:
    folder = complete(tmp_path / "ATOM")
    with zipfile.ZipFile(tmp_path / "ATOM.zip", "w") as file:
        for path in folder.iterdir():
            file.write(path, path.name)
    (zipped,) = read_results(tmp_path / "ATOM.zip", OTB)
    (plain,) = read_results(folder, OTB)
    assert zipped.tracker == plain.tracker == "ATOM"
    assert score_records(zipped, OTB).headline == score_records(plain, OTB).headline


@pytest.mark.parametrize("name", ["../David.txt", "/David.txt", "a/../../David.txt", "C:David.txt"])
def test_a_zip_that_points_outside_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(name, GOOD)
    with pytest.raises(InputError, match="points out of it"):
        read_results(tmp_path / "a.zip", OTB)


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(result_files, "LARGEST_MEMBER", 1000)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("David.txt", GOOD * 10_000)
    with pytest.raises(InputError, match="larger than results can be"):
        read_results(tmp_path / "a.zip", OTB)


def test_what_is_no_archive_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"no archive")
    for name in ("a.zip", "nowhere"):
        with pytest.raises(InputError, match=name):
            read_results(tmp_path / name, OTB)


def test_a_zip_that_is_cut_off_is_called_damaged(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as file:
        file.writestr("David.txt", GOOD)
    (tmp_path / "a.zip").write_bytes((tmp_path / "whole.zip").read_bytes()[:60])
    with pytest.raises(InputError, match="damaged zip"):
        read_results(tmp_path / "a.zip", OTB)


def test_one_pass_results_of_a_vot_sequence_are_no_baseline(tmp_path: Path) -> None:
    (read,) = read_results(write(tmp_path, bag="1,2,3,4\n" * 3), VOT)
    with pytest.raises(InputError, match="a result of another experiment"):
        score_records(read, VOT)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["1", "nan,nan,nan,nan"], "line 2: a number is not finite"),
        (["1", "1,2,1e999,4"], "line 2: a number is not finite"),
        (["1", "1,2,3,4", "7"], "line 3: 7 is no code of VOT"),
        (["1", "", "1,2,3,4"], "line 2: the line is blank"),
        (["1", "0", "1,2,3,4"], "line 2: the code 0 without a failure"),
        (["1", "1,2,3,4", "1"], "line 3: the code 1 without a failure"),
        (["1", "2", "1,2,3,4"], "line 3: a region after a failure"),
        (["1", "2", "0", "2"], "line 4: a second failure"),
        (["1", "2", "0", "0", "0", "1"], "line 6: started 4 frames after a failure"),
    ],
)
def test_wrong_rows_of_vot_are_named_with_their_line(
    tmp_path: Path, rows: list[str], said: str
) -> None:
    write(tmp_path / "mine" / "baseline" / "bag", bag_001="\n".join(rows) + "\n")
    with pytest.raises(InputError, match=rf"bag_001\.txt, {said}"):
        read_results(tmp_path, VOT)


def test_odd_rows_of_vot_are_noted_with_their_line(tmp_path: Path) -> None:
    rows = ["1", "2", "0", "0", "0", "0", "1", "1e0,2,3,4", "1;2;3;4", "2", "0"]
    write(tmp_path / "mine" / "baseline" / "bag", bag_001="\n".join(rows) + "\n\n")
    (good,) = read_results(tmp_path, VOT)
    assert len(good.records["bag"][0]) == 11
    assert [note.partition("bag_001.txt, ")[2] for note in good.notes] == [
        "line 8: numbers in exponent form, read as such",
        "line 9: numbers are separated by semicolons, VOT's by commas; read as such",
    ]
    rows.insert(2, "0")
    write(tmp_path / "mine" / "baseline" / "bag", bag_001="\n".join(rows))
    (late,) = read_results(tmp_path, VOT)
    assert any("line 8: started over 5 frames after" in note for note in late.notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2,3,4\n\n1,2,3,4\n", "line 2: the line is blank"),
        ("1,2,3,4\r\n1,2,3,4\r\n \t\r\n1,2,3,4\r\n", "line 3: the line is blank"),
        ("1,2,3,4\n1,2,inf,4\n", "line 2: a number is infinite"),
        ("1,2,3,4\n1,2,1e309,4\n", "line 2: a number is infinite"),
    ],
)
def test_rows_that_would_spoil_a_score_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = write(complete(tmp_path), David="") / "David.txt"
    path.write_bytes(text.encode())
    with pytest.raises(InputError, match=rf"David\.txt, {said}"):
        read_results(tmp_path, OTB)


def test_blank_lines_at_the_end_are_fine(tmp_path: Path) -> None:
    (read,) = read_results(complete(tmp_path, GOOD + "\n \n"), OTB)
    assert len(read.records["David"][0]) == 4


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_another_encoding_is_said(tmp_path: Path, encoding: str) -> None:
    (complete(tmp_path) / "David.txt").write_bytes(GOOD.encode(encoding))
    with pytest.raises(InputError, match=r"David\.txt is written in UTF-16: save it as UTF-8"):
        read_results(tmp_path, OTB)
