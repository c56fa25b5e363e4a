"""Feather: one map, one correlation with every cell of the template, boxes from cells.

Ours: the family of the networks that are shipped. An ImageNet-trained MobileNetV2, cut where its
map has stride 16, sees both images. Each of the 8 x 8 cells of the template is a kernel of 1 x 1
(the pixel-wise correlation of LightTrack, Yan et al., arXiv 2104.14545, and of FEAR, Borsuk et al.,
arXiv 2112.07957); its answers and the features of the search region are fused, and two towers of
depth-wise separable convolutions say how well the box of a cell fits, and what that box is.

Outputs are ``score`` (N, 1, m, n), the logit of the overlap that a cell's box is expected to have
with the target, and ``box`` (N, 4, m, n): distances to the left, top, right and bottom of the box,
in pixels of the search region, from the place of the cell.

**Where cells are.** Cell (r, c) stands at x = 16 c, y = 16 r, in pixels from the region's left and
upper border: a padded convolution of stride 2 keeps its first pixel. So the map is not symmetric:
of 16 cells the ninth is in the middle of 256 pixels. FEAR counts its cells in the same way.

Shapes: B templates, N search regions (a multiple of B), C channels, K template cells, H W pixels,
m n cells of the search region. Images are RGB, 0..255.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from feathertrack.errors import InputError
from feathertrack.models.backbones.strided_mobilenetv2 import StridedMobileNetV2, activated
from feathertrack.models.correlation import pixelwise_xcorr
from feathertrack.models.heads.branch import centre
from feathertrack.models.network import Network
from feathertrack.models.registry import register

TEMPLATE_CELLS = 8
"""Cells of a template of 128 pixels, on a side."""

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

_MOST_BLOCKS = (1, 2, 3, 4, 3)
"""Of each width: as many as MobileNetV2 has."""

_LARGEST_LOGARITHM = 4.0
"""Of a distance in cells: exp(4) cells are 874 pixels, more than any search region needs."""

_unit = partial(activated, activation=nn.ReLU)

_PRIOR_LOGIT, _PRIOR_LOGARITHM = -4.0, 0.47
"""What an untrained network says: no target anywhere, and boxes of a fifth of 256 pixels."""


class Feather(Network):
    """Trunk, neck, correlation and two towers.

    Args:
        blocks: of the trunk: number of blocks of 16, 24, 32, 64 and, if named, 96 channels.
        width: channels of neck and towers.
        tower: blocks of each tower.
        kernel: side of the towers' depth-wise convolutions.
        fine: whether the trunk's map of stride 8 is pooled into that of stride 16.
        cells: cells on a side in the middle of the template that become kernels.
    """

    family = "feather"
    stride = 16
    template_size = 128
    search_size = 256
    any_search_size = True

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        *,
        blocks: Sequence[int],
        width: int,
        tower: int,
        kernel: int = 3,
        fine: bool = False,
        cells: int = TEMPLATE_CELLS,
    ) -> None:
        super().__init__()
        _check(blocks, cells=cells, width=width, tower=tower, kernel=kernel)
        self.cells = cells
        deepest = len(blocks) - 1
        used = (2, deepest) if fine else (deepest,)
        self.trunk = StridedMobileNetV2(used=used, blocks=tuple(blocks))
        widths = self.trunk.widths
        self.fine = _unit(widths[0], widths[0], kernel=3, stride=2) if fine else None
        self.neck = nn.Sequential(
            nn.Conv2d(sum(widths), width, 1, bias=False), nn.BatchNorm2d(width)
        )
        self.fuse = _unit(cells**2 + width, width, kernel=1)
        self.score_tower = _tower(width, blocks=tower, kernel=kernel)
        self.box_tower = _tower(width, blocks=tower, kernel=kernel)
        self.score = nn.Conv2d(width, 1, 1)
        self.box = nn.Conv2d(width, 4, 1)
        for name, values in (("mean", _MEAN), ("std", _STD)):
            self.register_buffer(name, torch.tensor(values)[:, None, None] * 255, persistent=False)
        self._begin()

    def features(self, image_B3HW: Tensor) -> Tensor:
        """Return what the neck makes of images, (B, C, h, w) of stride 16."""
        levels = self.trunk((image_B3HW - self.mean) / self.std)
        if self.fine is not None:
            levels = [self.fine(levels[0]), levels[1]]
        features: Tensor = self.neck(levels[0] if len(levels) == 1 else torch.cat(levels, dim=1))
        return features

    def embed(self, template_B3hw: Tensor) -> Tensor:
        """Return kernels_BKC, each of length 1: all that is kept of a target."""
        features_BChw = centre(self.features(template_B3hw), self.cells)
        return F.normalize(features_BChw, dim=1).flatten(2).transpose(1, 2)

    def predict(self, kernels_BKC: Tensor, search_N3HW: Tensor) -> tuple[Tensor, Tensor]:
        """Return score_N1mn and box_N4mn; of the kernels, which may be blends, directions count."""
        features_NCmn = self.features(search_N3HW)
        kernels_BKC = F.normalize(kernels_BKC.to(features_NCmn.dtype), dim=2)
        response_NKmn = pixelwise_xcorr(features_NCmn, kernels_BKC)
        fused = self.fuse(torch.cat([response_NKmn, features_NCmn], dim=1))
        logarithm = self.box(self.box_tower(fused)).clamp(-_LARGEST_LOGARITHM, _LARGEST_LOGARITHM)
        return self.score(self.score_tower(fused)), self.stride * torch.exp(logarithm)

    def forward(self, template_B3hw: Tensor, search_N3HW: Tensor) -> tuple[Tensor, Tensor]:
        """Return both outputs of templates in search regions."""
        return self.predict(self.embed(template_B3hw), search_N3HW)

    def _begin(self) -> None:
        """The answers of an untrained network."""
        for output, value in ((self.score, _PRIOR_LOGIT), (self.box, _PRIOR_LOGARITHM)):
            nn.init.normal_(output.weight, std=0.01)
            assert output.bias is not None
            nn.init.constant_(output.bias, value)


def _tower(width: int, *, blocks: int, kernel: int) -> nn.Sequential:
    """Depth-wise separable convolutions that keep the size of the map."""
    parts = []
    for _ in range(blocks):
        parts += [
            _unit(width, width, kernel=kernel, groups=width),
            _unit(width, width, kernel=1),
        ]
    return nn.Sequential(*parts)


def _check(blocks: Sequence[int], *, cells: int, width: int, tower: int, kernel: int) -> None:
    if len(blocks) not in (4, 5) or not all(
        1 <= count <= most for count, most in zip(blocks, _MOST_BLOCKS, strict=False)
    ):
        raise InputError(
            f"blocks are numbers, at least 1 and at most {list(_MOST_BLOCKS)}, for 16, 24, 32, 64 "
            f"and perhaps 96 channels, got {list(blocks)}"
        )
    if not 1 <= cells <= TEMPLATE_CELLS:
        raise InputError(f"cells are 1 to {TEMPLATE_CELLS}, got {cells}")
    if width < 1 or tower < 0 or kernel % 2 == 0:
        raise InputError(
            f"width is at least 1, tower at least 0 and kernel odd, got {width}, {tower}, {kernel}"
        )


@register
def feather_nano(
    *,
    blocks: Sequence[int] = (1, 2, 3, 4, 1),
    width: int = 96,
    tower: int = 3,
    kernel: int = 3,
    cells: int = TEMPLATE_CELLS,
) -> Feather:
    """Build the smallest: one block of 96 channels; it is trained to see regions of few pixels."""
    return Feather(blocks=blocks, width=width, tower=tower, kernel=kernel, cells=cells)


@register
def feather_small(
    *,
    blocks: Sequence[int] = (1, 2, 3, 4, 3),
    width: int = 96,
    tower: int = 3,
    kernel: int = 3,
    cells: int = TEMPLATE_CELLS,
) -> Feather:
    """Build the one in the middle: all of MobileNetV2 up to 96 channels."""
    return Feather(blocks=blocks, width=width, tower=tower, kernel=kernel, cells=cells)


@register
def feather_base(
    *,
    blocks: Sequence[int] = (1, 2, 3, 4, 3),
    width: int = 96,
    tower: int = 3,
    kernel: int = 3,
    cells: int = TEMPLATE_CELLS,
) -> Feather:
    """Build the largest: that of stride 8 is fused into the map; it sees regions of many pixels."""
    return Feather(blocks=blocks, width=width, tower=tower, kernel=kernel, fine=True, cells=cells)
