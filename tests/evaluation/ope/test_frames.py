"""What is done to tracks before they are measured."""

from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.ope import (
    CONVENTIONS,
    OpeScore,
    Tally,
    prepare_frames,
    score_of_tally,
    score_sequences,
)

BOX = [10.0, 10, 20, 20]
NAN = [np.nan] * 4
EMPTY = [0.0] * 4


def prepared(convention: str, track: list, truth: list, *, absent: list | None = None) -> list:
    """The track as it is measured."""
    frames = prepare_frames(
        [np.array(track, dtype=float)],
        [np.array(truth, dtype=float)],
        convention=CONVENTIONS[convention],
        absent=None if absent is None else [np.array(absent, dtype=bool)],
    )
    return frames.track_4M.T.tolist()


def score(convention: str, track: list, truth: list) -> OpeScore:
    boxes = np.array(track, dtype=float), np.array(truth, dtype=float)
    return score_sequences([boxes[0]], [boxes[1]], convention=convention, names=["Car1"])


@pytest.mark.parametrize("convention", ["got10k_otb", "pytracking_otb", "otb_official"])
def test_first_box_counts_as_right_where_the_toolkit_replaces_it(convention: str) -> None:
    assert prepared(convention, [[500.0, 0, 9, 9], BOX], [BOX, BOX]) == [BOX, BOX]


@pytest.mark.parametrize("convention", ["pysot", "mmtracking"])
def test_first_box_counts_as_predicted_elsewhere(convention: str) -> None:
    wrong = [500.0, 0, 9, 9]
    assert prepared(convention, [wrong, BOX], [BOX, BOX]) == [wrong, BOX]


def test_pytracking_repeats_the_predicted_row_before_one_without_size() -> None:
    first, flat = [1.0, 1, 5, 5], [3.0, 3, 0, 4]
    track = [first, flat, flat, BOX, flat]
    assert prepared("pytracking_otb", track, [BOX] * 5) == [BOX, first, first, BOX, BOX]


def test_pytracking_repeats_nothing_where_the_truth_is_nan() -> None:
    track = prepared("pytracking_uav", [BOX, EMPTY, EMPTY], [BOX, NAN, BOX])
    assert track == [BOX, EMPTY, EMPTY]


def test_pytracking_does_not_repeat_into_missing_rows() -> None:
    assert prepared("pytracking_otb", [BOX, BOX], [BOX] * 3) == [BOX, BOX, EMPTY]


def test_repeating_stays_within_a_sequence() -> None:
    truth = np.array([BOX, BOX])
    other = np.array([[0.0, 0, 0, 0], BOX])
    frames = prepare_frames(
        [truth, other], [truth, truth], convention=CONVENTIONS["pytracking_otb"]
    )
    assert frames.track_4M.T.tolist() == [BOX] * 4
    assert frames.index.tolist() == [0, 1, 0, 1]
    assert frames.sequence.tolist() == [0, 0, 1, 1]


def test_lasot_repeats_nan_and_negative_rows_then_drops_absent_frames() -> None:
    moved = [12.0, 10, 20, 20]
    track = [BOX, moved, NAN, [1.0, 1, -3, 4]]
    found = prepared("lasot_official", track, [BOX] * 4, absent=[0, 1, 0, 0])
    assert found == [BOX, moved, moved]


def test_got10k_drops_frames_without_truth() -> None:
    assert prepared("got10k_uav", [BOX] * 3, [BOX, NAN, BOX]) == [BOX, BOX]


def test_short_track_is_cut_or_padded_and_the_table_says_so() -> None:
    cut = score("got10k_otb", [BOX] * 2, [BOX] * 3)
    assert (cut.auc, cut.frames.tolist()) == (pytest.approx(20 / 21), [2])
    assert cut.notes == ("Car1: the track has 2 boxes, the truth 3; the truth is cut",)
    padded = score("pytracking_otb", [BOX] * 2, [BOX] * 3)
    assert padded.auc == pytest.approx(20 / 21 * 2 / 3)
    assert "scored as 0,0,0,0" in padded.notes[0]


