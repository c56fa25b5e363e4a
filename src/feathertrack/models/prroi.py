"""Precise RoI pooling: the exact mean of an interpolated feature map over every bin of a box.

Jiang et al., Acquisition of Localization Confidence for Accurate Object Detection, ECCV 2018, arXiv
1807.11590. The map is interpolated bilinearly between its cells, cell (i, j) sits at coordinate
(i, j), and all is zero outside. Bilinear interpolation is separable, and so is its integral over a
rectangle: the mean over a bin is a row of weights times the map times a column of weights. Two
matrix products do all bins of all boxes, and the gradient with respect to the boxes is exact, by
autograd or, where there is none, in the closed form of :meth:`PooledBoxes.corner_gradient`.

Shapes: N images, P boxes in each, C channels, H W sides of the map, p q sides of the pooled one;
corners are x1, y1, x2, y2 in pixels of the image.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


def prroi_pool(
    features_NCHW: Tensor,
    corners_NP4: Tensor,
    *,
    size: tuple[int, int],
    scale: float,
    weights_dtype: torch.dtype | None = None,
) -> Tensor:
    """Return pooled_NPCpq, differentiable in features and boxes.

    A box without area gives zeros, and no gradient.

    Args:
        features_NCHW: the maps.
        corners_NP4: P boxes on each of them.
        size: bins over the height and over the width of a box.
        scale: cells of the map per pixel of the image, 1/8 for a map of stride 8.
        weights_dtype: what the weights are computed in, such as torch.float64; that of the boxes
            when None, which is exact enough in float32, even for boxes thinner than a cell.

    >>> prroi_pool(torch.ones(1, 1, 9, 9), torch.tensor([[[16.0, 16, 40, 40]]]), size=(1, 1),
    ...            scale=1 / 8).item()
    1.0
    """
    pooled = pool_boxes(
        features_NCHW.permute(0, 2, 3, 1),
        corners_NP4,
        size=size,
        scale=scale,
        weights_dtype=weights_dtype,
    )
    return pooled.values_NPpqC.permute(0, 1, 4, 2, 3)


def pool_boxes(
    features_NHWC: Tensor,
    corners_NP4: Tensor,
    *,
    size: tuple[int, int],
    scale: float,
    weights_dtype: torch.dtype | None = None,
) -> PooledBoxes:
    """Pool boxes from maps whose channels come last; see :func:`prroi_pool`."""
    corners = corners_NP4.to(weights_dtype or corners_NP4.dtype) * scale
    num_images, num_boxes = corners_NP4.shape[:2]
    height, width, channels = features_NHWC.shape[1:]
    # One pass over both axes: half as many operations, of which an exporter minds every one.
    both = bin_weights(corners, bins=(size[1], size[0]), cells=max(height, width))
    weights_NP2bc = both.weights.to(features_NHWC.dtype)
    columns_NPqW = weights_NP2bc[:, :, 0, : size[1], :width]
    rows_NPpH = weights_NP2bc[:, :, 1, : size[0], :height]
    by_row_NpWC = torch.matmul(
        rows_NPpH.reshape(num_images, -1, height),
        features_NHWC.reshape(-1, height, width * channels),
    )
    by_row_NPpWC = by_row_NpWC.reshape(num_images, num_boxes, size[0], width, channels)
    values = torch.matmul(columns_NPqW.unsqueeze(2), by_row_NPpWC)
    return PooledBoxes(
        values_NPpqC=values,
        both=both,
        columns_NPqW=columns_NPqW,
        by_row_NPpWC=by_row_NPpWC,
        features_NHWC=features_NHWC,
        scale=scale,
    )


@dataclass(frozen=True, kw_only=True)
class BinWeights:
    """How much every cell counts in every bin, over the width and over the height of boxes.

    Attributes:
        weights: (N, P, 2, bins, cells); those of a bin sum up to 1 inside the map. The axis with
            fewer bins has empty ones at its end.
        edges: (N, P, 2, bins + 1), where the bins begin and end, in cells.
        shares: (2, bins + 1), where edges are on the way from the low to the high side, 0 ... 1.
    """

    weights: Tensor
    edges: Tensor
    shares: Tensor

    def corner_gradient(self, gradient_NP2bc: Tensor) -> Tensor:
        """Return the gradient (N, P, 4) of x1, y1, x2, y2 for one of the shape of the weights."""
        position = torch.arange(self.weights.shape[-1], device=gradient_NP2bc.device)
        hat = (1 - (self.edges.unsqueeze(-1) - position.to(self.edges.dtype)).abs()).clamp(min=0)
        lengths = self.edges[..., 1:] - self.edges[..., :-1]
        has_length = lengths > 0
        each = torch.where(has_length, 1 / torch.where(has_length, lengths, 1), 0)
        mean = (gradient_NP2bc * self.weights).sum(-1)
        begins = each * (mean - (gradient_NP2bc * hat[..., :-1, :]).sum(-1))
        ends = each * ((gradient_NP2bc * hat[..., 1:, :]).sum(-1) - mean)
        all_NP2 = (begins + ends).sum(-1)
        high_NP2 = (begins * self.shares[:, :-1] + ends * self.shares[:, 1:]).sum(-1)
        return torch.cat([all_NP2 - high_NP2, high_NP2], dim=-1)


def bin_weights(corners_NP4: Tensor, *, bins: tuple[int, int], cells: int) -> BinWeights:
    """Return the mean over every bin of every cell's hat function.

    The hat of cell j is 1 at j and falls to 0 at j - 1 and j + 1. Its integral is summed up over
    the parts of a bin left and right of the cell, length times mean height, so that nothing
    cancels out in bins that are thinner than a cell.

    Args:
        corners_NP4: x1, y1, x2, y2 in cells.
        bins: over the width and over the height.
        cells: of the longer axis.
    """
    low_NP2, high_NP2 = corners_NP4.chunk(2, dim=-1)
    steps = torch.arange(max(bins) + 1, device=corners_NP4.device).to(corners_NP4.dtype)
    shares = torch.stack([(steps / number).clamp(max=1) for number in bins])
    edges = low_NP2.unsqueeze(-1) + (high_NP2 - low_NP2).clamp(min=0).unsqueeze(-1) * shares
    position = torch.arange(cells, device=edges.device).to(edges.dtype)
    offset = edges.unsqueeze(-1) - position
    # Where an edge is on a cell, minimum and maximum pass one half of the gradient each: the sum
    # is right; that of clamp would count the cell twice.
    zero = torch.zeros_like(offset)
    left = torch.minimum(offset, zero).clamp(min=-1)
    right = torch.maximum(offset, zero).clamp(max=1)
    rising = _differences(left) * (1 + _sums(left) / 2)
    falling = _differences(right) * (1 - _sums(right) / 2)
    lengths = (edges[..., 1:] - edges[..., :-1]).unsqueeze(-1)
    has_length = lengths > 0
    mean = (rising + falling) / torch.where(has_length, lengths, 1)
    return BinWeights(weights=torch.where(has_length, mean, 0), edges=edges, shares=shares)


@dataclass(frozen=True, kw_only=True)
class PooledBoxes:
    """The pooled boxes, with what their gradient needs.

    Attributes:
        values_NPpqC: the means.
        both: the weights of both axes.
        columns_NPqW: those over the width, as they were applied.
        by_row_NPpWC: the maps summed up by the weights of the rows.
        features_NHWC: the maps.
        scale: cells per pixel.
    """

    values_NPpqC: Tensor
    both: BinWeights
    columns_NPqW: Tensor
    by_row_NPpWC: Tensor
    features_NHWC: Tensor
    scale: float

    def corner_gradient(self, gradient_NPpqC: Tensor) -> Tensor:
        """Return the gradient with respect to the corners, for one of the shape of the values."""
        num_images, num_boxes, bins = gradient_NPpqC.shape[:3]
        height, width, channels = self.features_NHWC.shape[1:]
        by_column_NPpqW = torch.matmul(gradient_NPpqC, self.by_row_NPpWC.transpose(-1, -2))
        weights_NP1Wq = self.columns_NPqW.transpose(-1, -2).unsqueeze(2)
        spread_NPpWC = torch.matmul(weights_NP1Wq, gradient_NPpqC)
        by_row_NpH = torch.matmul(
            spread_NPpWC.reshape(num_images, -1, width * channels),
            self.features_NHWC.reshape(-1, height, width * channels).transpose(-1, -2),
        )
        by_row_NPpH = by_row_NpH.reshape(num_images, num_boxes, bins, height)
        by_axis = [by_column_NPpqW.sum(2), by_row_NPpH]
        *_, most, cells = self.both.weights.shape
        padded = [self._filled_up(each, most=most, cells=cells) for each in by_axis]
        return self.both.corner_gradient(torch.stack(padded, dim=2)) * self.scale

    @staticmethod
    def _filled_up(gradient: Tensor, *, most: int, cells: int) -> Tensor:
        """Zeros where the other axis is longer."""
        missing = most - gradient.shape[-2], cells - gradient.shape[-1]
        return F.pad(gradient, (0, missing[1], 0, missing[0])) if any(missing) else gradient


def _differences(values: Tensor) -> Tensor:
    return values[..., 1:, :] - values[..., :-1, :]


def _sums(values: Tensor) -> Tensor:
    return values[..., 1:, :] + values[..., :-1, :]
