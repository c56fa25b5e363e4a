from __future__ import annotations

import json

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.success import mean_score, overlaps, score_track
from tests.shared_data import shared

NAN_BOX = [np.nan] * 4


def boxes(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=np.float64)


def test_perfect_track_reaches_20_of_21_thresholds() -> None:
    truth = boxes([5, 5, 20, 10], [7, 5, 20, 10])
    score = score_track(truth, truth)
    assert score.auc == pytest.approx(20 / 21)
    assert score.precision == 1.0


def test_overlap_equal_to_a_threshold_is_not_above_it() -> None:
    truth = boxes([0, 0, 10, 10], [0, 0, 10, 10])
    half = boxes([0, 0, 10, 10], [0, 0, 10, 5])
    curve = score_track(half, truth).success_curve
    assert curve[9] == 1.0
    assert curve[10] == 0.5


def test_distance_equal_to_a_threshold_counts() -> None:
    truth = boxes([0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 10, 10])
    track = boxes([0, 0, 10, 10], [20, 0, 10, 10], [21, 0, 10, 10])
    assert score_track(track, truth).precision == pytest.approx(2 / 3)


def test_first_box_counts_as_right() -> None:
    truth = boxes([0, 0, 10, 10], [0, 0, 10, 10])
    track = boxes([500, 0, 10, 10], [0, 0, 10, 10])
    assert score_track(track, truth).auc == pytest.approx(20 / 21)
    assert track[0, 0] == 500


def test_frame_without_truth_is_a_miss() -> None:
    truth = boxes([0, 0, 10, 10], NAN_BOX)
    score = score_track(boxes([0, 0, 10, 10], [0, 0, 10, 10]), truth)
    assert score.auc == pytest.approx(10 / 21)
    assert score.precision == 0.5


def test_empty_boxes_have_no_overlap() -> None:
    assert overlaps(boxes([3, 3, 0, 0]), boxes([3, 3, 0, 0])) == [0.0]


def test_short_track_is_compared_with_the_frames_it_has() -> None:
    truth = boxes([0, 0, 10, 10], [0, 0, 10, 10], [90, 0, 10, 10])
    assert score_track(truth[:2], truth).auc == pytest.approx(20 / 21)


def test_six_frames_of_the_specification() -> None:
    truth = boxes(
        [10, 10, 20, 20],
        [12, 10, 20, 20],
        [14, 10, 20, 20],
        [0, 0, 0, 0],
        [-2, 12, 20, 20],
        [20, 14, 20, 20],
    )
    track = boxes(
        [11, 11, 20, 20],
        [12, 10, 20, 10],
        [24, 10, 20, 20],
        [20, 12, 20, 20],
        [-2, 12, 20, 20],
        [20, 34, 20, 20],
    )
    score = score_track(track, truth)
    assert score.auc == pytest.approx(0.4524, abs=5e-5)
    assert score.precision == pytest.approx(0.8333, abs=5e-5)


def test_mean_gives_every_sequence_the_same_weight() -> None:
    truth = boxes([0, 0, 10, 10], [0, 0, 10, 10])
    good, half = score_track(truth, truth), score_track(truth + 100 * np.eye(2, 4, -1), truth)
    assert mean_score([good, good, half]).auc == pytest.approx((20 + 20 + 10) / 63)


def test_wrong_shapes_are_named() -> None:
    with pytest.raises(InputError, match=r"track has shape \(0, 4\)"):
        score_track(np.empty((0, 4)), np.ones((1, 4)))
    with pytest.raises(InputError, match=r"truth has shape \(4,\)"):
        score_track(np.ones((1, 4)), np.ones(4))
    with pytest.raises(InputError, match="no sequence"):
        mean_score([])


@pytest.mark.parametrize("part", ["dev", "val"])
def test_box_that_never_moves_scores_what_was_measured_for_every_sequence(part: str) -> None:
    folder = shared("sequences")
    peers = json.loads((folder / "peers.json").read_text())[part]["still"]
    home = folder / ("val" if part == "val" else "train")
    for name, expected in peers.items():
        truth = np.loadtxt(home / name / "groundtruth_rect.txt", delimiter=",", ndmin=2)
        score = score_track(np.tile(truth[:1], (len(truth), 1)), truth)
        assert [round(score.auc, 4), round(score.precision, 4)] == expected, name
