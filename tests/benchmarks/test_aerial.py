"""UAV123, UAV20L and DTB70: ranges of shared folders, absent targets, attributes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from feathertrack.benchmarks import open_benchmark
from feathertrack.benchmarks.bundled import bundled_list
from tests.benchmarks.miniatures import boxes, dtb70, lines, put, uav


def test_adjacent_ranges_of_a_folder_share_a_frame(tmp_path: Path) -> None:
    """car1_1 is 1 to 751 of car1, car1_2 goes on with 751."""
    uav(tmp_path, "car1_1", "car1", [1, 751], rows=751)
    uav(tmp_path, "car1_2", "car1", [751, 1627], rows=877)
    benchmark = open_benchmark("uav123", tmp_path)
    first, second = benchmark["car1_1"], benchmark["car1_2"]
    assert (len(first), len(second)) == (751, 877)
    assert first.frames[-1] == second.frames[0]
    assert (second.frames[0].parent.name, second.frames[0].name) == ("car1", "000751.jpg")


@pytest.mark.parametrize(
    ("name", "folder", "first", "last"),
    [
        ("bird1_1", "bird1", 1, 253),
        ("bird1_2", "bird1", 775, 1477),
        ("bird1_3", "bird1", 1573, 2437),
        ("uav1_3", "uav1", 2473, 3469),
    ],
)
def test_ranges_of_a_folder_may_have_gaps(
    tmp_path: Path, name: str, folder: str, first: int, last: int
) -> None:
    uav(tmp_path, name, folder, [first, last], rows=last - first + 1)
    sequence = open_benchmark("uav123", tmp_path)[name]
    assert sequence.frames[0].name == f"{first:06d}.jpg"
    assert sequence.frames[-1].name == f"{last:06d}.jpg"
    assert (len(sequence), sequence.notes, sequence.fps) == (last - first + 1, (), 30.0)


def test_nan_means_that_the_target_is_absent(tmp_path: Path) -> None:
    truth = uav(tmp_path, "boat6", "boat6", [1, 805], rows=800)
    put(truth, lines(800) + "NaN,NaN,NaN,NaN\n" * 5)
    boat = open_benchmark("uav123", tmp_path)["boat6"]
    assert boat.absent.sum() == 5
    assert boat.absent[800:].all()
    np.testing.assert_array_equal(boat.truth[:800], boxes(800))


def test_the_list_has_the_published_number_of_frames_and_folders() -> None:
    entries = bundled_list("uav123").entries.values()
    assert len(entries) == 123
    assert sum(len(entry.numbers) for entry in entries) == 112_578
    assert len({entry.folder for entry in entries}) == 91


def test_uav20l_without_its_attributes_says_so(tmp_path: Path) -> None:
    uav(tmp_path, "car16", "car16", [1, 1993], rows=1993, long=True)
    (note,) = open_benchmark("uav20l", tmp_path).notes
    assert note.startswith("no attributes: they are read from")
    put(tmp_path / "anno" / "UAV20L" / "att" / "car16.txt", "1,0,1,0,0,0,0,0,0,0,1,0\n")
    assert open_benchmark("uav20l", tmp_path).notes == ()


def test_uav20l_takes_whole_folders_and_attributes_from_the_archive(tmp_path: Path) -> None:
    truth = uav(tmp_path, "car16", "car16", [1, 1993], rows=1993, long=True)
    put(truth.parent / "att" / "car16.txt", "1,0,0,1,0,0,0,0,0,0,1,0\n")
    benchmark = open_benchmark("uav20l", tmp_path)
    assert len(benchmark) == 20
    assert benchmark["car16"].attributes == {"SV", "FM", "CM"}
    assert len(benchmark["car16"]) == 1993


def test_dtb70_counts_with_five_digits(tmp_path: Path) -> None:
    dtb70(tmp_path, "Car2", [1, 74], rows=74)
    car = open_benchmark("dtb70", tmp_path)["Car2"]
    assert (len(car), car.frames[73].name) == (74, "00074.jpg")
    assert car.attributes == {"FCM", "SOA", "MB"}
