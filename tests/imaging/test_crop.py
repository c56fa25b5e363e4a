from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feathertrack.imaging.crop import _patch, _sample, context_side, crop_square, mean_color
from tests.golden_fill import fill_image
from tests.shared_data import shared

RNG = np.random.default_rng(0)
PICTURE = cv2.resize(RNG.integers(0, 256, (12, 16, 3), dtype=np.uint8), (200, 150))


def naive(image, center, side, out, fill, interpolation=cv2.INTER_LINEAR):
    """The reference's way: pad all four sides of the frame by the largest overhang, then cut."""
    size = round(side)
    corner = np.round(np.asarray(center)[::-1] - (size - 1) / 2).astype(int)
    corners = np.concatenate([corner, corner + size])
    pads = np.concatenate([-corners[:2], corners[2:] - image.shape[:2]])
    pad = max(0, int(pads.max()))
    if pad:
        color = [float(value) for value in np.rint(fill)]
        image = cv2.copyMakeBorder(image, *[pad] * 4, cv2.BORDER_CONSTANT, value=color)
        corners = corners + pad
    patch = image[corners[0] : corners[2], corners[1] : corners[3]]
    return cv2.resize(patch, (out, out), interpolation=interpolation)


@given(
    x=st.floats(-150, 350), y=st.floats(-120, 270), side=st.floats(1, 400), out=st.integers(1, 64)
)
def test_crop_equals_padding_the_whole_frame(x: float, y: float, side: float, out: int) -> None:
    fill = mean_color(PICTURE)
    crop = crop_square(PICTURE, center_xy=np.array([x, y]), side=side, out_size=out, fill=fill)
    np.testing.assert_array_equal(crop, naive(PICTURE, (x, y), max(side, 1), out, fill))


def test_crops_equal_the_reference_code() -> None:
    folder = shared("goldens/fdsiamfc")
    golden = np.load(folder / "ops_crop.npz")
    about = json.loads((folder / "ops_crop.json").read_text())
    image = np.rint(fill_image("frame", (3, 120, 160)).transpose(1, 2, 0)).astype(np.uint8)
    np.testing.assert_allclose(mean_color(image), golden["avg_color"], atol=1e-9)
    for number, case in enumerate(about["cases"]):
        y, x = case["center_yx"]
        crop = crop_square(
            image,
            center_xy=np.array([x, y]),
            side=case["size"],
            out_size=case["out"],
            fill=golden["avg_color"],
            interpolation=case["interp"],
        )
        expected = golden[f"case{number}"]
        stride = about["arrays"][f"case{number}"]["stride"]
        np.testing.assert_array_equal(
            crop.reshape(-1)[::stride], expected, err_msg=f"case {number}"
        )


def test_a_huge_square_needs_little_memory_and_shows_the_same() -> None:
    color = np.array([10, 20, 30], np.uint8)
    small = _sample(PICTURE, left=-40, top=-60, size=(900, 900), out_size=64, color=color)
    small = np.rint(small)
    patch = _patch(PICTURE, left=-40, top=-60, size=(900, 900), color=color)
    exact = cv2.resize(patch, (64, 64), interpolation=cv2.INTER_LINEAR)
    assert np.abs(small.astype(int) - exact).max() <= 1
    huge = crop_square(
        PICTURE, center_xy=np.array([80.0, 60]), side=1e7, out_size=31, fill=color.astype(float)
    )
    np.testing.assert_array_equal(huge[0, 0], color)


def test_context_side_of_a_rectangle() -> None:
    assert context_side(30, 10) == pytest.approx(np.sqrt(50 * 30))
