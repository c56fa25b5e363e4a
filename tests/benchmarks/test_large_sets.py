"""TrackingNet and GOT-10k: numbers without zeros, labels, test sets with one box."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from feathertrack.benchmarks import names_of, open_benchmark
from feathertrack.errors import InputError
from tests.benchmarks.miniatures import boxes, got10k, lines, put, trackingnet

TEST_NAME = names_of("trackingnet")[0]


def test_numbers_count_from_0_without_zeros_and_sort_as_numbers(tmp_path: Path) -> None:
    trackingnet(tmp_path, "TEST", TEST_NAME, 12, rows=1)
    sequence = open_benchmark("trackingnet", tmp_path)[TEST_NAME]
    assert [path.name for path in sequence.frames[:3]] == ["0.jpg", "1.jpg", "2.jpg"]
    assert sequence.frames[-1].name == "11.jpg"
    assert (len(sequence), sequence.truth.shape, sequence.complete) == (12, (1, 4), False)


def test_the_names_of_a_training_part_are_read_off_and_unverified(tmp_path: Path) -> None:
    trackingnet(tmp_path, "TRAIN_3", "abc_0", 4, rows=4)
    part = open_benchmark("trackingnet", tmp_path, version="TRAIN_3")
    assert (part.names, part.verified) == (("abc_0",), False)
    assert part["abc_0"].complete
    assert open_benchmark("trackingnet", trackingnet_root(tmp_path)).verified


def trackingnet_root(tmp_path: Path) -> Path:
    trackingnet(tmp_path, "TEST", TEST_NAME, 2, rows=1)
    return tmp_path


def test_unknown_parts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no version 'TRAIN_12'"):
        open_benchmark("trackingnet", tmp_path, version="TRAIN_12")


def test_got10k_reads_its_labels_and_meta_information(tmp_path: Path) -> None:
    got10k(tmp_path, "val", "GOT-10k_Val_000001", 20, rows=20)
    fox = open_benchmark("got10k_val", tmp_path)["GOT-10k_Val_000001"]
    assert (fox.size_wh, fox.fps, fox.object_class) == ((1920, 1080), 10.0, "arctic fox")
    assert fox.cover is not None
    assert fox.cover.tolist() == [k % 9 for k in range(20)]
    assert np.flatnonzero(fox.absent).tolist() == [9, 18]
    np.testing.assert_array_equal(fox.truth, boxes(20))
    assert (fox.origin, fox.frames[19].name) == (0, "00000020.jpg")


def test_the_test_split_has_one_box(tmp_path: Path) -> None:
    got10k(tmp_path, "test", "GOT-10k_Test_000001", 20, rows=1)
    sequence = open_benchmark("got10k_test", tmp_path)["GOT-10k_Test_000001"]
    assert (len(sequence), sequence.truth.shape, sequence.cover) == (20, (1, 4), None)


def test_the_root_may_be_the_split_itself(tmp_path: Path) -> None:
    got10k(tmp_path, "val", "GOT-10k_Val_000001", 3, rows=3)
    assert len(open_benchmark("got10k_val", tmp_path / "val")["GOT-10k_Val_000001"]) == 3


def test_splits_have_their_published_sizes() -> None:
    sizes = [len(names_of(f"got10k_{split}")) for split in ("train", "val", "test")]
    assert sizes == [9335, 180, 180]
    assert names_of("got10k_train")[-1] == "GOT-10k_Train_009335"


def test_a_cover_outside_0_to_8_is_named(tmp_path: Path) -> None:
    truth = got10k(tmp_path, "val", "GOT-10k_Val_000001", 3, rows=3)
    put(truth.parent / "cover.label", "8\n9\n8\n")
    with pytest.raises(InputError, match=r"cover\.label, line 2: 9 is not one of 0 to 8"):
        _ = open_benchmark("got10k_val", tmp_path)["GOT-10k_Val_000001"]


def test_a_sequence_without_labels_has_no_cover(tmp_path: Path) -> None:
    truth = got10k(tmp_path, "train", "GOT-10k_Train_000001", 3, rows=3)
    for name in ("cover.label", "absence.label", "meta_info.ini"):
        (truth.parent / name).unlink()
    put(truth, lines(3))
    sequence = open_benchmark("got10k_train", tmp_path)["GOT-10k_Train_000001"]
    assert (sequence.cover, sequence.fps, sequence.absent.any()) == (None, None, False)
