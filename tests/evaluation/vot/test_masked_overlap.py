from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.masked_overlap import overlaps_without
from feathertrack.evaluation.vot.region_overlap import region_overlaps
from feathertrack.evaluation.vot.regions import Regions
from tests.evaluation.vot.test_masks import regions_of_masks

QUADS = Regions.from_rows([[5.0, 5, 25, 8, 22, 28, 3, 24]] * 2)
BOXES = Regions.from_rows([[8.0, 8, 20, 15]] * 2)


def test_nothing_to_ignore_changes_nothing() -> None:
    plain = region_overlaps(QUADS, BOXES, size_wh=(40, 40), rule="toolkit")
    ignored = overlaps_without(QUADS, BOXES, Regions.specials(2), size_wh=(40, 40))
    np.testing.assert_array_equal(ignored, plain)


def test_ignored_mask_equals_painting() -> None:
    rng = np.random.default_rng(0)
    layers = rng.random((3, 30, 30)) < 0.6
    one, two, skip = (regions_of_masks([layer], [(0, 0)]) for layer in layers)
    union = (layers[0] | layers[1]) & ~layers[2]
    expected = np.count_nonzero(layers[0] & layers[1] & ~layers[2]) / np.count_nonzero(union)
    assert overlaps_without(one, two, skip, size_wh=(30, 30))[0] == expected


def test_only_what_lies_in_the_image_is_ignored() -> None:
    skip = Regions.from_rows([[-10.0, -10, 18, 60], [0.0, 0, 40, 40]])
    overlaps = overlaps_without(BOXES, BOXES, skip, size_wh=(40, 40))
    assert overlaps.tolist() == [1.0, 0.0]


def test_numbers_of_regions_must_agree() -> None:
    with pytest.raises(InputError, match="2 and 2 regions with 1 to be ignored"):
        overlaps_without(QUADS, BOXES, BOXES[:1], size_wh=(40, 40))
