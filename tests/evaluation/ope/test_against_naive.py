"""The vectorised computation equals loops over frames and thresholds, for any boxes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feathertrack.errors import InputError
from feathertrack.evaluation.ope import CONVENTIONS, score_sequences
from tests.evaluation.naive_ope import TOOLKITS, naive_curves

CORNERS = st.sampled_from([-7.5, -1, 0, 0.5, 1, 2, 3, 5, 8, 10.25, 20, 23, 31.7])
SIZES = st.sampled_from([0, 0.5, 1, 2, 4, 5, 10, 10.1, 20, 40])
NAN = [float("nan")] * 4


@dataclass(frozen=True)
class Clip:
    track: np.ndarray
    truth: np.ndarray
    absent: np.ndarray


def rows(draw: st.DrawFn, count: int, *, bare: list[list[float]]) -> np.ndarray:
    box = st.tuples(CORNERS, CORNERS, SIZES, SIZES)
    odd = st.sampled_from(bare) if bare else box
    drawn = draw(st.lists(st.one_of(box, box, odd), min_size=count, max_size=count))
    return np.array([list(row) for row in drawn], dtype=np.float64)


@st.composite
def clips(draw: st.DrawFn, *, convention: str) -> Clip:
    """A sequence that the toolkit accepts: NaN, other lengths, only where it tolerates them."""
    rules = CONVENTIONS[convention]
    count = draw(st.integers(1, 7))
    truth = rows(draw, count, bare=[] if "nan_truth" in rules.refused else [NAN, [0.0] * 4])
    shortest = max(1, count - 2) if rules.short != "refuse" else count
    longest = count + 2 if rules.long != "refuse" else count
    length = draw(st.integers(shortest, longest))
    refuses_track = "bad_track" in rules.refused
    track = rows(draw, length, bare=[] if refuses_track else [NAN, [3.0, 3, -2, 4]])
    absent = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    return Clip(track, truth, np.array(absent))


@pytest.mark.parametrize("convention", TOOLKITS)
@given(data=st.data())
@settings(max_examples=25, deadline=None, derandomize=True, database=None)
def test_curves_equal_loops_over_frames(convention: str, data: st.DataObject) -> None:
    drawn = data.draw(st.lists(clips(convention=convention), min_size=1, max_size=3))
    wanted, kept = [], []
    for clip in drawn:
        try:
            wanted.append(naive_curves(convention, clip.track, clip.truth, clip.absent))
            kept.append(clip)
        except ZeroDivisionError:
            with pytest.raises(InputError, match="has no frame"):
                score_clips(convention, [clip])
    if not kept:
        return
    score = score_clips(convention, kept)
    allowed = 1e-7 if CONVENTIONS[convention].single_precision else 0.0
    curves = (score.success, score.precision, score.norm_precision)
    for found, naive in zip(curves, zip(*wanted, strict=True), strict=True):
        if naive[0] is None:
            assert found is None
        else:
            np.testing.assert_allclose(found, naive, rtol=allowed, atol=0.0)


def score_clips(convention: str, clips: list[Clip]):  # type: ignore[no-untyped-def]
    return score_sequences(
        [clip.track for clip in clips],
        [clip.truth for clip in clips],
        convention=convention,
        absent=[clip.absent for clip in clips],
    )


def test_every_convention_has_a_naive_form() -> None:
    assert set(TOOLKITS) == set(CONVENTIONS)
