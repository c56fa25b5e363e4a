"""The three losses of SiamKPN, each a mean over the stages of the cascade.

Shapes: B pairs, S side of the score map. Targets are those of
``feathertrack.data.targets.keypoint_targets``. Sigmoids are taken in logarithms, so that saturated
scores stay finite, and a batch without a positive pair costs no more than its background.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

OffsetWeight = Literal["own", "code"]


def keypoint_heat_loss(score: Tensor, heat: Tensor, *, negative_weight: float = 0.05) -> Tensor:
    """Focal loss of one stage, divided by the number of peaks -> scalar.

    Args:
        score: logits (B, 1, S, S).
        heat: the wanted bump (B, S, S); only exact ones are peaks.
        negative_weight: of all that is no peak.
    """
    logit = score.float().squeeze(1)
    towards, away = torch.sigmoid(logit), torch.sigmoid(-logit)
    peak = (heat == 1).float()
    at_peak = peak * away**2 * F.logsigmoid(logit)
    elsewhere = (1 - peak) * (1 - heat) ** 4 * towards**2 * F.logsigmoid(-logit)
    return -(at_peak.sum() + negative_weight * elsewhere.sum()) / peak.sum().clamp(min=1)


def keypoint_offset_loss(
    offset: Tensor, target: Tensor, heat: Tensor, *, weighting: OffsetWeight = "own"
) -> Tensor:
    """Smooth L1 distance of weighted offsets, mean over the cells near targets -> scalar.

    Args:
        offset: raw output (B, 2, S, S).
        target: (B, 2, S, S).
        heat: the first stage's bump (B, S, S): its support is where offsets count, its height how
            much.
        weighting: ``own``: every offset is weighted by its own cell; ``code``: as the published
            code does it, whose weights run sample by sample while its offsets run channel by
            channel, so that from two positive pairs on most are weighted by another's cell.
    """
    near = heat > 0
    both = near[:, None].expand_as(target)
    found, wanted = offset.float()[both], target[both]
    if found.numel() == 0:
        return offset.float().sum() * 0
    weight = heat[near].repeat(2) if weighting == "code" else heat[:, None].expand_as(target)[both]
    return F.smooth_l1_loss(weight * found, weight * wanted)


def keypoint_size_loss(size: Tensor, target: Tensor, heat: Tensor) -> Tensor:
    """Smooth L1 distance of width and height, mean over the cells near targets -> scalar.

    Args:
        size: raw output (B, 2, S, S), pixels.
        target: (B, 2, S, S).
        heat: the first stage's bump (B, S, S), whose support counts.
    """
    both = (heat > 0)[:, None].expand_as(target)
    if not bool(both.any()):
        return size.float().sum() * 0
    return F.smooth_l1_loss(size.float()[both], target[both])


def siamkpn_loss(
    scores: Sequence[Tensor],
    offsets: Sequence[Tensor],
    sizes: Sequence[Tensor],
    heat: Tensor,
    offset: Tensor,
    size: Tensor,
    *,
    offset_weight: OffsetWeight = "own",
    negative_weight: float = 0.05,
    weights: tuple[float, float, float] = (1.0, 1.0, 0.05),
) -> dict[str, Tensor]:
    """All losses and their weighted sum: ``total``, ``heat``, ``offset``, ``size``.

    Args:
        scores: raw output of every stage that is trained, (B, 1, S, S) each.
        offsets: the same, (B, 2, S, S) each.
        sizes: the same, (B, 2, S, S) each.
        heat: wanted bumps (B, K, S, S), one for each of the stages given.
        offset: wanted offsets (B, 2, S, S).
        size: wanted sizes (B, 2, S, S).
        offset_weight: see ``keypoint_offset_loss``.
        negative_weight: see ``keypoint_heat_loss``.
        weights: of heat, offset and size in the total.

    Raises:
        ValueError: the number of stages differs.
    """
    stages = len(scores)
    if not stages == len(offsets) == len(sizes) == heat.shape[1] or stages == 0:
        raise ValueError(
            f"{stages} scores, {len(offsets)} offsets, {len(sizes)} sizes and "
            f"{heat.shape[1]} bumps: one of each per stage is needed"
        )
    first = heat[:, 0]
    heat_losses = [
        keypoint_heat_loss(score, bump, negative_weight=negative_weight)
        for score, bump in zip(scores, heat.unbind(1), strict=True)
    ]
    offset_losses = [
        keypoint_offset_loss(found, offset, first, weighting=offset_weight) for found in offsets
    ]
    size_losses = [keypoint_size_loss(found, size, first) for found in sizes]
    terms = {
        "heat": torch.stack(heat_losses).mean(),
        "offset": torch.stack(offset_losses).mean(),
        "size": torch.stack(size_losses).mean(),
    }
    total = sum(
        (weight * term for weight, term in zip(weights, terms.values(), strict=True)),
        start=heat.new_zeros(()),
    )
    return {"total": total, **terms}
