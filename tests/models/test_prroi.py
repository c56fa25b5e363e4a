"""Precise RoI pooling: the reference's numbers, plain integration, and where it has edges."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from feathertrack.models.prroi import pool_boxes, prroi_pool
from tests.goldens.fill import fill_array, fill_image
from tests.goldens_compare import assert_within, load_golden

TAGS = {  # bins over height and width, stride
    "5x5_s8": ((5, 5), 8),
    "3x3_s8": ((3, 3), 8),
    "3x3_s16": ((3, 3), 16),
    "1x1_s16": ((1, 1), 16),
    "2x4_s8": ((2, 4), 8),
}
THIN = 5
"""The box that is thinner than a cell, where the reference loses digits."""


@pytest.mark.parametrize("weights_dtype", [None, torch.float64])
@pytest.mark.parametrize("tag", TAGS)
def test_values_and_gradients_of_the_reference(tag: str, weights_dtype: torch.dtype | None) -> None:
    golden = load_golden("prroi_pool", "golden")
    size, stride = TAGS[tag]
    image = fill_image("prroi.features", (2, 3, 18, 22), 0)
    features = torch.from_numpy(image / np.float32(127.5) - 1).requires_grad_()
    rois = torch.from_numpy(golden.arrays["rois"])
    corners = rois[:, None, 1:].clone().requires_grad_()
    given = features[rois[:, 0].long()]
    pooled = prroi_pool(given, corners, size=size, scale=1 / stride, weights_dtype=weights_dtype)
    weights = torch.from_numpy(fill_array(f"prroi.grad.{tag}", pooled[:, 0].shape, 0))
    by_features, by_corners = torch.autograd.grad(
        (pooled[:, 0] * weights).sum(), (features, corners)
    )
    kept = np.arange(len(rois)) != THIN
    expected, expected_gradient = golden.arrays[f"out_{tag}"], golden.arrays[f"droi_{tag}"][:, 1:]
    values = pooled[:, 0].detach()
    assert_within("out", values[kept], expected[kept], tolerance=1e-5)
    assert_within("out", values, expected, tolerance=1e-4)
    closed = pool_boxes(
        given.detach().permute(0, 2, 3, 1), corners.detach(), size=size, scale=1 / stride
    ).corner_gradient(weights.permute(0, 2, 3, 1)[:, None])
    for gradient in (by_corners[:, 0], closed[:, 0]):
        assert_within("droi", gradient[kept], expected_gradient[kept], tolerance=1e-5)
        assert_within("droi", gradient, expected_gradient, tolerance=1e-4)
    assert_within("dfeat", by_features, golden.arrays[f"dfeat_{tag}"], tolerance=1e-4)


def test_gradient_of_sides_that_lie_on_cells() -> None:
    features = torch.randn(
        1, 2, 9, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
    )
    corners = torch.tensor([[[8.0, 16, 40, 48], [0, 0, 64, 64]]], dtype=torch.float64)

    def pooled(sides: torch.Tensor) -> torch.Tensor:
        return prroi_pool(features, sides, size=(2, 2), scale=1 / 8).square().sum()

    (gradient,) = torch.autograd.grad(pooled(corners.requires_grad_()), corners)
    step = 1e-5
    for index in np.ndindex(1, 2, 4):
        moved = [corners.detach().clone() for _ in range(2)]
        moved[0][index] += step
        moved[1][index] -= step
        slope = (pooled(moved[0]) - pooled(moved[1])) / (2 * step)
        assert float(gradient[index]) == pytest.approx(float(slope), abs=1e-6)


def test_bins_thinner_than_a_cell_keep_their_digits_in_float32() -> None:
    ramp = torch.arange(40.0).expand(1, 1, 40, 40).contiguous()
    corners = torch.tensor([[[301.0, 80, 301.002, 160]]])
    value = prroi_pool(ramp, corners, size=(1, 1), scale=1 / 8)
    assert float(value) == pytest.approx(301.001 / 8, abs=1e-5)


@pytest.mark.parametrize(
    "box", [[50.0, 60, 50, 90], [80.0, 80, 60, 100], [-90.0, -90, -30, -20]], ids=str
)
def test_boxes_without_area_or_outside_are_zero_with_no_gradient(box: list[float]) -> None:
    corners = torch.tensor([[box]], requires_grad=True)
    pooled = prroi_pool(torch.ones(1, 1, 16, 16), corners, size=(3, 3), scale=1 / 8)
    (gradient,) = torch.autograd.grad(pooled.sum(), corners)
    assert not bool(pooled.any())
    assert not bool(gradient.any())
