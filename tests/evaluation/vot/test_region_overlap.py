from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.raster_rules import RuleName
from feathertrack.evaluation.vot.region_overlap import region_overlaps
from feathertrack.evaluation.vot.regions import Regions
from tests.evaluation.vot.naive_pixels import pysot_overlap, toolkit_overlap
from tests.shared_data import shared

# Halves are where the two ways of rounding part; whole numbers make corners meet.
places = st.one_of(
    st.integers(-12, 45).map(float),
    st.integers(-24, 90).map(lambda n: n / 2),
    st.floats(-12, 45).map(lambda v: round(v, 2)),
)
boxes = st.tuples(places, places, st.floats(-3, 30).map(lambda v: round(v, 1)), places).map(list)
polygons = st.integers(3, 6).flatmap(lambda n: st.lists(places, min_size=2 * n, max_size=2 * n))
shapes = st.one_of(boxes, polygons, st.sampled_from([[0.0], [1.0]]))
sizes = st.one_of(st.none(), st.tuples(st.integers(2, 40), st.integers(2, 40)))
RULES: list[RuleName] = ["pysot", "toolkit"]


def naive(rule: RuleName, one: list[float], two: list[float], size: object) -> float:
    function = pysot_overlap if rule == "pysot" else toolkit_overlap
    return float(function(one, two, size))  # type: ignore[arg-type]


@pytest.mark.parametrize("rule", RULES)
@settings(max_examples=150, deadline=None)
@given(pairs=st.lists(st.tuples(shapes, shapes), min_size=1, max_size=4), size=sizes)
def test_equals_painting_pixel_by_pixel(
    rule: RuleName, pairs: list[tuple[list[float], list[float]]], size: tuple[int, int] | None
) -> None:
    first = Regions.from_list([one for one, _ in pairs])
    second = Regions.from_list([two for _, two in pairs])
    overlaps = region_overlaps(first, second, size_wh=size, rule=rule)
    expected = [naive(rule, one, two, size) for one, two in pairs]
    np.testing.assert_array_equal(overlaps.astype(np.float64), expected)


@pytest.mark.parametrize("rule", RULES)
def test_200_stored_pairs_are_exact(rule: RuleName) -> None:
    with np.load(shared("goldens/eval/region_overlap200.npz")) as archive:
        first, second = Regions.from_rows(archive["a"]), Regions.from_rows(archive["b"])
        bounds = archive["bounds_wh"]
        expected = archive["pysot_float32" if rule == "pysot" else "vot_toolkit"]
    free = np.flatnonzero(np.isnan(bounds[:, 0]))
    bound = np.flatnonzero(~np.isnan(bounds[:, 0]))
    overlaps = np.empty_like(expected)
    overlaps[free] = region_overlaps(first[free], second[free], rule=rule)
    overlaps[bound] = region_overlaps(first[bound], second[bound], size_wh=bounds[bound], rule=rule)
    np.testing.assert_array_equal(overlaps, expected)


def test_pysot_yields_float32_and_the_toolkit_float64() -> None:
    box = Regions.from_rows([[0, 0, 4, 4]])
    assert region_overlaps(box, box, rule="pysot").dtype == np.float32
    assert region_overlaps(box, box, rule="toolkit").dtype == np.float64


@pytest.mark.parametrize(
    ("other", "pysot", "toolkit"),
    [([5, 0, 10, 10], 0.375, 1 / 3), ([10, 0, 10, 10], 0, 0), ([0, 0, 10, 10], 1, 1)],
)
def test_unit_values_of_the_specification(other: list[float], pysot: float, toolkit: float) -> None:
    one, two = Regions.from_rows([[0, 0, 10, 10]]), Regions.from_rows([other])
    assert region_overlaps(one, two, rule="pysot")[0] == pysot
    assert region_overlaps(one, two, rule="toolkit")[0] == toolkit


def test_special_is_unknown_to_pysot_and_nothing_to_the_toolkit() -> None:
    specials, boxes = Regions.specials(2, 2), Regions.from_list([[0.0, 0, 9, 9], [0.0]])
    assert np.isnan(region_overlaps(specials, boxes, rule="pysot")).all()
    assert region_overlaps(specials, boxes, rule="toolkit").tolist() == [0.0, 1.0]


def test_box_below_a_pixel_has_no_overlap_with_itself_in_pysot() -> None:
    tiny = Regions.from_rows([[5.1, 5.1, 0.3, 0.3]])
    assert np.isnan(region_overlaps(tiny, tiny, rule="pysot")).all()


@pytest.mark.parametrize("rule", RULES)
def test_one_size_for_all_equals_a_size_for_each(rule: RuleName) -> None:
    one, two = Regions.from_rows([[0, 0, 9, 9]] * 2), Regions.from_rows([[2, 2, 30, 30]] * 2)
    same = region_overlaps(one, two, size_wh=(12, 8), rule=rule)
    assert np.array_equal(same, region_overlaps(one, two, size_wh=[(12, 8)] * 2, rule=rule))


@pytest.mark.parametrize("rule", RULES)
def test_numbers_far_beyond_a_picture_do_no_harm(rule: RuleName) -> None:
    wild = [[1e300, 1, 1e300, 5], [-1e200, 0, 1e300, 1e300], [1e30, 0, 5, 1e30, -1e30, 9]]
    box = Regions.from_list([[1.0, 1, 9, 9]] * 3)
    overlaps = region_overlaps(Regions.from_list(wild), box, size_wh=(40, 40), rule=rule)
    assert ((overlaps >= 0) & (overlaps < 0.2)).all()


def test_polygon_of_countless_rows_is_refused() -> None:
    tall = Regions.from_list([[0.0, 0, 9, 0, 5, 1e8]])
    with pytest.raises(InputError, match="100000001 rows high; give the size"):
        region_overlaps(tall, tall)


def test_what_cannot_be_compared_is_named() -> None:
    box, point = Regions.from_rows([[0, 0, 4, 4]]), Regions.from_list([[3.0, 3.0]])
    with pytest.raises(InputError, match=r"region 1 is a point.*'toolkit'"):
        region_overlaps(box, point, rule="toolkit")
    with pytest.raises(InputError, match="1 regions cannot be compared with 0"):
        region_overlaps(box, box[:0])
    with pytest.raises(InputError, match=r"image sizes of shape \(3,\)"):
        region_overlaps(box, box, size_wh=(1, 2, 3))


def test_no_pairs_have_no_overlaps() -> None:
    assert len(region_overlaps(Regions.specials(0), Regions.specials(0))) == 0
