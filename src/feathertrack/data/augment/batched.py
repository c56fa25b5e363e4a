"""Views cut by torch, a batch at a time, on any device, from the same plans as OpenCV's.

The map of a view scales each axis by itself, so a bilinear crop is two lerps: of rows, then of
columns. Bytes are gathered as bytes; only what is needed becomes a float.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
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
        float32 (B, 3, size, size) and the boxes in it, x, y, w, h, float32 (B, 4), both on the
        device of the patches.

    Raises:
        ValueError: as many plans as patches are needed, and one size and border.
    """
    if len(plans) != len(patches) or not plans:
        raise ValueError(f"{len(patches)} patches but {len(plans)} plans")
    if len({(plan.size, plan.border) for plan in plans}) != 1:
        raise ValueError("the plans of a batch differ in size or border")
    device = patches.device
    start, step, offset, gain, boxes = (
        _table([_numbers(plan)[column] for plan in plans], device) for column in range(5)
    )
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
    return views - offset.view(-1, 3, 1, 1), boxes


def _numbers(plan: ViewPlan) -> tuple[Sequence[float], ...]:
    offset = plan.offset or (0.0, 0.0, 0.0)
    return plan.start, plan.step, offset, (plan.gain,), plan.box


def _table(rows: list[Sequence[float]], device: torch.device) -> Tensor:
    return torch.from_numpy(np.array(rows, dtype=np.float32)).to(device, non_blocking=True)


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
    batch, _, height, width = patches.shape
    size, replicate = plans[0].size, plans[0].border == "replicate"
    rows = _taps(start[:, 1], step[:, 1], size=size, length=height, replicate=replicate)
    columns = _taps(start[:, 0], step[:, 0], size=size, length=width, replicate=replicate)

    def lerp(source: Tensor, taps: _Taps, dim: int) -> Tensor:
        shape = [batch, 1, 1, 1]
        shape[dim] = size
        target = list(source.shape)
        target[dim] = size
        first = source.gather(dim, taps.first.view(shape).expand(target))
        second = source.gather(dim, taps.second.view(shape).expand(target))
        return first * taps.weight_first.view(shape) + second * taps.weight_second.view(shape)

    views = lerp(lerp(patches, rows, 2), columns, 3)
    outside = [plan.reaches_outside(width=width, height=height) for plan in plans]
    if not replicate and any(outside):
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
