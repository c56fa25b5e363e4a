"""What result files hold, to the last character, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.records import Record, record_of_regions
from feathertrack.evaluation.result_files import (
    ResultWriter,
    got10k,
    lasot,
    pysot,
    pytracking,
    vot,
    vot_binary,
)
from feathertrack.evaluation.vot.regions import RegionKind, Regions

ROWS = np.array([[1.23456, 2.0, 30.5, 4.0004], [-0.1, 1e-7, 1 / 3, 100.0]])
TIMES = np.array([0.5, 1 / 3])
RECORD = Record(sequence="Car", boxes=ROWS, times=TIMES, scores=np.array([np.nan, 0.256]))


def test_got10k_writes_three_decimals_and_seconds_with_eight() -> None:
    assert got10k.write_flat([RECORD]) == {
        "times/Car_time.txt": "0.50000000\n0.33333333\n",
        "Car.txt": "1.235,2.000,30.500,4.000\n-0.100,0.000,0.333,100.000\n",
    }


def test_got10k_writes_a_column_of_seconds_for_each_run() -> None:
    second = Record(sequence="Car", boxes=ROWS, times=TIMES * 2, repetition=2)
    files = got10k.write_nested([RECORD, second])
    assert list(files) == ["Car/Car_time.txt", "Car/Car_001.txt", "Car/Car_002.txt"]
    assert files["Car/Car_time.txt"] == "0.50000000,1.00000000\n0.33333333,0.66666667\n"


def test_pysot_writes_every_digit() -> None:
    text = pysot.write_flat([RECORD])["Car.txt"]
    assert text == "1.23456,2.0,30.5,4.0004\n-0.1,1e-07,0.3333333333333333,100.0\n"


def test_pytracking_cuts_to_whole_numbers_between_tabs() -> None:
    files = pytracking.write_flat([RECORD])
    assert files["Car.txt"] == "1\t2\t30\t4\n0\t0\t0\t100\n"
    assert files["Car_time.txt"] == "0.500000\n0.333333\n"
    assert files["Car_object_presence_scores.txt"] == "nan\n0.26\n"


def test_pytracking_refuses_what_no_whole_number_can_say() -> None:
    broken = Record(sequence="Car", boxes=np.array([[1.0, 2, 3, 4], [np.nan] * 4]))
    with pytest.raises(InputError, match="Car, frame 2"):
        pytracking.write_flat([broken])


def test_lasot_folder_names_its_tracker() -> None:
    assert list(lasot.write_flat([RECORD])) == ["Car.txt"]
    assert lasot.tracker_of("ATOM_tracking_result") == "ATOM"


def reset_run() -> Record:
    regions = Regions.from_list([[1], [0.1, 1 / 3, 5, 6], [2], [0], [1, 2, 3, 4, 5, 6, 7, 8.25]])
    return record_of_regions("bag", regions, times=np.array([0.5, 0.25, 1, np.nan, 2]))


def test_pysot_writes_vot_codes_and_float32_with_four_decimals() -> None:
    files = pysot.write_vot([reset_run()], experiment="baseline")
    lines = str(files["baseline/bag/bag_001.txt"]).splitlines()
    assert lines[:4] == ["1", "0.1000,0.3333,5.0000,6.0000", "2", "0"]
    assert lines[4] == "1.0000,2.0000,3.0000,4.0000,5.0000,6.0000,7.0000,8.2500"


def test_pysot_rounds_what_float32_holds() -> None:
    record = record_of_regions("bag", Regions.from_list([[100.00005, 0, 1, 1]]))
    text = str(pysot.write_vot([record], experiment="b")["b/bag/bag_001.txt"])
    assert text.startswith(f"{float(np.float32(100.00005)):.4f},")


def test_toolkit_writes_an_empty_line_where_there_is_no_time() -> None:
    files = vot.write_toolkit([reset_run()], experiment="baseline")
    assert files["baseline/bag/bag_001_time.value"] == "0.5\n0.25\n1.0\n\n2.0\n"
    assert (
        str(files["baseline/bag/bag_001.txt"]).splitlines()[1] == "0.1,0.3333333333333333,5.0,6.0"
    )


def test_multistart_runs_are_named_after_their_anchor() -> None:
    record = record_of_regions("bag", Regions.from_list([[1], [1, 2, 3, 4]]), anchor=50)
    assert list(vot.write_toolkit([record], experiment="baseline")) == [
        "baseline/bag/bag_00000050.txt"
    ]


def test_longterm_begins_with_a_code_and_a_blank_confidence() -> None:
    regions = Regions.from_list([[1], [1, 2, 3, 4]])
    record = record_of_regions("car", regions, scores=np.array([np.nan, 0.5]))
    files = pysot.write_longterm([record])
    assert files["longterm/car/car_001.txt"] == "1\n1.0,2.0,3.0,4.0\n"
    assert files["longterm/car/car_001_confidence.value"] == "\n0.500000\n"


def all_kinds() -> Regions:
    plain = Regions.from_list([[0], [1.5, 2, 3, 4], [1, 2, 3, 4, 5, 6], [7, 8]])
    mask = Regions(
        np.array([RegionKind.MASK], np.uint8),
        np.array([0, 8], np.int64),
        np.array([5.0, 6, 3, 2, 1, 2, 1, 2]),
    )
    return Regions.concatenate([plain, mask])


@pytest.mark.parametrize("binary", [False, True])
def test_regions_of_every_kind_come_back(binary: bool) -> None:
    regions = all_kinds()
    data = vot_binary.regions_binary(regions) if binary else vot.regions_text(regions).encode()
    read = vot.regions_of(data, name="x")
    np.testing.assert_array_equal(read.kind, regions.kind)
    np.testing.assert_array_equal(read.values, regions.values)


def test_binary_regions_are_laid_out_as_the_toolkit_does() -> None:
    data = vot_binary.regions_binary(Regions.from_list([[2], [1, 2, 3, 4]]))
    header, special = b"\x01\x00\x02\x00\x00\x00", b"\x00\x02\x00\x00\x00"
    assert data == header + special + b"\x01" + np.array([1, 2, 3, 4], "<f4").tobytes()


@pytest.mark.parametrize("cut", [3, 8, 12])
def test_binary_that_is_cut_off_is_named(cut: int) -> None:
    data = vot_binary.regions_binary(all_kinds())
    with pytest.raises(InputError, match=r"a\.bin"):
        vot.regions_of(data[:cut], name="a.bin")


def test_binary_that_claims_too_much_is_refused() -> None:
    with pytest.raises(InputError, match="claims 4294967295 regions"):
        vot.regions_of(b"\x01\x00\xff\xff\xff\xff", name="a.bin")


def test_a_line_that_is_no_region_is_named() -> None:
    with pytest.raises(InputError, match=r"a\.txt, line 2: there are 3 numbers"):
        vot.regions_of(b"1\n1,2,3\n", name="a.txt")


def test_a_writer_refuses_a_format_that_cannot_hold_the_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pytracking has no files for a run of 'reset'"):
        ResultWriter(folder=tmp_path, format="pytracking", kind="reset")


def test_a_sequence_is_done_when_all_its_files_are_there(tmp_path: Path) -> None:
    writer = ResultWriter(folder=tmp_path, format="got10k", kind="got10k")
    runs = [RECORD, Record(sequence="Car", boxes=ROWS, times=TIMES, repetition=2)]
    writer.write(runs[:1])
    assert not writer.is_there(runs)
    writer.write(runs)
    assert writer.is_there(runs)
    assert not list(tmp_path.rglob("*.tmp"))


@pytest.mark.parametrize("text", ["", "1,2,3,4\n", "1,2,3,4\n" * (len(ROWS) + 1)])
def test_a_result_is_whole_when_it_has_a_row_for_every_frame(tmp_path: Path, text: str) -> None:
    writer = ResultWriter(folder=tmp_path, format="pysot", kind="ope")
    writer.write([RECORD])
    assert writer.is_whole([RECORD], [len(ROWS)])
    (tmp_path / "Car.txt").write_text(text)
    assert not writer.is_whole([RECORD], [len(ROWS)])
