"""What necks and heads may ask of a backbone."""

from __future__ import annotations

from torch import Tensor, nn


class Backbone(nn.Module):
    """A feature extractor: image_B3HW -> one map per level, the shallowest first.

    Attributes:
        widths: channels of each level.
    """

    widths: tuple[int, ...]

    def forward(self, image_B3HW: Tensor) -> list[Tensor]:
        """Return the maps of all levels."""
        raise NotImplementedError
