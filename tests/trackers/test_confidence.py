from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feathertrack.errors import InputError
from feathertrack.trackers.confidence import Confidence, ConfidenceSettings, fit_confidence


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


def test_fitted_settings_are_those_that_the_frames_were_drawn_from() -> None:
    draws = np.random.default_rng(0)
    share = draws.uniform(0, 1.2, 20_000)
    good = draws.random(20_000) < 1 / (1 + np.exp(-9 * (share - 0.6)))
    made_with = ConfidenceSettings(midpoint=0.5, slope=10.0, patience=7)
    scores = 1 / (1 + np.exp(-made_with.slope * (share - made_with.midpoint)))
    scores[:5], good[:5] = np.nan, True
    fitted = fit_confidence(scores, np.where(good, 0.8, 0.2), made_with=made_with)
    assert fitted.midpoint == pytest.approx(0.6, abs=0.01)
    assert fitted.slope == pytest.approx(9, rel=0.05)
    assert fitted.patience == 7


def test_frames_that_do_not_mix_get_a_steep_score_and_frames_of_one_kind_none() -> None:
    fitted = fit_confidence([0.1, 0.2, 0.8, 0.9], [0.0, 0.0, 0.9, 0.9])
    assert fitted.slope > 20
    with pytest.raises(InputError, match="2 of 2 frames overlap by more than"):
        fit_confidence([0.1, 0.9], [0.7, 0.8])
    with pytest.raises(InputError, match="scores for"):
        fit_confidence([0.1, 0.9], [0.7])
