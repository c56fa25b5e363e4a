"""Objectives on what a head says of boxes: near the teacher, and not worse than it.

CFKD (Duolikun, master's thesis, University College London, 2020), chapter 3, after Chen and others,
Learning Efficient Object Detection Models with Knowledge Distillation, NIPS 2017.

Shapes: B pairs, P boxes in each, K numbers for each box; L is the distance, a mean.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Distance = Literal["smooth_l1", "mse"]
"""Smooth L1 with its bend at 1, or the squared error; both are means."""

Decision = Literal["sample", "batch"]


def distance(found: Tensor, wanted: Tensor, *, kind: Distance = "smooth_l1") -> Tensor:
    """L(found, wanted), a scalar."""
    return _each(found, wanted, kind).mean()


def teacher_soft(student_BPK: Tensor, teacher_BPK: Tensor, *, kind: Distance) -> Tensor:
    """TS = L(student, teacher): the teacher's answers as targets (CFKD, "teacher soft")."""
    return distance(student_BPK, teacher_BPK, kind=kind)


def adaptive_hard(
    student_BPK: Tensor,
    teacher_BPK: Tensor,
    truth_BPK: Tensor,
    *,
    kind: Distance,
    threshold: float = 0.005,
    decided: Decision = "sample",
) -> Tensor:
    """AH = L(student, truth) where L(teacher, truth) - L(student, truth) < threshold, else 0.

    The truth teaches until the student is better than the teacher by the threshold (CFKD, equation
    3.10).

    Args:
        student_BPK: answers of the student.
        teacher_BPK: answers of the teacher.
        truth_BPK: the right answers.
        kind: the distance L.
        threshold: by how much the student must be better to be left alone.
        decided: ``sample``, for every pair by its own boxes, as the equation reads; ``batch``, for
            all pairs by their mean, as the code does.
    """
    axes = (0, 1, 2) if decided == "batch" else (1, 2)
    hard = _each(student_BPK, truth_BPK, kind).mean(axes)
    taught = _each(teacher_BPK, truth_BPK, kind).mean(axes)
    return torch.where(taught - hard < threshold, hard, 0).mean()


def _each(found: Tensor, wanted: Tensor, kind: Distance) -> Tensor:
    if kind == "mse":
        return F.mse_loss(found, wanted, reduction="none")
    return F.smooth_l1_loss(found, wanted, reduction="none")
