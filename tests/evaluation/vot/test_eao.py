from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from feathertrack.evaluation.vot.eao import (
    WINDOWS,
    pysot_expected_overlap,
    pysot_fragments,
    toolkit_expected_overlap,
)
from feathertrack.evaluation.vot.regions import Regions
from feathertrack.evaluation.vot.reset_scores import score_pysot
from feathertrack.evaluation.vot.truth import Repetition, VotTruth, align, burn_in_mask
from tests.shared_data import shared


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    text = shared("goldens/eval/vot_reset_bookkeeping.json").read_text()
    bookkeeping: dict[str, Any] = json.loads(text)
    return bookkeeping


@pytest.fixture(scope="module")
def truth(stored: dict[str, Any]) -> VotTruth:
    return VotTruth.build(
        ["made up"], [Regions.from_rows(stored["groundtruth"])], [stored["size_wh"]]
    )


@pytest.fixture(scope="module")
def run(stored: dict[str, Any], truth: VotTruth) -> Repetition:
    return align(truth, [[exact_run(stored)]])[0]


def exact_run(stored: dict[str, Any]) -> Regions:
    """The stored trajectory with the digits that were not rounded away."""
    rows: list[Any] = []
    for frame, row in enumerate(stored["trajectory"]):
        if len(row) == 1:
            rows.append(row)
            started = frame if row == [1] else -1
            continue
        corners = np.reshape(stored["groundtruth"][started], (-1, 2))
        low, size = corners.min(axis=0), np.ptp(corners, axis=0)
        step = (3.1, 1.7) if (started // 7) % 2 == 0 else (-0.4, 0.6)
        rows.append([*(low + np.multiply(step, frame - started)), *size])
    return Regions.from_list(rows)


def numbers(values: list[float | None]) -> np.ndarray:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def test_overlaps_of_both_bounds(stored: dict[str, Any], truth: VotTruth, run: Repetition) -> None:
    whole, less = truth.pysot.overlaps_twice(run.regions)
    whole = np.where(burn_in_mask(truth, run, frames=10), np.nan, whole)
    expected = numbers(stored["overlaps_burnin10_bound_wh"])
    np.testing.assert_array_equal(whole, expected.astype(np.float32))
    expected = numbers(stored["overlaps_noburnin_bound_wminus1"])
    np.testing.assert_array_equal(less, expected.astype(np.float32))


def test_fragments_weights_and_curve_of_pysot(
    stored: dict[str, Any], truth: VotTruth, run: Repetition
) -> None:
    _, less = truth.pysot.overlaps_twice(run.regions)
    fragments = pysot_fragments(truth, [(run, less.astype(np.float64))])
    expected = np.array([numbers(row) for row in stored["fragments"]])
    np.testing.assert_allclose(fragments.overlaps, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(fragments.weights["all"], stored["fragment_weights"], atol=1e-12)
    low, high = stored["eao_low_high"]
    result = pysot_expected_overlap(truth, [(run, less.astype(np.float64))], window=(low, high))
    np.testing.assert_allclose(result["all"].curve, stored["eao_curve"], rtol=0, atol=1e-6)
    assert result["all"].eao == pytest.approx(stored["eao"], abs=1e-6)
    assert result["all"].num_fragments == stored["n_fragments"]


def test_accuracy_and_robustness_of_the_stored_run(stored: dict[str, Any], truth: VotTruth) -> None:
    score = score_pysot(truth, [[exact_run(stored)]])
    assert score.accuracy == pytest.approx(stored["accuracy"], abs=1e-9)
    assert score.robustness == pytest.approx(stored["robustness_percent"], abs=1e-9)
    assert score.expected is None


def test_curve_of_the_toolkit(stored: dict[str, Any], truth: VotTruth, run: Repetition) -> None:
    overlaps = np.asarray(truth.toolkit.overlaps(run.regions))
    low, high = stored["eao_low_high"]
    result = toolkit_expected_overlap(truth, [(run, overlaps)], window=(low, high))
    expected = stored["vot_toolkit"]
    np.testing.assert_allclose(result.curve, expected["eao_curve"], rtol=0, atol=1e-6)
    assert result.eao == pytest.approx(expected["eao_low_to_high_inclusive"], abs=1e-6)
    assert result.num_fragments == expected["n_fragments"]


def test_failure_in_the_last_four_frames_is_forgiven_only_by_pysot() -> None:
    truth = VotTruth.build(["one"], [Regions.from_rows([[0, 0, 9, 9]] * 10)], [(50, 50)])
    codes = np.array([1, *[255] * 7, 2, 0], dtype=np.uint8)
    run = align(truth, [[Regions.from_boxes(np.tile([0.0, 0, 9, 9], (10, 1)), codes)]])[0]
    overlaps = np.where(codes == 255, 1.0, np.nan)
    forgiving = pysot_expected_overlap(truth, [(run, overlaps)], window=(8, 10))["all"]
    strict = toolkit_expected_overlap(truth, [(run, np.nan_to_num(overlaps))], window=(1, 10))
    assert forgiving.num_fragments == 2  # a row is reserved for the forgiven failure
    assert forgiving.curve[7] == 1.0 and forgiving.curve[9] == pytest.approx(7 / 9)
    assert len(strict.curve) == 8 and strict.curve[7] == 1.0


def test_run_that_does_not_fail_counts_only_to_its_length() -> None:
    truth = VotTruth.build(
        ["long", "short"], [Regions.from_rows([[0, 0, 9, 9]] * n) for n in (6, 3)], [(50, 50)] * 2
    )
    runs = [[Regions.from_list([[1.0], *[[0.0, 0, 9, 9]] * (n - 1)])] for n in (6, 3)]
    overlaps = np.array([0, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 1, 1])
    curve = toolkit_expected_overlap(
        truth, [(align(truth, runs)[0], overlaps)], window=(1, 5)
    ).curve
    np.testing.assert_allclose(curve, [0, 0.75, 0.75, 0.5, 0.5, 0.5])


def test_window_beyond_all_runs_yields_nothing() -> None:
    truth = VotTruth.build(["one"], [Regions.from_rows([[0, 0, 9, 9]] * 4)], [(50, 50)])
    runs = [[Regions.from_list([[1.0], *[[0.0, 0, 9, 9]] * 3])]]
    score = score_pysot(truth, runs, window=WINDOWS["vot2018"])
    assert score.eao is not None and np.isnan(score.eao)


def test_windows_of_the_challenges() -> None:
    assert WINDOWS["vot2015"] == WINDOWS["vot2016"] == (108, 371)
    assert WINDOWS["vot2017"] == WINDOWS["vot2018"] == (100, 356)
    assert WINDOWS["vot2019"] == (46, 291)
    assert "vot2014" not in WINDOWS
