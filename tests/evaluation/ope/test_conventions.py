"""What sets the toolkits apart, each on frames that can be followed by hand."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feathertrack.errors import InputError
from feathertrack.evaluation.ope import CONVENTIONS, find_convention, score_sequences
from tests.shared_data import shared

TRUTH = np.array(
    [
        [10.0, 10, 20, 20],
        [12, 10, 20, 20],
        [14, 10, 20, 20],
        [0, 0, 0, 0],
        [-2, 12, 20, 20],
        [20, 14, 20, 20],
    ]
)
TRACK = np.array(
    [
        [11.0, 11, 20, 20],
        [12, 10, 20, 10],
        [24, 10, 20, 20],
        [20, 12, 20, 20],
        [-2, 12, 20, 20],
        [20, 34, 20, 20],
    ]
)
ABSENT = np.arange(6) == 3
SIX_FRAMES = {  # AUC, precision at 20 pixels, normalised precision at 0.20
    "pysot": (0.4286, 1.0, 0.5),
    "pysot_absent": (0.4286, 0.8333, 0.3333),
    "got10k_otb": (0.4524, 0.8333, None),
    "got10k_lasot": (0.4524, 0.8333, 0.3333),
    "pytracking_otb": (0.2937, 0.6667, 0.5),
    "pytracking_uav": (0.2937, 1.0, 0.5),
    "pytracking_lasot": (0.2937, 0.6667, 0.3333),
    "pytracking_otb_exclude_invalid": (0.4405, 1.0, 0.75),
    "otb_official": (0.2937, 1.0, None),
    "lasot_official": (0.2937, 0.8333, 0.3333),
}


@pytest.mark.parametrize("convention", SIX_FRAMES)
def test_the_same_six_frames_by_every_toolkit(convention: str) -> None:
    score = score_sequences([TRACK], [TRUTH], convention=convention, absent=[ABSENT])
    auc, precision, normalised = SIX_FRAMES[convention]
    assert score.auc == pytest.approx(auc, abs=5e-5)
    assert score.headline["precision"] == pytest.approx(precision, abs=5e-5)
    if normalised is not None:
        assert score.norm_precision is not None
        assert score.norm_precision[0, 20] == pytest.approx(normalised, abs=5e-5)


@pytest.mark.parametrize("convention", CONVENTIONS)
@given(
    boxes=st.lists(
        st.tuples(*[st.integers(1, 500)] * 2, *[st.integers(1, 200)] * 2), min_size=1, max_size=9
    )
)
@settings(max_examples=15, deadline=None, derandomize=True, database=None)
def test_the_truth_itself_reaches_20_of_21_thresholds(
    convention: str, boxes: list[tuple[int, ...]]
) -> None:
    truth = np.array(boxes, dtype=np.float64)
    absent = [np.zeros(len(truth), dtype=bool)]
    score = score_sequences([truth], [truth], convention=convention, absent=absent)
    assert score.auc == pytest.approx(20 / 21, abs=1e-7)
    assert score.mean_success[20] == 0
    assert score.headline["precision"] == pytest.approx(1)
    assert score.headline.get("norm_precision", 1.0) == pytest.approx(1)


def test_scoring_changes_neither_track_nor_truth() -> None:
    track, truth = TRACK.copy(), TRUTH.copy()
    for convention in CONVENTIONS:
        score_sequences([track], [truth], convention=convention, absent=[ABSENT])
    assert np.array_equal(track, TRACK)
    assert np.array_equal(truth, TRUTH)


def test_an_overlap_of_4_tenths_is_above_0_4_only_in_float32() -> None:
    truth = np.array([[1.0, 1, 10, 10], [1, 1, 10, 10]])
    track = np.array([[1.0, 1, 10, 10], [1, 1, 10, 4]])
    for name, convention in CONVENTIONS.items():
        absent = [np.zeros(2, dtype=bool)]
        score = score_sequences([track], [truth], convention=name, absent=absent)
        assert score.success[0, 8] == (1.0 if convention.overlap == "float32" else 0.5)


def test_thresholds_have_the_bits_of_each_toolkit() -> None:
    values = {name: CONVENTIONS[name].success_thresholds.values for name in CONVENTIONS}
    numpy_bits = np.arange(0, 1.05, 0.05)
    assert np.array_equal(values["pysot"], numpy_bits)
    official, torch = values["otb_official"], values["pytracking_otb"]
    assert np.flatnonzero(official != numpy_bits).tolist() == [3, 6, 7, 12, 14, 17, 19]
    assert np.flatnonzero(torch != numpy_bits).tolist() == [13, 15]


def test_a_convention_is_data_that_can_be_changed_for_an_experiment() -> None:
    pysot = CONVENTIONS["pysot"]
    padding = replace(pysot, name="pysot that pads", short="pad")
    score = score_sequences([TRUTH[:3]], [np.tile(TRUTH[:1], (6, 1))], convention=padding)
    assert score.success[0, 0] == 0.5
    with pytest.raises(FrozenInstanceError):
        pysot.short = "pad"  # type: ignore[misc]


def test_a_wrong_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match="'pytrackng_otb'; nearest: pytracking_otb"):
        find_convention("pytrackng_otb")


@pytest.mark.parametrize("part", ["dev", "val"])
def test_a_box_that_never_moves_scores_what_was_measured_for_every_sequence(part: str) -> None:
    folder = shared("sequences")
    peers = json.loads((folder / "peers.json").read_text())[part]["still"]
    home = folder / ("val" if part == "val" else "train")
    truths = [
        np.loadtxt(home / name / "groundtruth_rect.txt", delimiter=",", ndmin=2) for name in peers
    ]
    tracks = [np.tile(truth[:1], (len(truth), 1)) for truth in truths]
    found = score_sequences(tracks, truths, convention="got10k_otb").per_sequence
    pairs = np.stack([found["auc"], found["precision"]], axis=1).round(4)
    assert pairs.tolist() == list(peers.values())
