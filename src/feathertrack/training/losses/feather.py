"""What the cells of a Feather network should say, and the losses of what they do say.

Distances are left, top, right and bottom of a box from the place of a cell, in pixels; those of a
true box are negative where the cell is outside. All is computed in float32.

Shapes: B pairs, S side of the score map.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

_CORE = 0.5
"""Cells count as the target in a box so many times its size, around its middle."""

_LEAST_WEIGHT = 0.05
"""Of a cell of the target in the loss of boxes: one at the border, or outside, of a thin target."""


class CellTargets(NamedTuple):
    """What the cells should say.

    Attributes:
        is_target: (B, S, S), whether a cell counts as the target; all are background in a negative
            pair, and at least one is not in a positive one.
        distances: (B, 4, S, S), of the true box.
        weight: (B, S, S), of the box of a cell: 1 in the middle of the target, less towards its
            border, 0 where ``is_target`` is not.
    """

    is_target: Tensor
    distances: Tensor
    weight: Tensor


def cell_targets(boxes_B4: Tensor, positive_B: Tensor, *, size: int, stride: int) -> CellTargets:
    """Targets of a batch: the cells in the inner half of a box, and the one nearest its middle.

    Args:
        boxes_B4: the target in each search region, x, y, w, h, in pixels.
        positive_B: whether it is there.
        size: S.
        stride: pixels per cell; cell (r, c) is at x = stride * c, y = stride * r.

    >>> boxes = torch.tensor([[20.0, 30.0, 40.0, 40.0]])
    >>> cell_targets(boxes, torch.tensor([True]), size=4, stride=16).is_target.nonzero().tolist()
    [[0, 3, 2], [0, 3, 3]]
    """
    boxes_B4 = boxes_B4.float()
    place_S = stride * torch.arange(size, device=boxes_B4.device, dtype=torch.float32)
    near, ends = [], []
    for axis in (0, 1):
        first, length = boxes_B4[:, axis, None], boxes_B4[:, axis + 2, None]
        away_BS = (place_S - first - length / 2).abs()
        nearest = F.one_hot(away_BS.argmin(1), size).bool()
        near.append((away_BS <= _CORE * length / 2, nearest))
        ends.append((place_S - first, first + length - place_S))
    (across, column), (down, row) = near
    is_target = (down[:, :, None] & across[:, None, :]) | (row[:, :, None] & column[:, None, :])
    is_target = is_target & positive_B.bool()[:, None, None]
    left, right = (one[:, None, :].expand(-1, size, -1) for one in ends[0])
    top, bottom = (one[:, :, None].expand(-1, -1, size) for one in ends[1])
    distances = torch.stack([left, top, right, bottom], dim=1)
    weight = centredness(distances).clamp(min=_LEAST_WEIGHT) * is_target
    return CellTargets(is_target, distances, weight)


def centredness(distances_B4SS: Tensor) -> Tensor:
    """How far in the middle of a box a cell is, (B, S, S): 1 there, 0 at its border and outside.

    The square root of the product of the ratios of opposite distances (FCOS, Tian et al., arXiv
    1904.01355).
    """
    left, top, right, bottom = distances_B4SS.clamp(min=0).unbind(1)
    ratios = [
        torch.minimum(one, other) / torch.maximum(one, other).clamp(min=1e-6)
        for one, other in ((left, right), (top, bottom))
    ]
    return torch.sqrt(ratios[0] * ratios[1])


def overlaps(found_B4SS: Tensor, wanted_B4SS: Tensor) -> tuple[Tensor, Tensor]:
    """Overlap of two boxes at every cell, and their generalised overlap, both (B, S, S).

    The first is 0..1, the second -1..1 (Rezatofighi et al., arXiv 1902.09630).
    """
    shared, enclosing = (pick(found_B4SS, wanted_B4SS) for pick in (torch.minimum, torch.maximum))
    shared_area = (shared[:, 0] + shared[:, 2]).clamp(min=0) * (shared[:, 1] + shared[:, 3]).clamp(
        min=0
    )
    union = _area(found_B4SS) + _area(wanted_B4SS) - shared_area
    overlap = shared_area / union.clamp(min=1e-6)
    outside = (_area(enclosing) - union) / _area(enclosing).clamp(min=1e-6)
    return overlap, overlap - outside


def _area(distances_B4SS: Tensor) -> Tensor:
    left, top, right, bottom = distances_B4SS.unbind(1)
    return (left + right) * (top + bottom)


def quality_loss(
    score_BSS: Tensor,
    quality_BSS: Tensor,
    is_target_BSS: Tensor,
    *,
    focus: float = 2.0,
    negative_weight: float = 1.0,
) -> Tensor:
    """How far scores are from the overlaps that they stand for, per cell of a target -> scalar.

    At cells of the target the divergence of the wanted probability from that of the score, which is
    0 where they are equal; elsewhere the cross entropy of "nothing is here", times the score to the
    power of ``focus``, so that the many easy cells weigh little.

    Args:
        score_BSS: logits.
        quality_BSS: overlaps 0..1, constants.
        is_target_BSS: which cells are of the target.
        focus: 0 weighs all cells of the background alike.
        negative_weight: of the background.
    """
    score = score_BSS.float()
    target = is_target_BSS.float()
    at_target = divergence(score, quality_BSS) * target
    elsewhere = torch.sigmoid(score) ** focus * F.softplus(score) * (1 - target)
    return (at_target.sum() + negative_weight * elsewhere.sum()) / target.sum().clamp(min=1)


def divergence(score: Tensor, wanted: Tensor) -> Tensor:
    """Cross entropy of logits with probabilities, less what no logit can avoid: at least 0."""
    wanted = wanted.detach().float()
    entropy = F.binary_cross_entropy(wanted, wanted, reduction="none")
    crossed = F.binary_cross_entropy_with_logits(score.float(), wanted, reduction="none")
    return crossed - entropy


def box_loss(generalised_BSS: Tensor, weight_BSS: Tensor) -> Tensor:
    """One less the generalised overlap, the mean over weighted cells -> scalar."""
    total = weight_BSS.sum().clamp(min=1e-6)
    return ((1 - generalised_BSS) * weight_BSS).sum() / total
