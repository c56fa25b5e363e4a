"""The two losses of SiamRPN: is an anchor the target, and how has it to move.

Shapes: B pairs, A anchor shapes, S side of the score map. Targets are those of
``feathertrack.data.targets.anchor_targets``.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Normalization = Literal["pysot", "mmtracking"]


def anchor_class_loss(
    score: Tensor, label: Tensor, *, normalization: Normalization = "pysot"
) -> Tensor:
    """Cross entropy of target against background, half the weight to each -> scalar.

    Args:
        score: raw output (B, 2A, S, S): A channels of background, then A of target.
        label: (B, A, S, S): 1 target, 0 background, -1 not counted.
        normalization: ``pysot`` takes the mean over all targets of the batch and over all
            background; ``mmtracking`` over those of each pair, then the mean over pairs. A class
            that is absent adds nothing. (A batch's only target counts here; pysot's code loses it.)

    Raises:
        ValueError: the shapes do not fit.
    """
    batch, anchors, height, width = label.shape
    if score.shape != (batch, 2 * anchors, height, width):
        raise ValueError(f"scores {tuple(score.shape)} do not fit labels {tuple(label.shape)}")
    margin = score.float().view(batch, 2, anchors, height, width)
    margin = (margin[:, 1] - margin[:, 0]).flatten(1)
    flat = label.flatten(1)
    dims = (0, 1) if normalization == "pysot" else (1,)
    loss = margin.new_zeros(())
    for wanted, logit in ((1, margin), (0, -margin)):
        chosen = (flat == wanted).float()
        mean = (-F.logsigmoid(logit) * chosen).sum(dims) / chosen.sum(dims).clamp(min=1)
        loss = loss + 0.5 * mean.mean()
    return loss


def anchor_box_loss(delta: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Plain L1 distance of predicted and wanted moves, summed over 4 numbers, per pair -> scalar.

    Args:
        delta: raw output (B, 4A, S, S): A channels of dx, then of dy, dw, dh.
        target: (B, 4, A, S, S).
        weight: (B, A, S, S); negative pairs weigh 0 but count in the mean over the batch.

    Raises:
        ValueError: the shapes do not fit.
    """
    if delta.shape != target.flatten(1, 2).shape:
        raise ValueError(f"moves {tuple(delta.shape)} do not fit targets {tuple(target.shape)}")
    distance = (delta.float().view_as(target) - target).abs().sum(1)
    return torch.sum(distance * weight) / len(delta)


def siamrpn_loss(
    score: Tensor,
    delta: Tensor,
    label: Tensor,
    target: Tensor,
    weight: Tensor,
    *,
    normalization: Normalization = "pysot",
    class_weight: float = 1.0,
    box_weight: float = 1.2,
) -> dict[str, Tensor]:
    """Both losses and their weighted sum: ``total``, ``class``, ``box``.

    Args:
        score: raw output (B, 2A, S, S).
        delta: raw output (B, 4A, S, S).
        label: (B, A, S, S).
        target: (B, 4, A, S, S).
        weight: (B, A, S, S).
        normalization: of the class loss.
        class_weight: of the class loss in the total.
        box_weight: of the box loss in the total.
    """
    class_loss = anchor_class_loss(score, label, normalization=normalization)
    box_loss = anchor_box_loss(delta, target, weight)
    total = class_weight * class_loss + box_weight * box_loss
    return {"total": total, "class": class_loss, "box": box_loss}
