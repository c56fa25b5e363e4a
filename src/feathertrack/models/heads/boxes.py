"""The head that ATOM and DRNet share: what a box on one image says about the target of another.

A reference branch turns the target of the first frame into two vectors, the *modulation*, which
weigh the channels of the test branch's maps; from these every proposed box is pooled and judged.
ATOM predicts the overlap of a box with the target, DRNet the way from the box to the target's.

Shapes: B targets, N search regions (a multiple of B), P boxes in each, C channels of the head,
h w sides of a map; boxes are x, y, w, h in pixels of their image.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from feathertrack.models.prroi import PooledBoxes, pool_boxes, prroi_pool

STRIDES = (8, 16)
"""Pixels per cell of the two levels that the head takes."""

_TEST_BINS = (5, 3)

Pair = tuple[Tensor, Tensor]


class LinearBlock(nn.Module):
    """Linear layer, batch norm and ReLU on pooled boxes."""

    batchnorm_pairs = (("linear", "bn"),)

    def __init__(self, width_in: int, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width_in, width)
        self.bn = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, pooled_MD: Tensor) -> Tensor:
        """(M, width_in) -> (M, width)."""
        normed = self.bn(self.linear(pooled_MD)[:, :, None, None])
        active: Tensor = self.relu(normed)
        return active.flatten(1)

    def back(self, gradient_MC: Tensor, *, output_MC: Tensor) -> Tensor:
        """Return the gradient with respect to the input, (M, width_in), in evaluation mode."""
        gradient = torch.where(output_MC > 0, gradient_MC, 0)
        if isinstance(self.bn, nn.BatchNorm2d) and self.bn.running_var is not None:
            gradient = gradient * (self.bn.weight / torch.sqrt(self.bn.running_var + self.bn.eps))
        return gradient @ self.linear.weight


class BoxHead(nn.Module):
    """Both branches, under their official names; a subclass adds the last layer.

    Args:
        widths_in: channels of the backbone's levels of stride 8 and 16.
        width: channels of the head; 256 in the original.
    """

    def __init__(self, widths_in: Sequence[int], width: int) -> None:
        super().__init__()
        in3, in4 = widths_in
        self.conv3_1r = _convolution(in3, width // 2)
        self.conv3_1t = _convolution(in3, width)
        self.conv3_2t = _convolution(width, width)
        self.fc3_1r = _convolution(width // 2, width, padding=0)
        self.conv4_1r = _convolution(in4, width)
        self.conv4_1t = _convolution(in4, width)
        self.conv4_2t = _convolution(width, width)
        self.fc34_3r = _convolution(2 * width, width, kernel=1, padding=0)
        self.fc34_4r = _convolution(2 * width, width, kernel=1, padding=0)
        self.fc3_rt = LinearBlock(width * _TEST_BINS[0] ** 2, width)
        self.fc4_rt = LinearBlock(width * _TEST_BINS[1] ** 2, width)

    @property
    def predictor(self) -> nn.Linear:
        """The last layer, whatever its official name is."""
        raise NotImplementedError

    def modulation(self, levels: Sequence[Tensor], boxes_B4: Tensor) -> Pair:
        """Return two vectors (B, C) for the target boxes of B images."""
        corners_B14 = corners(boxes_B4).unsqueeze(1)
        map3, map4 = self.conv3_1r(levels[0]), self.conv4_1r(levels[1])
        roi3 = _pooled(map3, corners_B14, bins=3, stride=STRIDES[0])
        roi4 = _pooled(map4, corners_B14, bins=1, stride=STRIDES[1])
        both = torch.cat([self.fc3_1r(roi3), roi4], dim=1)
        return self.fc34_3r(both).flatten(1), self.fc34_4r(both).flatten(1)

    def test_maps(self, levels: Sequence[Tensor]) -> Pair:
        """Return the test branch's maps (N, C, h, w) of strides 8 and 16, not modulated."""
        map3 = self.conv3_2t(self.conv3_1t(levels[0]))
        return map3, self.conv4_2t(self.conv4_1t(levels[1]))

    def predict(self, maps_NhwC: Sequence[Tensor], boxes_NP4: Tensor) -> Tensor:
        """Return the outputs (N, P, K) of boxes on modulated maps."""
        return self.judge(self.pool(maps_NhwC, boxes_NP4))[0]

    def pool(self, maps_NhwC: Sequence[Tensor], boxes_NP4: Tensor) -> tuple[PooledBoxes, ...]:
        """Pool the boxes from both maps, in float32 at least: eight bits do not place a box."""
        where = corners(boxes_NP4.to(torch.promote_types(boxes_NP4.dtype, torch.float32)))
        return tuple(
            pool_boxes(values.to(where.dtype), where, size=(bins, bins), scale=1 / stride)
            for values, bins, stride in zip(maps_NhwC, _TEST_BINS, STRIDES, strict=True)
        )

    def judge(self, pooled: Sequence[PooledBoxes]) -> tuple[Tensor, Pair]:
        """Return the outputs (N, P, K) of pooled boxes, and what goes into the last layer."""
        num_images, num_boxes = pooled[0].values_NPpqC.shape[:2]
        dtype = self.predictor.weight.dtype
        flat3, flat4 = (
            boxes.values_NPpqC.permute(0, 1, 4, 2, 3).flatten(2).flatten(0, 1).to(dtype)
            for boxes in pooled
        )
        hidden = self.fc3_rt(flat3), self.fc4_rt(flat4)
        outputs: Tensor = self.predictor(torch.cat(hidden, dim=1))
        return outputs.reshape(num_images, num_boxes, -1), hidden


def corners(boxes: Tensor) -> Tensor:
    """Boxes x, y, w, h -> x1, y1, x2, y2.

    >>> corners(torch.tensor([2.0, 3.0, 10.0, 20.0]))
    tensor([ 2.,  3., 12., 23.])
    """
    return torch.cat([boxes[..., :2], boxes[..., :2] + boxes[..., 2:]], dim=-1)


def modulate(maps: Sequence[Tensor], modulation: Sequence[Tensor]) -> Pair:
    """Weigh the channels of maps (N, C, h, w); region i belongs to target i % B -> (N, h, w, C)."""
    first, second = (_weighed(*both) for both in zip(maps, modulation, strict=True))
    return first, second


def _weighed(map_NChw: Tensor, weights_BC: Tensor) -> Tensor:
    by_target = map_NChw.reshape(-1, *weights_BC.shape, *map_NChw.shape[2:])
    weighed = by_target * weights_BC[None, :, :, None, None]
    return weighed.reshape(map_NChw.shape).permute(0, 2, 3, 1).contiguous()


def initialise(head: BoxHead, *, random_norms: bool) -> None:
    """Draw fresh weights as the authors do: Kaiming normal, and batch norms of weight U(0, 1)."""
    for module in head.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            nn.init.kaiming_normal_(module.weight, mode="fan_in")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d) and random_norms:
            nn.init.uniform_(module.weight)


def _convolution(width_in: int, width: int, *, kernel: int = 3, padding: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(width_in, width, kernel, padding=padding),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    )


def _pooled(map_BChw: Tensor, corners_B14: Tensor, *, bins: int, stride: int) -> Tensor:
    """The one box of every image, (B, C, bins, bins)."""
    precise = torch.promote_types(corners_B14.dtype, torch.float32)
    pooled = prroi_pool(
        map_BChw.to(precise), corners_B14.to(precise), size=(bins, bins), scale=1 / stride
    )
    return pooled.squeeze(1).to(map_BChw.dtype)
