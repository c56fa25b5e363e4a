from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.ope import score_sequences
from feathertrack.evaluation.otb_robustness import (
    score_pooled,
    sre_boxes,
    tre_starts,
    usable_starts,
)
from tests.evaluation.ope_goldens import expected


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ("tre_start_indices0", "official"),
        ("tre_start_indices0_jwlim_python2_integer_step", "python2"),
    ],
)
def test_starts_are_those_of_the_original(key: str, rule: str) -> None:
    for length, wanted in expected("otb_tre_sre")[key].items():
        usable = np.ones(int(length), dtype=bool)
        assert list(tre_starts(usable, rule=rule)) == wanted, length  # type: ignore[arg-type]


def test_displaced_boxes_are_those_of_the_original() -> None:
    for case in expected("otb_tre_sre")["sre"]:
        box = np.array(case["box"], dtype=float)
        found = sre_boxes(box, width=case["width"], height=case["height"])
        assert {name: shifted.tolist() for name, shifted in found.items()} == case["shifts"]


def test_displaced_boxes_stay_in_the_image() -> None:
    for box in sre_boxes(np.array([300.0, 3, 21, 230]), width=320, height=240).values():
        assert (box[:2] >= 1).all()
        assert box[0] + box[2] <= 321
        assert box[1] + box[3] <= 241


def test_runs_start_only_where_the_truth_is_usable() -> None:
    truth = np.tile([[5.0, 5, 10, 10]], (60, 1))
    truth[3] = 0
    truth[4, 0] = np.nan
    omitted = np.arange(60) < 2
    usable = usable_starts(truth, omitted=omitted)
    assert np.flatnonzero(~usable).tolist() == [0, 1, 3, 4]
    starts = tre_starts(usable)
    assert starts[0] == 2
    assert starts[-1] == 40
    assert usable[list(starts)].all()


def test_a_sequence_too_short_for_tre_is_an_error() -> None:
    with pytest.raises(InputError, match="of 19 frames none"):
        tre_starts(np.ones(19, dtype=bool))
    with pytest.raises(InputError, match="needs 19 usable starts, not 6"):
        tre_starts(np.ones(25, dtype=bool), rule="python2")


def test_frames_of_all_runs_of_a_sequence_are_pooled() -> None:
    """Of 4 + 2 frames 5 are right; the mean of the two runs would be 3/4."""
    truth = np.tile([[5.0, 5, 10, 10]], (4, 1))
    late = truth[2:].copy()
    late[1, 0] += 100
    score = score_pooled([[truth, late]], [truth], starts=[[0, 2]], names=["Car1"])
    assert score.names == ("Car1",)
    assert score.frames.tolist() == [6]
    assert score.auc == pytest.approx(5 / 6 * 20 / 21)


def test_one_run_from_the_first_frame_scores_as_one_pass() -> None:
    rng = np.random.default_rng(0)
    truths = [rng.uniform(1, 40, (count, 4)) for count in (7, 4)]
    tracks = [truth + rng.normal(0, 3, truth.shape) for truth in truths]
    pooled = score_pooled([[track] for track in tracks], truths)
    single = score_sequences(tracks, truths, convention="otb_official")
    assert np.array_equal(pooled.success, single.success)
    assert np.array_equal(pooled.precision, single.precision)


def test_what_does_not_fit_is_named() -> None:
    truth = np.tile([[5.0, 5, 10, 10]], (4, 1))
    with pytest.raises(InputError, match="Car1 has 1 runs for 2 starts"):
        score_pooled([[truth]], [truth], starts=[[0, 1]], names=["Car1"])
    with pytest.raises(InputError, match="1 sequences of true boxes, but 2 of runs"):
        score_pooled([[truth], [truth]], [truth])
    with pytest.raises(InputError, match="sequence 1 has 0 runs"):
        score_pooled([[]], [truth])


def test_tre_of_a_short_sequence_repeats_starts() -> None:
    """Eight frames can start a run: 1 + k * 8 / 19 stays below 8 for 17 of them, then the last."""
    starts = tre_starts(np.ones(27, dtype=bool))
    assert len(starts) == 18
    assert starts[0] == 0
    assert starts[-1] == 7
