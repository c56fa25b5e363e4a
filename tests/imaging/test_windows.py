from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from feathertrack.imaging.crop import cut_window
from feathertrack.imaging.windows import Window, mmtracking_window, pysot_window, square_window

PICTURE = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
WHERE = {"side": 30.2, "out_size": 31, "fill": np.array([10.4, 200.6, 30.5])}


@pytest.mark.parametrize("make", [square_window, pysot_window])
def test_places_within_a_pixel_have_one_window(make: Any) -> None:
    windows = {
        make(center_xy=np.array([40.0 + shift, 30.0]), **WHERE) for shift in (0.1, 0.2, 0.3, 0.4)
    }
    assert len(windows) == 1


def test_a_window_says_the_colour_that_its_convention_fills_with() -> None:
    center = np.array([40.0, 30.0])
    assert square_window(center_xy=center, **WHERE).color == (10, 201, 30)  # type: ignore[arg-type]
    assert pysot_window(center_xy=center, **WHERE).color == (10, 200, 30)  # type: ignore[arg-type]
    float_window = mmtracking_window(center_xy=center, frame_hw=(60, 80), **WHERE)  # type: ignore[arg-type]
    assert float_window.color == (10.4, 200.6, 30.5)
    assert cut_window(PICTURE, float_window).dtype == np.float32


def test_a_window_in_the_frame_at_its_own_size_is_the_frame() -> None:
    window = Window(left=5, top=7, columns=20, rows=20, out_size=20, color=(0, 0, 0))
    np.testing.assert_array_equal(cut_window(PICTURE, window), PICTURE[7:27, 5:25])
