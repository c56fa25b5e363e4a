"""The neck: every level of a backbone brought to the width that its head takes.

A 1 x 1 convolution and a batch norm per level, without activation (pysot, ``AdjustAllLayer``).
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn


class AdjustLayer(nn.Module):
    """One level: (B, width_in, H, W) -> (B, width, H, W)."""

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.downsample = nn.Sequential(
            nn.Conv2d(width_in, width, 1, bias=False), nn.BatchNorm2d(width)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Return the map with its new width."""
        adjusted: Tensor = self.downsample(features)
        return adjusted


class AdjustLevels(nn.Module):
    """All levels, officially named ``downsample2``, ``downsample3``, ...; one: ``downsample``.

    Args:
        widths_in: channels of each level of the backbone.
        widths: channels that each gets.
    """

    def __init__(self, widths_in: Sequence[int], widths: Sequence[int]) -> None:
        super().__init__()
        single = len(widths) == 1
        for number, (width_in, width) in enumerate(zip(widths_in, widths, strict=True), start=2):
            name = "downsample" if single else f"downsample{number}"
            self.add_module(name, AdjustLayer(width_in, width))

    def forward(self, levels: Sequence[Tensor]) -> list[Tensor]:
        """Return the maps with their new widths."""
        return [layer(level) for layer, level in zip(self.children(), levels, strict=True)]
