"""What is odd about the data reaches the tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from feathertrack.benchmarks import open_benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.gathering import Ground
from feathertrack.evaluation.protocols import score_records
from tests.benchmarks.miniatures import lines, pictures, put
from tests.evaluation.small_benchmark import benchmark_of, moving, results_of, sequence_of


def test_notes_on_sequences_reach_the_table_and_are_bounded() -> None:
    names = [f"s{number}" for number in range(5)]
    benchmark = benchmark_of(*(sequence_of(n, moving(4), notes=(f"odd {n}",)) for n in names))
    table = score_records(results_of("t", dict.fromkeys(names, moving(4))), Ground(benchmark))
    assert {"odd s0", "odd s1", "odd s2"} <= set(table.notes)
    assert "odd s3" not in table.notes
    assert any(note.startswith("and 2 more notes on the data") for note in table.notes)


def test_a_ground_truth_of_another_length_is_blamed_not_the_result() -> None:
    note = "t.txt: the ground truth is shorter than the frames: 4 rows for 6 frames"
    ground = Ground(benchmark_of(sequence_of("a", moving(4), notes=(note,))))
    results = results_of("t", {"a": moving(6)})
    with pytest.raises(InputError, match=r"^t\.txt: the ground truth is shorter .* 6 rows, which"):
        score_records(results, ground, protocol="otb@pysot")
    assert note in score_records(results, ground, protocol="otb@got10k").notes


def test_folders_that_differ_in_letter_case_are_noted(tmp_path: Path) -> None:
    for name in ("car", "Car"):
        pictures(tmp_path / name, "%04d.jpg", range(1, 5))
        put(tmp_path / name / "groundtruth.txt", lines(4))
    benchmark = open_benchmark("folder", tmp_path)
    if len(benchmark) < 2:
        pytest.skip("this file system knows no letter case")
    results = results_of("t", {name: benchmark[name].truth for name in benchmark.names})
    table = score_records(results, Ground(benchmark))
    assert any("in different letter case, as car" in note for note in table.notes)
