from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.got10k import bounded_overlap, score_got10k
from tests.evaluation.ope_goldens import expected, made_up
from tests.goldens_compare import assert_within

BOX = np.array([[10.0, 10, 20, 20]])


def visible(count: int) -> np.ndarray:
    return np.full(count, 8)


def test_made_up_sequences_score_as_the_toolkit_says() -> None:
    data = made_up()
    score = score_got10k(
        [[track] for track in data.split("pred")],
        data.truths,
        covers=data.split("cover"),
        sizes_wh=data.arrays["size_wh"],
    )
    for key, name in (("ao", "ao"), ("sr50", "sr_50"), ("sr75", "sr_75")):
        golden = data.arrays[f"got10k_val/{key}"]
        assert_within(key, score.per_sequence[name], golden, tolerance=1e-9)
        pooled = expected("ope_random40_summary")["got10k_val_pooled_over_sequences_without_nan"]
        assert_within(key, score.headline[name], pooled[key], tolerance=1e-9)
    curves = score.above / score.frames[:, None]
    assert_within("curve", curves, data.arrays["got10k_val/succ_curve101"], tolerance=1e-9)


def test_frames_of_all_sequences_and_runs_are_pooled() -> None:
    """One long right sequence and a short one, of two runs, that is wrong in one of them."""
    right, wrong = np.tile(BOX, (9, 1)), np.tile(BOX + np.eye(4)[0] * 50, (3, 1))
    score = score_got10k(
        [[right], [wrong, right[:3]]],
        [right, right[:3]],
        covers=[visible(9), visible(3)],
        sizes_wh=[(100, 100)] * 2,
        names=["long", "short"],
    )
    assert score.frames.tolist() == [8, 4]
    assert score.headline == pytest.approx({"ao": 10 / 12, "sr_50": 10 / 12, "sr_75": 10 / 12})
    assert score.per_sequence["ao"] == pytest.approx([1, 0.5])
    assert score.success_curve[[0, 99, 100]] == pytest.approx([10 / 12, 10 / 12, 0])


def test_first_frame_and_hidden_frames_do_not_count() -> None:
    truth = np.tile(BOX, (3, 1))
    track = truth + np.array([[50.0], [50], [0]]) * [[1, 0, 0, 0]]
    score = score_got10k([[track]], [truth], covers=[np.array([8, 0, 1])], sizes_wh=[(99, 99)])
    assert score.headline["ao"] == pytest.approx(1)
    assert score.frames.tolist() == [1]


def test_a_box_that_sticks_out_on_the_left_grows_as_in_the_toolkit() -> None:
    track, truth = np.array([[-10.0, 0, 30, 40]]), np.array([[20.0, 0, 10, 40]])
    overlap = bounded_overlap(track, truth, np.array([[100.0, 100]]))
    assert overlap == pytest.approx([1 / 3])
    assert track.tolist() == [[-10, 0, 30, 40]]


def test_speed_is_the_mean_of_the_frames_rates() -> None:
    truth = np.tile(BOX, (2, 1))
    arguments = {"covers": [visible(2)], "sizes_wh": [(99, 99)]}
    times = [np.array([0.0, 0.5, 0.25]), np.array([[np.nan], [1.0]])]
    score = score_got10k([[truth]], [truth], times=times, **arguments)
    assert score.frames_per_second == pytest.approx((2 + 4 + 1) / 3)
    assert score_got10k([[truth]], [truth], **arguments).frames_per_second is None


def test_a_sequence_without_a_frame_that_counts_is_left_to_the_others() -> None:
    truth = np.tile(BOX, (2, 1))
    score = score_got10k(
        [[truth], [truth]],
        [truth, truth],
        covers=[visible(2), np.zeros(2, int)],
        sizes_wh=[(99, 99)] * 2,
    )
    assert score.headline["ao"] == pytest.approx(1)
    assert np.isnan(score.per_sequence["ao"][1])


def test_what_does_not_fit_is_named() -> None:
    truth = np.tile(BOX, (2, 1))
    arguments = {"sizes_wh": [(99, 99)], "names": ["Val_1"]}
    with pytest.raises(InputError, match="run 1 of Val_1 has 1 boxes for 2 frames"):
        score_got10k([[truth[:1]]], [truth], covers=[visible(2)], **arguments)
    with pytest.raises(InputError, match=r"run 2 of Val_1 has shape \(2, 5\)"):
        score_got10k([[truth, np.ones((2, 5))]], [truth], covers=[visible(2)], **arguments)
    with pytest.raises(InputError, match="2 true boxes, but 3 cover labels"):
        score_got10k([[truth]], [truth], covers=[visible(3)], **arguments)
    with pytest.raises(InputError, match="Val_1 has no run"):
        score_got10k([[]], [truth], covers=[visible(2)], **arguments)
    with pytest.raises(InputError, match="no sequence has a frame"):
        score_got10k([[truth]], [truth], covers=[np.zeros(2, int)], **arguments)
    with pytest.raises(InputError, match="1 sequences of true boxes, but 0 of runs"):
        score_got10k([], [truth], covers=[visible(2)], **arguments)
