"""What is tuned on and what is held out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from feathertrack.benchmarks import Benchmark
from feathertrack.errors import InputError
from feathertrack.tuning.splitting import overlapping, split
from tests.evaluation.small_benchmark import benchmark_of, moving, sequence_of

NAMES = ("car", "dog_1", "dog_2", "dog_3", "bird", "boat", "cat-1", "cat-2")


def bench(folder: Path | None = None) -> Benchmark:
    found = benchmark_of(
        *(sequence_of(name, moving(3, x=number)) for number, name in enumerate(NAMES, start=1))
    )
    return replace(found, root=folder) if folder else found


def test_parts_are_drawn_by_the_seed_and_share_no_video() -> None:
    parts = split(bench(), seed=1)
    assert parts.scored is not None
    assert set(parts.tuned.names) | set(parts.scored.names) == set(NAMES)
    assert not parts.overlap
    assert not parts.warning
    for seed in range(8):
        other = split(bench(), seed=seed)
        pieces = [name in other.tuned.names for name in NAMES if name.startswith("dog")]
        assert len(set(pieces)) == 1
    again = split(bench(), seed=1)
    assert again.tuned.names == parts.tuned.names
    draws = {split(bench(), seed=seed).tuned.names for seed in range(8)}
    assert len(draws) > 1


def test_lists_say_what_is_tuned_on_and_the_rest_is_scored(tmp_path: Path) -> None:
    (tmp_path / "folds.json").write_text(json.dumps({"dev": ["Car", "dog_1"], "val": ["boat"]}))
    parts = split(bench(tmp_path), sequences="folds.json:dev")
    assert parts.tuned.names == ("car", "dog_1")
    assert parts.scored is not None
    assert parts.scored.names == ("bird", "boat", "cat-1", "cat-2")
    both = split(bench(tmp_path), sequences="folds.json:dev", report="folds.json:val")
    assert both.scored is not None
    assert both.scored.names == ("boat",)
    only = split(bench(tmp_path), report="folds.json:val")
    assert "boat" not in only.tuned.names


def test_what_is_tuned_on_and_scored_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("car\nbird\n")
    (tmp_path / "b.txt").write_text("bird\nboat\n")
    parts = split(bench(tmp_path), sequences="a.txt", report="b.txt")
    assert parts.overlap == ("bird",)
    assert "1 of the 2 sequences that are scored were tuned on (bird)" in parts.warning
    everything = split(bench(), held_out=0)
    assert "8 of the 8" in everything.warning


def test_the_same_sequence_in_another_benchmark_is_found_by_its_boxes() -> None:
    first = benchmark_of(sequence_of("Car", moving(4)), sequence_of("Dog", moving(3)))
    shifted = moving(4) - np.array([1, 1, 0, 0])
    second = benchmark_of(
        sequence_of("vehicle", shifted, origin=0), sequence_of("Dog", moving(5)), name="tcolor128"
    )
    assert overlapping(first, second) == ("vehicle",)


def test_nothing_may_be_held_out_if_asked_for() -> None:
    parts = split(bench(), report="none")
    assert (parts.scored, len(parts.tuned), parts.warning) == (None, 8, "")


def test_splits_that_cannot_be_made_are_refused() -> None:
    with pytest.raises(InputError, match="--held-out is a share"):
        split(bench(), held_out=1.0)
    one = benchmark_of(sequence_of("dog_1", moving(3)), sequence_of("dog_2", moving(3)))
    with pytest.raises(InputError, match="has one video, of which nothing can be held out"):
        split(one)
    with pytest.raises(InputError, match=r"--sequences nofile.json:dev: there is no such list"):
        split(one, sequences="nofile.json:dev")
