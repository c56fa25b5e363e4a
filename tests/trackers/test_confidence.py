from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feathertrack.trackers.confidence import Confidence, ConfidenceSettings


def started(**settings: float) -> Confidence:
    confidence = Confidence(ConfidenceSettings(**settings))  # type: ignore[arg-type]
    confidence.start(8.0)
    return confidence


def test_score_is_one_half_at_the_midpoint() -> None:
    assert started(midpoint=0.7).read(0.7 * 8)[0] == pytest.approx(0.5)


@given(low=st.floats(-1e30, 1e30), high=st.floats(-1e30, 1e30))
def test_score_grows_with_the_peak_and_stays_in_range(low: float, high: float) -> None:
    scores = [started().read(peak)[0] for peak in sorted((low, high))]
    assert 0 <= scores[0] <= scores[1] <= 1


def test_lost_needs_several_low_frames_in_a_row() -> None:
    confidence = started(patience=2)
    states = [confidence.read(peak)[1] for peak in (8, 0, 8, 0, 0, 8)]
    assert states == ["tracking", "uncertain", "tracking", "uncertain", "lost", "tracking"]


@pytest.mark.parametrize("first", [0.0, -5.0, math.nan, math.inf, 1e-300])
def test_a_useless_first_peak_is_no_error(first: float) -> None:
    confidence = Confidence(ConfidenceSettings())
    confidence.start(first)
    assert 0 <= confidence.read(3.0)[0] <= 1


def test_nothing_seen_scores_zero() -> None:
    assert started().read(-math.inf)[0] < 1e-6
