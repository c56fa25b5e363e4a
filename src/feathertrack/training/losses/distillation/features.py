"""Objectives on maps of features: the student's are to be like the teacher's.

Shapes: B pairs, C channels of the student, T of the teacher, h w sides of a map.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from feathertrack.training.losses.distillation.lesson import Level

Reduction = Literal["mean", "sum"]


def attention(map_BChw: Tensor) -> Tensor:
    """F(U) = sum over the channels of |U| -> (B, h, w), whatever the number of channels is."""
    return map_BChw.abs().sum(1)


def squared_error(found: Tensor, wanted: Tensor, *, over: Reduction = "mean") -> Tensor:
    """Mean over the batch of the squared differences' mean, or sum, over everything else."""
    if over == "mean":
        return F.mse_loss(found, wanted)
    return F.mse_loss(found, wanted, reduction="sum") / len(found)


def fidelity(student: Level, teacher: Level, *, over: Reduction = "mean") -> Tensor:
    """FD = ||F(s_x) - F(t_x)||^2 + ||F(s_z) - F(t_z)||^2 for search regions x and templates z.

    CFKD's fidelity, attention transfer (Zagoruyko and Komodakis, ICLR 2017) without normalisation.

    Args:
        student: one level of the student.
        teacher: the same of the teacher, with maps of the same sides.
        over: ``mean``, as the code does and its weight of 100 supposes; ``sum``, as the thesis
            writes the norm, which is as many times larger as a map has cells.
    """
    return squared_error(
        attention(student.search), attention(teacher.search), over=over
    ) + squared_error(attention(student.template), attention(teacher.template), over=over)


def lifted_fidelity(student: Level, teacher: Level, kernel_TC11: Tensor) -> Tensor:
    """FD = ||R s_x - t_x||^2 + ||R s_z - t_z||^2, means; R lifts C channels to T.

    Wang and others, Real-time correlation tracking via joint model compression and transfer, TIP
    2020, as CFKD's code compares with it: there R is drawn once and never trained.
    """
    return squared_error(F.conv2d(student.search, kernel_TC11), teacher.search) + squared_error(
        F.conv2d(student.template, kernel_TC11), teacher.template
    )


@lru_cache(maxsize=32)
def drawn_lift(width: int, width_teacher: int, *, seed: int) -> Tensor:
    """R, Xavier normal, (T, C, 1, 1): the same for the same arguments, so that runs can go on."""
    generator = torch.Generator().manual_seed(seed)
    deviation = (2 / (width + width_teacher)) ** 0.5
    drawn: Tensor = deviation * torch.randn(width_teacher, width, 1, 1, generator=generator)
    return drawn
