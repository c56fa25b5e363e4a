"""Views cut by torch, a batch at a time, on any device, from the same plans as OpenCV's.

The map of a view scales each axis by itself, so a bilinear crop is two lerps: of rows, then of
columns. Bytes are gathered as bytes; only what is needed becomes a float.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from feathertrack.data.augment.geometry import ViewPlan

_LUMA = (0.299, 0.587, 0.114)


def render_batch(patches: Tensor, plans: Sequence[ViewPlan]) -> tuple[Tensor, Tensor]:
    """Do to each patch what its plan says; all interpolation is bilinear.

    Args:
        patches: RGB uint8 (B, 3, P, Q), on any device; patches of one batch have one size.
        plans: B plans, of one crop size and one kind of border.

    Returns:
        float32 (B, 3, size, size), channels last in memory, and the boxes in it, x, y, w, h,
        float32 (B, 4), both on the device of the patches.

    Raises:
        ValueError: as many plans as patches are needed, and one size and border.
    """
    if len(plans) != len(patches) or not plans:
        raise ValueError(f"{len(patches)} patches but {len(plans)} plans")
    if len({(plan.size, plan.border) for plan in plans}) != 1:
        raise ValueError("the plans of a batch differ in size or border")
    device = patches.device
    numbers = torch.tensor([_numbers(plan) for plan in plans], dtype=torch.float32).to(device)
    start, step, boxes, offset, gain = torch.split(numbers, [2, 2, 4, 3, 1], dim=1)
    views = _sample(patches, start, step, plans)
    gray = [index for index, plan in enumerate(plans) if plan.gray]
    if gray:
        luma = torch.tensor(_LUMA, device=device).view(1, 3, 1, 1)
        views[gray] = (views[gray] * luma).sum(1, keepdim=True).expand(-1, 3, -1, -1)
    if any(plan.gain != 1.0 for plan in plans):
        views = torch.where(
            gain.view(-1, 1, 1, 1) == 1, views, (views * gain.view(-1, 1, 1, 1)).clamp(max=255.0)
        )
    for index, plan in enumerate(plans):
        if plan.blur is not None:
            views[index : index + 1] = _motion_blur(views[index : index + 1], *plan.blur)
    views = views - offset.view(-1, 3, 1, 1)
    return views.contiguous(memory_format=torch.channels_last), boxes


def _numbers(plan: ViewPlan) -> tuple[float, ...]:
    """All that is per pair in one row, so that it reaches the device in one transfer."""
    return (*plan.start, *plan.step, *plan.box, *(plan.offset or (0.0, 0.0, 0.0)), plan.gain)


class _Taps(NamedTuple):
    """Where the two neighbours of every crop pixel are on one axis, and their weights (B, n)."""

    first: Tensor
    second: Tensor
    weight_first: Tensor
    weight_second: Tensor


def _taps(start: Tensor, step: Tensor, *, size: int, length: int, replicate: bool) -> _Taps:
    place = start[:, None] + step[:, None] * torch.arange(size, device=start.device)
    if replicate:
        place = place.clamp(0, length - 1)
    first = place.floor()
    fraction = place - first
    second = first + 1
    return _Taps(
        first.clamp(0, length - 1).long(),
        second.clamp(0, length - 1).long(),
        (1 - fraction) * ((first >= 0) & (first < length)),
        fraction * ((second >= 0) & (second < length)),
    )


def _sample(patches: Tensor, start: Tensor, step: Tensor, plans: Sequence[ViewPlan]) -> Tensor:
    """Bilinear samples (B, 3, n, n) of (B, 3, P, Q)."""
    batch, channels, height, width = patches.shape
    size, replicate = plans[0].size, plans[0].border == "replicate"
    rows = _taps(start[:, 1], step[:, 1], size=size, length=height, replicate=replicate)
    columns = _taps(start[:, 0], step[:, 0], size=size, length=width, replicate=replicate)

    sample = torch.arange(batch, device=patches.device)[:, None]
    views = patches[sample, :, rows.first] * rows.weight_first[:, :, None, None]  # (B, n, 3, Q)
    views.addcmul_(
        patches[sample, :, rows.second].to(views.dtype), rows.weight_second[:, :, None, None]
    )
    shape = (batch, size, channels, size)
    first = views.gather(3, columns.first[:, None, None].expand(shape))
    second = views.gather(3, columns.second[:, None, None].expand(shape))
    views = first.mul_(columns.weight_first[:, None, None])
    views.addcmul_(second, columns.weight_second[:, None, None])
    views = views.transpose(1, 2)

    if not replicate and any(plan.reaches_outside(width=width, height=height) for plan in plans):
        seen_y = rows.weight_first + rows.weight_second
        seen_x = columns.weight_first + columns.weight_second
        missing = 1 - seen_y[:, None, :, None] * seen_x[:, None, None, :]
        views += patches.float().mean((2, 3), keepdim=True) * missing
    return views


def _motion_blur(view: Tensor, size: int, upright: float) -> Tensor:
    """The mean along a vertical line and along a horizontal one, weighed; (1, 3, n, n)."""
    half = size // 2
    column = F.avg_pool2d(F.pad(view, (0, 0, half, half), mode="reflect"), (size, 1), stride=1)
    row = F.avg_pool2d(F.pad(view, (half, half, 0, 0), mode="reflect"), (1, size), stride=1)
    return upright * column + (1 - upright) * row
