from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.trackingnet import score_trackingnet
from tests.evaluation.ope_goldens import arrays, expected
from tests.goldens_compare import assert_within

TRUTH = np.tile([[10.0, 10, 20, 20]], (4, 1))


def test_the_devkits_dummy_submission_scores_as_the_devkit_says() -> None:
    data = arrays("trackingnet")
    truths = np.split(data["gt"], np.cumsum(data["length"])[:-1])
    tracks = np.split(data["pred"], np.cumsum(data["pred_length"])[:-1])
    given = zip(tracks, data["has_submission"], strict=True)
    score = score_trackingnet([track if there else None for track, there in given], truths)
    wanted = expected("trackingnet_expected")
    found = score.headline | {"coverage": score.coverage}
    assert found.keys() == wanted.keys()
    for key, value in found.items():
        assert_within(key, value * 100, wanted[key], tolerance=1e-9)


def test_the_truth_itself_scores_1() -> None:
    score = score_trackingnet([TRUTH], [TRUTH])
    assert score.headline == pytest.approx({"success": 1, "precision": 1, "norm_precision": 1})
    assert score.coverage == 1


def test_missing_results_still_reach_the_threshold_0() -> None:
    score = score_trackingnet([None], [TRUTH], names=["a"])
    first_frame, others = 1 / 4, 3 / 4
    assert score.success[0].tolist() == [1.0] + [first_frame] * 20
    assert score.headline["success"] == pytest.approx(first_frame + others / 40)
    assert score.coverage == first_frame
    assert score.notes == ("a has no result and counts as 0,0,0,0",)


def test_missing_rows_are_misses() -> None:
    score = score_trackingnet([TRUTH[:2]], [TRUTH], names=["a"])
    assert score.success[0].tolist() == [0.5] * 21
    assert score.headline["precision"] == 0.5
    assert score.coverage == 0.5
    assert score.notes == ("a: the track has 2 boxes for 4 frames; the last 2 are misses",)


def test_coordinates_are_rounded_half_to_even() -> None:
    track = TRUTH + np.array([0.5, -0.5, 0.5, 0.4])
    assert score_trackingnet([track], [TRUTH]).headline["success"] == 1
    track = TRUTH + np.array([0.51, 0, 0, 0])
    assert score_trackingnet([track], [TRUTH]).headline["success"] < 1


def test_shapes_that_do_not_fit_are_named() -> None:
    with pytest.raises(InputError, match=r"track of sequence 1 has shape \(4,\)"):
        score_trackingnet([np.ones(4)], [TRUTH])
    with pytest.raises(InputError, match=r"truth of sequence 1 has shape \(0, 4\)"):
        score_trackingnet([TRUTH], [np.empty((0, 4))])
    with pytest.raises(InputError, match="1 sequences of true boxes, but 0 tracks"):
        score_trackingnet([], [TRUTH])


def test_a_longer_track_is_cut() -> None:
    score = score_trackingnet([np.tile(TRUTH, (2, 1))], [TRUTH])
    assert score.headline["success"] == 1
    assert "the rest is cut" in score.notes[0]
