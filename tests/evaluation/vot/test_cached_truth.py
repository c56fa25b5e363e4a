from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.cached_truth import CachedTruth
from feathertrack.evaluation.vot.raster_rules import RuleName
from feathertrack.evaluation.vot.region_overlap import region_overlaps
from feathertrack.evaluation.vot.regions import Regions
from tests.evaluation.vot.challenges import runs_of, truth_of
from tests.evaluation.vot.naive_pixels import pysot_overlap
from tests.evaluation.vot.test_region_overlap import RULES, shapes

sizes = st.tuples(st.integers(3, 40), st.integers(3, 40))


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=100, deadline=None)
@given(frames=st.lists(st.tuples(shapes, shapes, sizes), min_size=1, max_size=5))
def test_equals_the_comparison_of_pairs(
    rule: RuleName, frames: list[tuple[list[float], list[float], tuple[int, int]]]
) -> None:
    truth = Regions.from_list([frame[0] for frame in frames])
    results = Regions.from_list([frame[1] for frame in frames])
    size = np.array([frame[2] for frame in frames])
    cached = CachedTruth(truth, size_wh=size, rule=rule)
    whole, less = cached.overlaps_twice(results)
    np.testing.assert_array_equal(whole, region_overlaps(truth, results, size_wh=size, rule=rule))
    np.testing.assert_array_equal(
        less, region_overlaps(truth, results, size_wh=size - 1, rule=rule)
    )
    np.testing.assert_array_equal(whole, cached.overlaps(results))


@pytest.mark.parametrize("rule", RULES)
def test_equals_the_comparison_of_pairs_on_vot2018(rule: RuleName) -> None:
    truth, runs = truth_of(2018), runs_of(2018, "dasiamrpn")
    results = Regions.concatenate([repetitions[0] for repetitions in runs])
    cached = truth.pysot if rule == "pysot" else truth.toolkit
    expected = region_overlaps(truth.regions, results, size_wh=truth.frame_sizes, rule=rule)
    np.testing.assert_array_equal(cached.overlaps(results), expected)


def test_node_next_to_an_integer_falls_where_the_window_puts_it() -> None:
    # 1 / 49 * 49 is the float below 1; added to 80 it is 81, but added to 0 it is cut to 0.
    quad = [80.0, 0, 80, 70, 110, 90, 129, 49]
    lefts = np.arange(0, 100, 5)
    results = [[float(left), 0, 90, 40] for left in lefts]
    expected = [pysot_overlap(quad, result, (150, 100)) for result in results]
    truth = Regions.from_list([quad] * len(lefts))
    overlaps = CachedTruth(truth, size_wh=(150, 100)).overlaps(Regions.from_list(results))
    np.testing.assert_array_equal(overlaps, expected)


def test_another_number_of_results_is_refused() -> None:
    cached = CachedTruth(Regions.from_rows([[0, 0, 5, 5]] * 2), size_wh=(9, 9))
    with pytest.raises(InputError, match="1 results for 2 frames"):
        cached.overlaps(Regions.specials(1))
