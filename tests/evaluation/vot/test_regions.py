from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.masks import encode_mask
from feathertrack.evaluation.vot.regions import NO_CODE, RegionKind, Regions, offsets

MIXED = [[1], [1, 2, 3, 4], [0, 0, 4, 0, 4, 4], [5, 6]]


def mask_region(pixels: list[list[int]], corner: tuple[int, int] = (0, 0)) -> Regions:
    numbers = encode_mask(np.array(pixels, dtype=bool), corner_xy=corner)
    kind = np.array([RegionKind.MASK], dtype=np.uint8)
    return Regions(kind, offsets(np.array([len(numbers)])), numbers)


def test_number_of_numbers_tells_the_kind() -> None:
    kinds = [RegionKind.SPECIAL, RegionKind.RECTANGLE, RegionKind.POLYGON, RegionKind.POINT]
    assert Regions.from_list(MIXED).kind.tolist() == kinds


@pytest.mark.parametrize("size", [3, 5, 7])
def test_region_of_a_wrong_number_of_numbers_is_named(size: int) -> None:
    with pytest.raises(InputError, match=rf"region 2 has {size} numbers"):
        Regions.from_list([[1], [0.0] * size])


def test_padded_rows_become_boxes_polygons_and_absent_targets() -> None:
    rows = np.array([[1.0, 2, 3, 4, *[np.nan] * 4], np.arange(8.0), [np.nan] * 8])
    regions = Regions.from_rows(rows)
    assert regions.kind.tolist() == [1, 2, 0]
    assert regions.codes.tolist() == [NO_CODE, NO_CODE, 0]
    assert regions.row(1).tolist() == list(range(8))


@pytest.mark.parametrize("hole", [np.nan, np.inf])
def test_hole_between_numbers_makes_the_target_absent(hole: float) -> None:
    assert Regions.from_rows([[1, hole, 3, 4]]).codes.tolist() == [0]
    assert Regions.from_list([[1, hole, 3, 4]]).codes.tolist() == [0]


def test_codes_replace_boxes() -> None:
    regions = Regions.from_boxes(np.ones((3, 4)), np.array([1, NO_CODE, 2], dtype=np.uint8))
    assert regions.codes.tolist() == [1, NO_CODE, 2]
    assert regions.row(1).tolist() == [1, 1, 1, 1]


def test_slices_masks_and_indices_choose_regions() -> None:
    regions = Regions.from_list(MIXED)
    for chosen in (regions[1:3], regions[np.array([1, 2])], regions[regions.kind % 3 != 0][:2]):
        assert [chosen.row(i).tolist() for i in range(2)] == MIXED[1:3]
    assert len(regions[:0]) == 0


def test_concatenation_undoes_slicing() -> None:
    regions = Regions.from_list(MIXED)
    joined = Regions.concatenate([regions[:1], regions[1:3], regions[3:], Regions.specials(0)])
    assert [joined.row(i).tolist() for i in range(4)] == MIXED


def test_box_around_a_polygon() -> None:
    boxes = Regions.from_list(MIXED).boxes_xywh()
    assert boxes[1:3].tolist() == [[1, 2, 3, 4], [0, 0, 4, 4]]
    assert np.isnan(boxes[[0, 3]]).all()


def test_empty_are_specials_boxes_without_size_and_masks_without_pixels() -> None:
    regions = Regions.concatenate(
        [
            Regions.from_list([[0], [1, 1, 0, 4], [1, 1, 2, 2]]),
            mask_region([[0, 0]]),
            mask_region([[0, 1]]),
        ]
    )
    assert regions.is_empty().tolist() == [True, True, False, True, False]


def test_rows_must_be_a_table() -> None:
    with pytest.raises(InputError, match=r"shape \(4,\)"):
        Regions.from_rows([1, 2, 3, 4])
