from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.multistart import (
    Anchor,
    AnchorRun,
    anchor_run,
    anchors_of,
    score_multistart,
    score_sequence,
)
from feathertrack.evaluation.vot.regions import Regions
from tests.shared_data import shared

BOX = [10.0, 10, 10, 10]


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    text = shared("goldens/eval/vot2020_multistart.json").read_text()
    figures: dict[str, Any] = json.loads(text)
    return figures


def runs_of(sequence: dict[str, Any]) -> list[AnchorRun]:
    return [
        AnchorRun(np.array(run["overlaps"]), np.array(run["groundtruth_empty"]) == 1)
        for run in sequence["runs"]
    ]


def plain_run(overlaps: list[float]) -> AnchorRun:
    return AnchorRun(np.array(overlaps), np.zeros(len(overlaps), dtype=bool))


def test_progress_and_success_of_the_stored_runs(stored: dict[str, Any]) -> None:
    for sequence in stored["sequences"]:
        for run, expected in zip(runs_of(sequence), sequence["runs"], strict=True):
            assert run.progress == expected["progress"]
            assert run.succeeded == expected["success"]


def test_stored_sequences(stored: dict[str, Any]) -> None:
    window = stored["low"], stored["high"]
    for expected in stored["sequences"]:
        score = score_sequence(runs_of(expected), length=expected["length"], window=window)
        assert score.accuracy == pytest.approx(expected["accuracy"], abs=1e-9)
        assert score.robustness == pytest.approx(expected["robustness"], abs=1e-9)
        assert score.accuracy_weight == expected["accuracy_weight"]
        assert score.robustness_weight == expected["robustness_weight"]
        np.testing.assert_allclose(score.curve, expected["eao_curve"], rtol=0, atol=1e-9)
        np.testing.assert_array_equal(score.active, expected["eao_active"])


def test_stored_figures_of_all_sequences(stored: dict[str, Any]) -> None:
    window = stored["low"], stored["high"]
    scores = [
        score_sequence(runs_of(sequence), length=sequence["length"], window=window)
        for sequence in stored["sequences"]
    ]
    total = score_multistart(scores, window=window)
    assert total.accuracy == pytest.approx(stored["accuracy"], abs=1e-9)
    assert total.robustness == pytest.approx(stored["robustness"], abs=1e-9)
    assert total.eao == pytest.approx(stored["eao"], abs=1e-9)
    np.testing.assert_allclose(total.curve, stored["eao_curve"], rtol=0, atol=1e-9)


def test_anchors_say_where_and_which_way() -> None:
    assert anchors_of(np.array([1, 0, 0, -1])) == [Anchor(0, False), Anchor(3, True)]
    assert Anchor(1, backwards=False).frames(4).tolist() == [1, 2, 3]
    assert Anchor(3, backwards=True).frames(4).tolist() == [3, 2, 1, 0]


def test_nine_bad_frames_are_no_failure_and_ten_are() -> None:
    assert plain_run([0, 0.5, *[0.1] * 9, 0.5]).progress == 12
    assert plain_run([0, 0.5, *[0.1] * 10, 0.5]).progress == 2


def test_start_counts_towards_the_first_failure() -> None:
    assert plain_run([0.0] * 10).progress == 0


def test_absent_target_ends_a_row_of_bad_frames() -> None:
    absent = np.zeros(20, dtype=bool)
    absent[8] = True
    overlaps = np.array([0.0] + [0.9] * 2 + [0.0] * 17)
    assert AnchorRun(overlaps, absent).progress == 9


def test_run_is_compared_in_the_order_it_was_run() -> None:
    truth = Regions.from_rows([[float(i), 10, 10, 10] for i in range(4)])
    results = Regions.from_list([[1.0], [1.0, 10, 10, 10], [0.0, 10, 10, 10]])
    run = anchor_run(results, truth, Anchor(2, backwards=True), size_wh=(50, 50))
    assert run.overlaps.tolist() == [0, 1, 1]


def test_pixels_to_be_ignored_do_not_count() -> None:
    truth, results = Regions.from_rows([BOX] * 2), Regions.from_list([[1.0], [10.0, 10, 20, 10]])
    ignore = Regions.from_list([[0.0], [20.0, 0, 10, 40]])
    seen = [
        anchor_run(results, truth, Anchor(0, False), size_wh=(50, 50), ignore=skip).overlaps[1]
        for skip in (None, ignore)
    ]
    assert seen == [0.5, 1.0]


def test_run_of_a_wrong_length_is_named() -> None:
    with pytest.raises(InputError, match="run from frame 1 has 1 regions, expected 2"):
        anchor_run(Regions.specials(1), Regions.specials(3), Anchor(1, False), size_wh=(9, 9))


def test_nothing_to_score_is_refused() -> None:
    with pytest.raises(InputError, match="without any run"):
        score_sequence([], length=3)
    with pytest.raises(InputError, match="no sequence"):
        score_multistart([])


def test_run_that_fails_at_once_has_no_accuracy() -> None:
    score = score_sequence([plain_run([0.0] * 12)], length=12, window=(2, 8))
    assert (score.accuracy, score.robustness, score.accuracy_weight) == (0, 0, 0)
    assert score_multistart([score], window=(2, 8)).accuracy == 0
