"""Wider layers that compute the same."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from feathertrack.models import create_model
from feathertrack.models.alignment import align_channels
from feathertrack.models.folding import fold_batchnorm

IMAGES = [torch.rand(2, 3, side, side) * 255 for side in (127, 159)]


def _widths(model: nn.Module) -> list[int]:
    return [layer.out_channels for layer in model.modules() if isinstance(layer, nn.Conv2d)]


@pytest.mark.parametrize(("kind", "rates"), [("fdsiamfc", 0.1), ("fdsiamd", 0.2)])
@pytest.mark.parametrize("multiple", [4, 8, 16])
def test_aligned_networks_compute_the_same(kind: str, rates: float, multiple: int) -> None:
    torch.manual_seed(0)
    model = fold_batchnorm(create_model(kind, rates=rates))
    aligned = align_channels(model, multiple=multiple, largest_growth=4)
    assert _widths(aligned) != _widths(model)
    assert all(width % multiple == 0 for width in _widths(aligned))
    with torch.inference_mode():
        torch.testing.assert_close(aligned(*IMAGES), model(*IMAGES), rtol=1e-4, atol=1e-4)


def test_a_layer_that_would_grow_too_much_keeps_its_width() -> None:
    model = fold_batchnorm(create_model("fdsiamfc_30"))
    assert _widths(align_channels(model)) == [32, 80, 128, 128, 80]
    assert _widths(align_channels(model, largest_growth=1.1)) == [28, 80, 114, 114, 80]
    assert _widths(model) == [28, 76, 114, 114, 76]


def test_a_backbone_that_is_no_plain_chain_is_left_alone() -> None:
    model = create_model("fdsiamfc_30")  # its batch norms turn zero into something else
    assert _widths(align_channels(model)) == _widths(model)
    assert isinstance(align_channels(nn.Linear(2, 2)), nn.Linear)