def test_long_track_is_cut() -> None:
    found = score("got10k_otb", [BOX] * 4, [BOX] * 3)
    assert found.auc == pytest.approx(20 / 21)
    assert found.notes == ("Car1: the track has 4 boxes, the truth 3; the track is cut",)


@pytest.mark.parametrize(("rows", "convention"), [(2, "pysot"), (4, "pysot"), (2, "mmtracking")])
def test_other_length_is_an_error_where_the_toolkit_fails(rows: int, convention: str) -> None:
    with pytest.raises(InputError, match=f"Car1: the track has {rows} boxes.*{convention} does"):
        score(convention, [BOX] * rows, [BOX] * 3)


def test_refused_boxes_are_named_by_frame() -> None:
    with pytest.raises(InputError, match="Car1: frame 2 has a true box with NaN, which pytracking"):
        score("pytracking_otb", [BOX] * 2, [BOX, NAN])
    with pytest.raises(InputError, match="Car1: frame 2 has a predicted box with NaN or a size"):
        score("pytracking_uav", [BOX, [1.0, 1, -1, 2]], [BOX, BOX])


def test_absent_frames_must_be_told_where_they_matter() -> None:
    for name, convention in CONVENTIONS.items():
        if convention.needs_absent:
            with pytest.raises(InputError, match=f"{name} must know in which frames"):
                score(name, [BOX], [BOX])


def test_a_sequence_without_a_frame_that_counts_is_an_error() -> None:
    with pytest.raises(InputError, match="Car1 has no frame that got10k_uav counts"):
        score("got10k_uav", [BOX, BOX], [NAN, NAN])


def test_shapes_that_do_not_fit_are_named() -> None:
    box = np.array([BOX])
    with pytest.raises(InputError, match=r"track of sequence 1 has shape \(0, 4\)"):
        score_sequences([np.empty((0, 4))], [box], convention="pysot")
    with pytest.raises(InputError, match=r"truth of sequence 1 has shape \(1, 8\)"):
        score_sequences([box], [np.ones((1, 8))], convention="pysot")
    with pytest.raises(InputError, match="1 sequences of true boxes, but 2 tracks, 1 names"):
        score_sequences([box, box], [box], convention="pysot")
    with pytest.raises(InputError, match="there is no sequence to score"):
        score_sequences([], [], convention="pysot")
    with pytest.raises(InputError, match="sequence 1 has 1 true boxes, but 3 absent labels"):
        score_sequences([box], [box], convention="pysot_absent", absent=[np.zeros(3, bool)])


def test_numbers_that_are_not_finite_are_misses_without_a_warning() -> None:
    huge = [[np.inf, 0, 5, 5], [1e308, 1e308, 1e308, 1e308], NAN, [-np.inf, 0, np.inf, 4]]
    found = score("pysot", huge, [BOX] * 4)
    assert found.auc == 0
    assert found.headline["precision"] == 0


def test_sequences_of_any_length_fall_into_the_same_score() -> None:
    """Blocks of frames are computed together; where they end must not show."""
    rng = np.random.default_rng(3)
    truths = [rng.uniform(1, 60, (count, 4)) for count in (1, 9000, 4000, 2, 13000, 5)]
    tracks = [truth + rng.normal(0, 4, truth.shape) for truth in truths]
    together = score_sequences(tracks, truths, convention="otb_official")
    for row, (track, truth) in enumerate(zip(tracks, truths, strict=True)):
        alone = score_sequences([track], [truth], convention="otb_official")
        assert np.array_equal(together.success[row], alone.success[0])
        assert np.array_equal(together.precision[row], alone.precision[0])


def test_pooled_runs_weigh_by_their_frames() -> None:
    counts = np.array([[2], [1], [0]])
    tally = Tally(
        success=counts,
        precision=counts,
        norm_precision=None,
        frames=np.array([2, 4, 5]),
        usable=np.array([2, 4, 0]),
        overlap=np.array([1.0, 1.0, 0.0]),
    )
    found = score_of_tally(tally.pooled([0, 2]), CONVENTIONS["otb_official"], names=("a", "b"))
    assert found.success.tolist() == [[0.5], [0.0]]
    assert found.mean_overlap[0] == pytest.approx(1 / 3)
    assert np.isnan(found.mean_overlap[1])
