"""Archives for evaluation servers: complete, at the top of the zip, the same bytes every time."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.records import Record, TrackerRecords
from feathertrack.evaluation.result_files import read_results
from feathertrack.evaluation.submissions import check_submission, write_submission
from tests.evaluation.small_benchmark import benchmark_of, moving, results_of, sequence_of

NAMES = ("GOT-10k_Test_000001", "GOT-10k_Test_000002")
FRAMES = [Path(f"{number}.jpg") for number in range(4)]
GOT10K = benchmark_of(
    *(sequence_of(name, moving(1), frames=FRAMES, origin=0) for name in NAMES), name="got10k_test"
)
TRACKINGNET = benchmark_of(sequence_of("a-b_0", moving(1), frames=FRAMES), name="trackingnet")


def runs(count: int = 1) -> TrackerRecords:
    return TrackerRecords(
        tracker="mine",
        records={
            name: tuple(
                Record(sequence=name, boxes=moving(4), times=np.full(4, 0.5), repetition=number)
                for number in range(1, count + 1)
            )
            for name in NAMES
        },
    )


@pytest.mark.parametrize("count", [1, 3])
def test_got10k_archives_have_no_top_folder(tmp_path: Path, count: int) -> None:
    path = tmp_path / "mine.zip"
    write_submission(runs(count), GOT10K, path)
    assert check_submission(path, GOT10K) == 2
    with zipfile.ZipFile(path) as archive:
        name = NAMES[0]
        assert len(archive.namelist()) == 2 * (count + 1)
        assert archive.read(f"{name}/{name}_001.txt").startswith(b"5.000,6.000,10.000,8.000\n")
        times = archive.read(f"{name}/{name}_time.txt").splitlines()
        assert times == [b",".join([b"0.50000000"] * count)] * 4


def test_trackingnet_archives_are_flat_and_the_same_every_time(tmp_path: Path) -> None:
    results = results_of("mine", {"a-b_0": moving(4)})
    for name in ("1.zip", "2.zip"):
        write_submission(results, TRACKINGNET, tmp_path / name)
    assert check_submission(tmp_path / "1.zip", TRACKINGNET) == 1
    assert (tmp_path / "1.zip").read_bytes() == (tmp_path / "2.zip").read_bytes()


def test_an_incomplete_result_makes_no_archive(tmp_path: Path) -> None:
    results = results_of("mine", {NAMES[0]: moving(4)})
    with pytest.raises(InputError, match=f"first {NAMES[1]}"):
        write_submission(results, GOT10K, tmp_path / "mine.zip")
    short = results_of("mine", {"a-b_0": moving(3)})
    with pytest.raises(InputError, match="3 rows, a-b_0 has 4 frames"):
        write_submission(short, TRACKINGNET, tmp_path / "mine.zip")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"top/a-b_0.txt": "1,2,3,4\n" * 4}, "pack the folder's content"),
        ({"a-b_0.txt": "1,2,3,4\n" * 3}, r"line 3: 3 rows, a-b_0 has 4 frames"),
        ({"a-b_0.txt": "1,2,3,4\n1,2,nan,4\n" * 2}, r"line 2: a number that is not finite"),
        ({"a-b_0.txt": "1,2,3,4\n" * 4, "c.txt": ""}, r"holds c\.txt"),
    ],
)
def test_what_is_wrong_with_an_archive_is_named(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    with pytest.raises(InputError, match=said):
        check_submission(tmp_path / "a.zip", TRACKINGNET)


def test_other_benchmarks_have_no_server(tmp_path: Path) -> None:
    otb = benchmark_of(sequence_of("David", moving(4)))
    with pytest.raises(InputError, match="otb100 has no evaluation server"):
        write_submission(results_of("mine", {"David": moving(4)}), otb, tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"times": None}, r"mine\.txt: the times of .* are missing"),
        ({"times": np.full(3, 0.5)}, r"mine\.txt: .* have 3 rows, it has 4"),
        ({"times": np.array([1.0, np.nan, 1, 1])}, r"mine\.txt: .*line 2: no time"),
        ({"times": np.full(4, 0.5), "repetition": 2}, r"mine\.txt: .* the runs 2"),
    ],
)
def test_what_the_server_refuses_is_named_by_the_users_file_and_leaves_no_archive(
    tmp_path: Path, fields: dict[str, Any], said: str
) -> None:
    records = {
        name: (Record(sequence=name, boxes=moving(4), source="mine.txt", **fields),)
        for name in NAMES
    }
    with pytest.raises(InputError, match=said):
        write_submission(
            TrackerRecords(tracker="mine", records=records), GOT10K, tmp_path / "a.zip"
        )
    assert not list(tmp_path.iterdir())


def test_a_sequence_whose_name_begins_with_underscores_is_kept(tmp_path: Path) -> None:
    name = "__WaG8fRMto_0"  # of TrackingNet's test set
    benchmark = benchmark_of(sequence_of(name, moving(1), frames=FRAMES), name="trackingnet")
    write_submission(results_of("mine", {name: moving(4)}), benchmark, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip", "a") as archive:
        archive.writestr("__MACOSX/other.txt", "")
    assert check_submission(tmp_path / "a.zip", benchmark) == 1
    (read,) = read_results(tmp_path / "a.zip", benchmark)
    assert list(read.records) == [name]
