from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.significance import (
    bootstrap,
    difference,
    difference_intervals,
    mean_intervals,
    pooled_statistic,
)


def naive_means(values: np.ndarray, resamples: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    drawn = rng.integers(len(values), size=(resamples, len(values)))
    return np.array([values[row].mean() for row in drawn])


def test_interval_of_a_mean_equals_resampling_in_a_loop() -> None:
    values = np.random.default_rng(1).random(30)
    found = mean_intervals({"auc": values}, resamples=500, seed=7)["auc"]
    means = naive_means(values, 500, 7)
    assert found.estimate == pytest.approx(values.mean())
    assert [found.low, found.high] == pytest.approx(np.quantile(means, [0.025, 0.975]).tolist())
    assert (found.confidence, found.resamples, found.sequences) == (0.95, 500, 30)


def test_interval_agrees_with_the_normal_one_for_many_sequences() -> None:
    values = np.random.default_rng(2).normal(0.5, 0.2, 2000)
    found = mean_intervals({"auc": values}, resamples=4000)["auc"]
    half = 1.96 * values.std() / np.sqrt(2000)
    assert [found.low, found.high] == pytest.approx(
        [values.mean() - half, values.mean() + half], abs=half / 10
    )


def test_pooled_measure_weighs_the_drawn_sequences_by_their_frames() -> None:
    sums, frames = np.array([8.0, 2, 5]), np.array([10, 20, 5])
    interval = bootstrap({"ao": pooled_statistic(sums, frames)}, num_sequences=3, resamples=300)
    rng = np.random.default_rng(0)
    drawn = rng.integers(3, size=(300, 3))
    ratios = sums[drawn].sum(axis=1) / frames[drawn].sum(axis=1)
    assert interval["ao"].estimate == pytest.approx(15 / 35)
    low, high = np.quantile(ratios, [0.025, 0.975])
    assert [interval["ao"].low, interval["ao"].high] == pytest.approx([low, high])


def test_difference_is_paired() -> None:
    """Two trackers whose every sequence differs by 0.01 differ by 0.01, however hard it is."""
    hard = np.random.default_rng(3).random(40)
    found = difference_intervals({"auc": hard + 0.01}, {"auc": hard, "ao": hard})
    assert list(found) == ["auc"]
    assert [found["auc"].low, found["auc"].high] == pytest.approx([0.01, 0.01])
    assert found["auc"].excludes_zero
    noise = np.random.default_rng(4).normal(0, 0.1, 40)
    assert not difference_intervals({"auc": hard}, {"auc": hard + noise - noise.mean()})[
        "auc"
    ].excludes_zero


def test_difference_of_pooled_measures() -> None:
    frames = np.array([10, 20, 5])
    first = pooled_statistic(np.array([8.0, 2, 5]), frames)
    second = pooled_statistic(np.array([7.0, 1, 4.5]), frames)
    found = bootstrap({"ao": difference(first, second)}, num_sequences=3)["ao"]
    assert found.estimate == pytest.approx(2.5 / 35)
    assert found.excludes_zero


def test_the_same_seed_gives_the_same_interval_whatever_else_is_asked() -> None:
    values = np.random.default_rng(5).random((2, 50))
    alone = mean_intervals({"auc": values[0]}, seed=3)["auc"]
    both = mean_intervals({"precision": values[1], "auc": values[0]}, seed=3)["auc"]
    assert alone == both
    assert alone != mean_intervals({"auc": values[0]}, seed=4)["auc"]


def test_sequences_without_a_value_are_left_out() -> None:
    found = mean_intervals({"ao": [0.5, np.nan, 0.5]}, resamples=200)["ao"]
    assert [found.estimate, found.low, found.high] == [0.5, 0.5, 0.5]
    assert found.resamples < 200


def test_one_sequence_gives_an_interval_without_width() -> None:
    found = mean_intervals({"auc": [0.3]}, resamples=10)["auc"]
    assert (found.low, found.high) == (0.3, 0.3)
    assert str(found) == "0.3000 [0.3000, 0.3000]"


def test_large_benchmarks_are_drawn_in_blocks() -> None:
    """9335 sequences, the training set of GOT-10k, do not fit into one block."""
    values = np.random.default_rng(6).random(9335)
    found = mean_intervals({"ao": values}, resamples=300)["ao"]
    assert found.low < values.mean() < found.high
    assert found.resamples == 300


def test_wrong_questions_are_errors() -> None:
    with pytest.raises(InputError, match="confidence is 95, but must lie between 0 and 1"):
        mean_intervals({"auc": [0.3]}, confidence=95)
    with pytest.raises(InputError, match=r"same sequences is needed, got the shapes \[\(1,\), "):
        difference_intervals({"auc": [0.3]}, {"auc": [0.3, 0.4]})
    with pytest.raises(InputError, match=r"got the shapes \[\]"):
        mean_intervals({})
    with pytest.raises(InputError, match="auc cannot be computed: it is NaN"):
        mean_intervals({"auc": [np.nan, np.nan]}, resamples=5)
    with pytest.raises(InputError, match="got 3 and 0"):
        bootstrap({}, num_sequences=3, resamples=0)
