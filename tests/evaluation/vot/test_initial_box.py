from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.initial_box import initial_box, quad_of_box

DIAMOND = np.array([10.0, 0, 20, 10, 10, 20, 0, 10])


def test_rectangle_is_taken_as_it_is() -> None:
    assert initial_box(np.array([1.5, 2, 3, 4])).tolist() == [1.5, 2, 3, 4]


def test_pysot_keeps_area_and_proportions() -> None:
    # Half of the bounding box is covered, so its sides shrink by the root of a half; then + 1.
    side = 20 * np.sqrt(0.5) + 1
    corner = 10 - (side - 1) / 2
    np.testing.assert_allclose(initial_box(DIAMOND), [corner, corner, side, side])


def test_got10k_lies_half_a_pixel_further_out() -> None:
    shift = initial_box(DIAMOND, rule="pysot") - initial_box(DIAMOND, rule="got10k")
    assert shift.tolist() == [0.5, 0.5, 0, 0]


def test_bounds_reach_around_all_corners() -> None:
    assert initial_box(DIAMOND, rule="bounds").tolist() == [0, 0, 20, 20]


def test_quad_of_a_box_starts_a_tracker_on_that_box() -> None:
    box = np.array([5.0, 6, 30, 20])
    np.testing.assert_allclose(initial_box(quad_of_box(box)), box)


@pytest.mark.parametrize("region", [[1.0], [1.0, 2], [0.0, 0, 5, np.nan], [0.0] * 7])
def test_region_that_cannot_start_a_tracker_is_refused(region: list[float]) -> None:
    with pytest.raises(InputError, match="cannot start a tracker"):
        initial_box(np.array(region))
