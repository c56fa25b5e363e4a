"""What SiamRPN++ and SiamKPN share: one backbone and neck for both images, a depth-wise head.

The template goes through backbone, neck and the template's convolutions of the head once per
target; what is kept of it are the kernels of the correlations alone.

Shapes: B templates, N search regions (a multiple of B), K kernels of all branches, k their side.
Images are RGB, 0..255, and turned to BGR inside, which the official weights were trained on.
"""

from __future__ import annotations

from torch import Tensor

from feathertrack.models.backbones import Backbone
from feathertrack.models.heads import FusedHead
from feathertrack.models.necks import AdjustLevels
from feathertrack.models.network import Network


class DepthwiseSiamese(Network):
    """Backbone, neck and head; a subclass names its head as the public code does."""

    stride = 8
    template_size = 127
    any_search_size = True

    def __init__(self, backbone: Backbone, neck: AdjustLevels | None) -> None:
        super().__init__()
        self.backbone = backbone
        if neck is not None:
            self.neck = neck
        self.has_neck = neck is not None

    @property
    def head(self) -> FusedHead:
        """The head, whatever its official name is."""
        raise NotImplementedError

    def levels(self, image_B3HW: Tensor) -> list[Tensor]:
        """Return what the head gets of an image, one map per level."""
        levels: list[Tensor] = self.backbone(image_B3HW.flip(1))
        return self.neck(levels) if self.has_neck else levels

    def embed(self, template_B3hw: Tensor) -> Tensor:
        """Return kernels_BKkk, all that is kept of a target."""
        return self.head.kernels(self.levels(template_B3hw))

    def predict(self, kernels_BKkk: Tensor, search_N3HW: Tensor) -> tuple[Tensor, ...]:
        """Return the fused outputs of the last stage, in the head's order."""
        last = self.head.num_stages - 1
        outputs: tuple[Tensor, ...] = self.head(
            kernels_BKkk, self.levels(search_N3HW), first_stage=last
        )
        return outputs

    def forward(self, template_B3hw: Tensor, search_N3HW: Tensor) -> tuple[Tensor, ...]:
        """Return the fused outputs of every stage, stage after stage."""
        kernels_BKkk = self.embed(template_B3hw)
        outputs: tuple[Tensor, ...] = self.head(kernels_BKkk, self.levels(search_N3HW))
        return outputs
