"""Losses on a score map whose every cell is the target or is not.

Scores are logits. Labels are 1 for the target, 0 for the background and 0.5 for neither. Every loss
takes the batch as a whole; score and label have the same shape.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def balanced_logistic(score: Tensor, label: Tensor, *, negative_weight: float = 1.0) -> Tensor:
    """Logistic loss in which targets together weigh as much as the background -> scalar.

    Cells of label 0.5 do not count; a class that is absent leaves all weight to the other
    (FDSiamFC, ``BalancedLoss``).

    Args:
        score: logits.
        label: 1, 0.5 or 0.
        negative_weight: weight of the background, the targets' being 1.

    >>> score, label = torch.zeros(1, 3), torch.tensor([[1.0, 0.0, 0.0]])
    >>> round(float(balanced_logistic(score, label)), 4)
    0.6931
    """
    _check(score, label)
    positive, negative = (label == 1).float(), (label == 0).float()
    weight = positive / positive.sum().clamp(min=1)
    weight = weight + negative_weight * negative / negative.sum().clamp(min=1)
    weight = weight / weight.sum().clamp(min=1e-12)
    return F.binary_cross_entropy_with_logits(score.float(), label.float(), weight, reduction="sum")


def focal_logistic(score: Tensor, label: Tensor, *, gamma: float = 2.0) -> Tensor:
    """Logistic loss in which what is answered well counts little -> scalar.

    The weights are not constants: gradients flow through them and through their mean, by which the
    loss is divided (FDSiamFC, ``FocalLoss``).

    Args:
        score: logits.
        label: 0..1.
        gamma: how fast the weight falls; 0 is the plain logistic loss.
    """
    _check(score, label)
    score, label = score.float(), label.float()
    towards, away = torch.sigmoid(score), torch.sigmoid(-score)
    positive, negative = label * away**gamma, (1 - label) * towards**gamma
    loss = -(positive * F.logsigmoid(score) + negative * F.logsigmoid(-score)).mean()
    return loss / (positive + negative).mean().clamp(min=1e-12)


def hard_negative_logistic(score: Tensor, label: Tensor, *, ratio: float = 3.0) -> Tensor:
    """Mean logistic loss of all targets and of the hardest background cells -> scalar.

    Args:
        score: logits.
        label: what is above 0 is target, 0.5 too.
        ratio: background cells per target cell; where there are fewer, all are taken, where the
            reference stops with an error (FDSiamFC, ``OHNMLoss``).
    """
    _check(score, label)
    positive = label > 0
    background = score[~positive]
    most = min(int(ratio * int(positive.sum())), background.numel())
    hardest = background.topk(most).values
    chosen = torch.cat([score[positive], hardest]).float()
    wanted = torch.cat([label[positive].float(), torch.zeros_like(hardest, dtype=torch.float32)])
    if chosen.numel() == 0:
        return score.float().sum() * 0
    return F.binary_cross_entropy_with_logits(chosen, wanted)


class HarmonizedLogistic(nn.Module):
    """Logistic loss in which cells of a rare difficulty count as much as those of a common one.

    The difficulty is |sigmoid(score) - label|; how many cells have had each difficulty is averaged
    over calls and kept in a buffer, so it is saved with the task (GHM-C of FDSiamFC).

    Attributes:
        counts: the averaged counts, float32 (bins,).
    """

    counts: Tensor
    edges: Tensor

    def __init__(self, *, bins: int = 30, momentum: float = 0.5) -> None:
        super().__init__()
        self.bins = bins
        self.momentum = momentum
        edges = torch.linspace(0, 1, bins + 1)
        edges[-1] += 1e-6
        self.register_buffer("edges", edges, persistent=False)
        self.register_buffer("counts", torch.zeros(bins))

    def forward(self, score: Tensor, label: Tensor) -> Tensor:
        """Return the loss of a batch, a scalar; in training mode the counts move."""
        _check(score, label)
        score, label = score.float(), label.float()
        difficulty = (torch.sigmoid(score) - label).abs().detach()
        place = torch.bucketize(difficulty, self.edges, right=True) - 1
        now = torch.bincount(place.flatten().clamp(0, self.bins - 1), minlength=self.bins).float()
        mean = self.momentum * self.counts + (1 - self.momentum) * now
        counts = torch.where(now > 0, mean, self.counts) if self.momentum > 0 else now
        if self.training:
            self.counts.copy_(counts)
        weight = score.numel() / counts.clamp(min=1e-12)
        weights = weight[place.clamp(0, self.bins - 1)]
        weights = weights / weights.mean()
        return F.binary_cross_entropy_with_logits(score, label, weights)


def _check(score: Tensor, label: Tensor) -> None:
    if score.shape != label.shape:
        raise ValueError(
            f"score {tuple(score.shape)} and label {tuple(label.shape)} differ in shape"
        )
