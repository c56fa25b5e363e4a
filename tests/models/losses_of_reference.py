"""The loss of the reference, as far as its goldens need it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def reference_loss(score_B1mn: Tensor) -> Tensor:
    """BalancedLoss of FDSiamFC against its 15 x 15 labels: 1 near the centre, else 0."""
    rows, columns = score_B1mn.shape[2:]
    y, x = torch.arange(rows) - (rows - 1) / 2, torch.arange(columns) - (columns - 1) / 2
    label = ((y.abs()[:, None] + x.abs()) <= 2).float().expand_as(score_B1mn)
    weight = label / label.sum() + (1 - label) / (1 - label).sum()
    weight = weight / weight.sum()
    return F.binary_cross_entropy_with_logits(score_B1mn, label, weight, reduction="sum")
