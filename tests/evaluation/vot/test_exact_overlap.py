from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.exact_overlap import exact_overlaps
from feathertrack.evaluation.vot.regions import Regions
from tests.shared_data import shared

places = st.floats(-20, 60).map(lambda v: round(v, 2))
boxes = st.tuples(places, places, st.floats(0, 50), st.floats(0, 50)).map(list)
sizes = st.one_of(st.none(), st.tuples(st.integers(1, 50), st.integers(1, 50)))


@st.composite
def star_polygons(draw: st.DrawFn) -> list[float]:
    """A polygon that does not cross itself; convex or not, in either direction."""
    count = draw(st.integers(3, 7))
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False)
    radii = np.array(draw(st.lists(st.floats(1, 40), min_size=count, max_size=count)))
    if draw(st.booleans()):
        angles = -angles
    center = np.array(draw(st.tuples(places, places)))
    corners = center + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return [float(value) for value in corners.round(3).reshape(-1)]


shapes = st.one_of(boxes, star_polygons())


def shapely_overlap(one: list[float], two: list[float], size: tuple[int, int] | None) -> float:
    shapely = pytest.importorskip("shapely")
    areas = []
    for region in (one, two):
        x, y, *rest = region
        box = len(region) == 4 and shapely.box(x, y, x + rest[0], y + rest[1])
        shape = box or shapely.Polygon(np.reshape(region, (-1, 2)))
        areas.append(shape if size is None else shape.intersection(shapely.box(0, 0, *size)))
    shared_area = areas[0].intersection(areas[1]).area
    union = areas[0].area + areas[1].area - shared_area
    return float(np.clip(shared_area / (union + np.finfo(float).eps), 0, 1))


@settings(max_examples=150, deadline=None)
@given(pairs=st.lists(st.tuples(shapes, shapes), min_size=1, max_size=4), size=sizes)
def test_equals_shapely(
    pairs: list[tuple[list[float], list[float]]], size: tuple[int, int] | None
) -> None:
    first = Regions.from_list([one for one, _ in pairs])
    second = Regions.from_list([two for _, two in pairs])
    expected = [shapely_overlap(one, two, size) for one, two in pairs]
    np.testing.assert_allclose(
        exact_overlaps(first, second, size_wh=size), expected, rtol=0, atol=1e-8
    )


def test_200_stored_pairs_agree() -> None:
    with np.load(shared("goldens/eval/region_overlap200.npz")) as archive:
        first, second = Regions.from_rows(archive["a"]), Regions.from_rows(archive["b"])
        bounds, expected = archive["bounds_wh"], archive["exact_area_got10k"]
    free = np.flatnonzero(np.isnan(bounds[:, 0]))
    bound = np.flatnonzero(~np.isnan(bounds[:, 0]))
    overlaps = np.empty_like(expected)
    overlaps[free] = exact_overlaps(first[free], second[free])
    overlaps[bound] = exact_overlaps(first[bound], second[bound], size_wh=bounds[bound])
    np.testing.assert_allclose(overlaps, expected, rtol=0, atol=1e-12)


def test_direction_of_a_polygon_does_not_matter() -> None:
    quad = np.array([3.0, 1, 20, 4, 17, 19, 1, 12])
    turned = quad.reshape(-1, 2)[::-1].reshape(-1)
    first, second = Regions.from_rows([quad, turned]), Regions.from_rows([turned, turned])
    np.testing.assert_allclose(exact_overlaps(first, second), [1, 1])


def test_regions_without_area_have_no_overlap() -> None:
    flat = Regions.from_list([[3.0, 3, 0, 0], [0.0, 0, 5, 5, 9, 9]])
    assert exact_overlaps(flat, flat).tolist() == [0, 0]


def test_special_is_unknown() -> None:
    both = Regions.from_list([[0.0], [0.0, 0, 4, 4]])
    assert np.isnan(exact_overlaps(both, both)).tolist() == [True, False]


def test_box_outside_the_image_has_no_overlap() -> None:
    far, here = Regions.from_rows([[50, 50, 9, 9]]), Regions.from_rows([[40, 40, 30, 30]])
    assert exact_overlaps(far, here, size_wh=(45, 45)).tolist() == [0]


def test_what_has_no_area_is_named() -> None:
    point = Regions.from_list([[3.0, 3.0]])
    with pytest.raises(InputError, match="region 1 is a point"):
        exact_overlaps(point, point)
    with pytest.raises(InputError, match="1 regions cannot be compared with 2"):
        exact_overlaps(point, Regions.specials(2))


def test_numbers_far_beyond_a_picture_do_no_harm() -> None:
    wild = Regions.from_list([[1e300, 0, 1e300, 4], [-1e300, 0, 1e300, 0, 0, 1e300]])
    box = Regions.from_rows([[0, 0, 9, 9]] * 2)
    assert np.isfinite(exact_overlaps(wild, box)).all()


def test_a_box_of_next_to_no_width_overlaps_nothing() -> None:
    one = Regions.from_list([[0.0, 0.0, 5e-324, 0.0], [0.0, 0.0, 5e-324, 9.0]])
    two = Regions.from_list([[1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 9.0, 9.0]])
    np.testing.assert_array_equal(exact_overlaps(one, two), [0.0, 0.0])
