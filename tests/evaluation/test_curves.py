from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feathertrack.evaluation.curves import counts_above, counts_within, evenly, sums_of
from feathertrack.evaluation.ope import CONVENTIONS

GRIDS = [
    CONVENTIONS["pysot"].success_thresholds,
    CONVENTIONS["pytracking_otb"].success_thresholds,
    CONVENTIONS["otb_official"].success_thresholds,
    CONVENTIONS["got10k_lasot"].normalised_thresholds,
    evenly(np.linspace(0, 1, 101)),
    evenly(range(51)),
]


@pytest.mark.parametrize("grid", range(len(GRIDS)))
@given(data=st.data())
@settings(max_examples=40, deadline=None, derandomize=True, database=None)
def test_counts_equal_a_comparison_with_every_threshold(grid: int, data: st.DataObject) -> None:
    """On thresholds, one bit beside them, and anywhere else."""
    thresholds = GRIDS[grid]
    near = [
        value
        for threshold in thresholds.values
        for value in (threshold, np.nextafter(threshold, -9), np.nextafter(threshold, 99))
    ]
    value = st.one_of(st.sampled_from(near), st.floats(allow_nan=True, allow_infinity=True))
    values = np.array(data.draw(st.lists(value, max_size=20)))
    sequence = np.arange(len(values)) % 3
    above = counts_above(values, thresholds, sequence=sequence, num=3)
    reached = counts_above(values, thresholds, sequence=sequence, num=3, equal_too=True)
    within = counts_within(values, thresholds, sequence=sequence, num=3)
    for number in range(3):
        own = values[sequence == number][:, None]
        assert above[number].tolist() == (own > thresholds.values).sum(axis=0).tolist()
        assert reached[number].tolist() == (own >= thresholds.values).sum(axis=0).tolist()
        assert within[number].tolist() == (own <= thresholds.values).sum(axis=0).tolist()


def test_thresholds_must_be_even_and_begin_with_0() -> None:
    with pytest.raises(ValueError, match="not evenly spaced from 0"):
        evenly([0.1, 0.2])
    with pytest.raises(ValueError, match="not evenly spaced from 0"):
        evenly([0.0, 0.1, 0.5])


def test_sums_by_sequence_keep_empty_sequences() -> None:
    sums = sums_of(np.array([1.0, 2.5, 4.0]), sequence=np.array([0, 0, 2]), num=4)
    assert sums.tolist() == [3.5, 0, 4, 0]
