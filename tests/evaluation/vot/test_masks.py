from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.masks import check_mask, decode_mask, encode_mask, spans_of_masks
from feathertrack.evaluation.vot.region_overlap import region_overlaps
from feathertrack.evaluation.vot.regions import RegionKind, Regions, offsets

pixels = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9))
corners = st.tuples(st.integers(-3, 12), st.integers(-3, 12))


def regions_of_masks(masks: list[np.ndarray], places: list[tuple[int, int]]) -> Regions:
    rows = [encode_mask(m, corner_xy=p) for m, p in zip(masks, places, strict=True)]
    kind = np.full(len(rows), RegionKind.MASK, dtype=np.uint8)
    return Regions(kind, offsets(np.array([len(row) for row in rows])), np.concatenate(rows))


@given(pixels)
def test_runs_give_back_the_pixels(mask: np.ndarray) -> None:
    assert np.array_equal(decode_mask(encode_mask(mask)), mask)


def test_missing_runs_are_background() -> None:
    assert decode_mask(np.array([0.0, 0, 3, 1, 1, 1])).tolist() == [[False, True, False]]


@given(st.lists(st.tuples(pixels, corners), min_size=1, max_size=4))
def test_spans_have_as_many_pixels_as_the_masks(
    some: list[tuple[np.ndarray, tuple[int, int]]],
) -> None:
    masks, places = zip(*some, strict=True)
    areas = spans_of_masks(regions_of_masks(list(masks), list(places))).areas()
    assert areas.tolist() == [int(mask.sum()) for mask in masks]


@settings(max_examples=100)
@given(pixels, corners, pixels, corners, st.booleans())
def test_overlap_of_masks_equals_painting_them(
    one: np.ndarray,
    place_one: tuple[int, int],
    two: np.ndarray,
    place_two: tuple[int, int],
    bounded: bool,
) -> None:
    image = np.zeros((2, 40, 40), dtype=bool)
    for layer, mask, (x, y) in zip(image, (one, two), (place_one, place_two), strict=True):
        layer[y + 10 : y + 10 + mask.shape[0], x + 10 : x + 10 + mask.shape[1]] = mask
    size = (9, 11) if bounded else None
    if bounded:
        inside = image[:, 10:21, 10:19].copy()
        image[:] = False
        image[:, 10:21, 10:19] = inside
    first = regions_of_masks([one], [place_one])
    second = regions_of_masks([two], [place_two])
    overlap = region_overlaps(first, second, size_wh=size, rule="toolkit")[0]
    union = np.count_nonzero(image[0] | image[1])
    expected = np.count_nonzero(image[0] & image[1]) / union if union else 0.0
    low = np.minimum(place_one, place_two)
    ends = [np.add(p, m.shape[::-1]) - 1 for p, m in ((place_one, one), (place_two, two))]
    high = np.maximum(*ends)
    if (low >= high).any():
        expected = 1.0  # one pixel wide or high
    elif bounded and (np.maximum(low, 0) >= np.minimum(high, (8, 10))).any():
        expected = 0.0
    assert overlap == expected


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ([0.0, 0, 2], "a mask of 3 numbers"),
        ([0.0, 0, 2, 2, -1], "a mask of 5 numbers"),
        ([0.0, 0, 2, 2, 5], "runs of a mask hold 5 pixels, its size is 2 x 2"),
        ([0.0, 0, 1e6, 1e6], "mask of 1000000 x 1000000 pixels is too large"),
        ([0.0, np.nan, 2, 2], "a mask of 4 numbers"),
    ],
)
def test_malformed_mask_is_named_before_it_is_made(numbers: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_mask(np.array(numbers))


def test_other_regions_are_no_masks() -> None:
    with pytest.raises(InputError, match="not a mask"):
        spans_of_masks(Regions.from_rows([[0, 0, 1, 1]]))
