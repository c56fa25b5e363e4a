from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from feathertrack.errors import SourceError
from feathertrack.video.pixels import rgb_uint8


def test_rgb_uint8_is_passed_on_uncopied() -> None:
    image = np.zeros((4, 5, 3), np.uint8)
    assert rgb_uint8(image, what="it") is image


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1)])
def test_grey_is_repeated(shape: tuple[int, ...]) -> None:
    grey = np.arange(20, dtype=np.uint8).reshape(shape)
    image = rgb_uint8(grey, what="it")
    assert image.shape == (4, 5, 3)
    assert (image == grey.reshape(4, 5, 1)).all()


def test_every_16_bit_value_is_rounded_to_the_nearest_of_8_bits() -> None:
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    expected = np.rint(values / 257)
    assert (rgb_uint8(values, what="it")[..., 0] == expected).all()


def test_every_8_bit_value_survives_being_a_float() -> None:
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for dtype in (np.float16, np.float32, np.float64):
        floats = (values / 255).astype(dtype)
        assert (rgb_uint8(floats, what="it")[..., 0] == values).all(), dtype


def test_alpha_is_laid_over_black() -> None:
    rgba = np.array([[[200, 100, 50, 255], [200, 100, 50, 0], [200, 100, 50, 128]]], np.uint8)
    assert rgb_uint8(rgba, what="it").tolist() == [[[200, 100, 50], [0, 0, 0], [100, 50, 25]]]


def test_grey_with_alpha() -> None:
    assert rgb_uint8(np.array([[[200, 128]]], np.uint8), what="it").tolist() == [[[100] * 3]]


def test_result_is_contiguous() -> None:
    assert rgb_uint8(np.zeros((4, 6, 3), np.uint8)[:, ::2], what="it").flags.c_contiguous


@pytest.mark.parametrize(
    ("pixels", "text"),
    [
        (np.zeros(5, np.uint8), r"frame 7 has shape \(5,\); a picture is \(H, W\)"),
        (np.zeros((4, 5, 7), np.uint8), r"shape \(4, 5, 7\)"),
        (np.zeros((0, 5, 3), np.uint8), r"shape \(0, 5, 3\)"),
        (np.zeros((3, 40, 50), np.uint8), r"channels seem to come first: np\.moveaxis"),
        (np.zeros((2, 4, 5, 3), np.uint8), r"shape \(2, 4, 5, 3\)"),
        (np.zeros((4, 5), np.int64), "int64 values; give uint8, uint16, or floats"),
        (np.zeros((4, 5), bool), "bool values"),
        (np.full((4, 5), 1.5), r"floats from 1\.5 to 1\.5; floats must lie in 0\.\.1"),
        (np.full((4, 5), np.nan), "floats from nan to nan"),
        (np.full((4, 5), -0.1), r"floats from -0\.1"),
        (np.array([[object()]]), "object values"),
    ],
)
def test_other_arrays_are_refused(pixels: NDArray[np.generic], text: str) -> None:
    with pytest.raises(SourceError, match=text):
        rgb_uint8(pixels, what="frame 7")
