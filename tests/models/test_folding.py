"""Batch norms folded into convolutions, outside the families too."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from feathertrack.models.folding import fold_batchnorm
from tests.filling import fill


class _Block(nn.Module):
    """A residual block, as backbones of other families have it."""

    batchnorm_pairs = (("conv1", "bn1"), ("conv2", "bn2"))

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1, groups=2)
        self.bn2 = nn.BatchNorm2d(4, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))


def _net() -> nn.Sequential:
    net = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.BatchNorm2d(4), _Block(), nn.ReLU())
    fill(net)
    return net


def test_declared_pairs_are_folded_and_outputs_kept() -> None:
    net, image = _net().eval(), torch.rand(2, 3, 21, 21)
    folded = fold_batchnorm(net)
    assert not any(isinstance(part, nn.BatchNorm2d) for part in folded.modules())
    with torch.no_grad():
        torch.testing.assert_close(folded(image), net(image), rtol=1e-5, atol=1e-6)


def test_original_is_left_alone_and_copy_is_for_inference() -> None:
    net = _net().train()
    folded = fold_batchnorm(net)
    assert net.training and not folded.training
    assert isinstance(net[1], nn.BatchNorm2d)
    assert folded[0].weight.data_ptr() != net[0].weight.data_ptr()


def test_norm_behind_something_else_stays() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.BatchNorm2d(4))
    assert isinstance(fold_batchnorm(net)[2], nn.BatchNorm2d)


def test_norm_without_statistics_is_refused() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4, track_running_stats=False))
    with pytest.raises(ValueError, match="without running statistics"):
        fold_batchnorm(net)
