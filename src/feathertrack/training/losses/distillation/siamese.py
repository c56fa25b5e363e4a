"""Objectives for students of siamese families: maps, scores and boxes like the teacher's.

Features: Romero and others, FitNets, ICLR 2015 (a learned 1 x 1 convolution between widths, here).
Scores: Hinton and others, arXiv 1503.02531, for every anchor or cell; boxes: regression towards the
teacher where it sees the target, after Chen and others, NIPS 2017. The forms are ours.

Shapes: B pairs, A anchors of a cell, K numbers of each, C channels, m n and h w sides of maps.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Balance = Literal["teacher", "none"]

_NEARLY = 1e-6


@dataclass(frozen=True, kw_only=True)
class SiameseSeen:
    """What a siamese network makes of a batch, in float32.

    Attributes:
        templates: what its head gets of the templates, (B, C, h, w), by levels that are counted
            from the last one, -1, -2, ...
        searches: the same of the search regions.
        scores: logits of "the target is here", (B, A, m, n).
        numbers: what is said of boxes, (B, K, A, m, n) by name; {} where nothing is.
        stride: pixels of a crop per cell, of all of them.
    """

    templates: Mapping[int, Tensor]
    searches: Mapping[int, Tensor]
    scores: Tensor
    numbers: Mapping[str, Tensor]
    stride: int


@dataclass(frozen=True, kw_only=True)
class SiameseTerm:
    """One objective and its weight.

    Attributes:
        name: what it is called in the log.
        weight: in the sum; a term of weight 0 is not computed.
    """

    name: str
    weight: float = 1.0

    def loss(self, student: SiameseSeen, teacher: SiameseSeen) -> Tensor:
        """Return the objective, a scalar, not weighted; levels of both have the same widths."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class MatchedFeatures(SiameseTerm):
    """See ``feature_distance``.

    Attributes:
        levels: numbers of the levels; () is all that both networks have.
    """

    name: str = "features"
    levels: tuple[int, ...] = ()

    def loss(self, student: SiameseSeen, teacher: SiameseSeen) -> Tensor:
        """Return the mean of ``feature_distance`` over levels, templates and search regions."""
        strides = (student.stride, teacher.stride)
        pairs = [
            (own[number], other[number])
            for own, other in (
                (student.templates, teacher.templates),
                (student.searches, teacher.searches),
            )
            for number in self.chosen(student, teacher)
        ]
        return torch.stack([feature_distance(*pair, strides=strides) for pair in pairs]).mean()

    def chosen(self, student: SiameseSeen, teacher: SiameseSeen) -> tuple[int, ...]:
        """Numbers of the levels that are compared."""
        return self.levels or tuple(sorted(set(student.searches) & set(teacher.searches)))


@dataclass(frozen=True, kw_only=True)
class SoftScores(SiameseTerm):
    """See ``soft_scores``.

    Attributes:
        temperature: by which all logits are divided.
        balance: ``teacher`` gives half of the weight to what the teacher takes for the target;
            ``none`` the same weight to every anchor, nearly all of which are background.
    """

    name: str = "soft_scores"
    temperature: float = 1.0
    balance: Balance = "teacher"

    def loss(self, student: SiameseSeen, teacher: SiameseSeen) -> Tensor:
        """Return ``soft_scores`` of the cells that both have."""
        strides = (student.stride, teacher.stride)
        return soft_scores(
            *aligned(student.scores, teacher.scores, strides=strides),
            temperature=self.temperature,
            balance=self.balance,
        )


@dataclass(frozen=True, kw_only=True)
class SoftNumbers(SiameseTerm):
    """See ``soft_numbers``.

    Attributes:
        output: ``boxes`` of SiamRPN, ``offsets`` or ``sizes`` of SiamKPN.
    """

    name: str = "soft_boxes"
    output: str = "boxes"

    def loss(self, student: SiameseSeen, teacher: SiameseSeen) -> Tensor:
        """Return ``soft_numbers`` of the cells that both have."""
        strides = (student.stride, teacher.stride)
        found, wanted = aligned(
            student.numbers[self.output], teacher.numbers[self.output], strides=strides
        )
        _, scores = aligned(student.scores, teacher.scores, strides=strides)
        return soft_numbers(found, wanted, scores.sigmoid())


def feature_distance(student: Tensor, teacher: Tensor, *, strides: tuple[int, int]) -> Tensor:
    """||s - t||^2 / ||t||^2, means over batch, channels and the cells that both have -> scalar."""
    found, wanted = aligned(student, teacher, strides=strides)
    return (found - wanted).square().mean() / wanted.square().mean().clamp(min=1e-12)


def soft_scores(
    student: Tensor, teacher: Tensor, *, temperature: float = 1.0, balance: Balance = "teacher"
) -> Tensor:
    """T^2 KL(t || s) of "target" against "background", a weighted mean over anchors -> scalar.

    Args:
        student: logits (B, A, m, n).
        teacher: the same.
        temperature: T.
        balance: ``teacher``: anchors weigh by the teacher's probability of the target in one half
            of the sum, and by that of the background in the other; ``none``: all weigh the same.
    """
    wanted = (teacher / temperature).sigmoid()
    logits = student / temperature
    entropy = F.binary_cross_entropy_with_logits(teacher / temperature, wanted, reduction="none")
    each = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none") - entropy
    if balance == "none":
        return temperature**2 * each.mean()
    halves = [(each * share).sum() / share.sum().clamp(min=1) for share in (wanted, 1 - wanted)]
    return temperature**2 * 0.5 * (halves[0] + halves[1])


def soft_numbers(student: Tensor, teacher: Tensor, target_BAmn: Tensor) -> Tensor:
    """Smooth L1 of the numbers, a mean over anchors weighted by the teacher's score -> scalar.

    Args:
        student: (B, K, A, m, n).
        teacher: the same.
        target_BAmn: the teacher's probability of the target.
    """
    each = F.smooth_l1_loss(student, teacher, reduction="none").mean(1)
    return (each * target_BAmn).sum() / target_BAmn.sum().clamp(min=1)


def aligned(student: Tensor, teacher: Tensor, *, strides: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Both maps at the student's cells that lie inside the teacher's map.

    The middle of each map is the middle of the crop. Where the cells of both coincide, these are
    cuts of the maps; elsewhere the teacher's are read between its cells.

    >>> rows = torch.arange(4.0).expand(1, 1, 4, 4)
    >>> aligned(rows[..., 1:3, 1:3], rows, strides=(8, 8))[1][0, 0, 0]
    tensor([1., 2.])
    >>> aligned(rows[..., :3, :3], rows, strides=(8, 8))[1][0, 0, 0]
    tensor([0.5000, 1.5000, 2.5000])
    """
    for axis in (-2, -1):
        cells, num = student.shape[axis], teacher.shape[axis]
        if (cells, strides[0]) == (num, strides[1]):
            continue
        places = cell_places(cells, num, strides=strides)
        inside = [i for i, at in enumerate(places) if -_NEARLY <= at <= num - 1 + _NEARLY]
        low = [min(max(math.floor(places[i] + _NEARLY), 0), num - 1) for i in inside]
        share = [max(places[i] - one, 0.0) for i, one in zip(inside, low, strict=True)]
        device = teacher.device
        student = student.index_select(axis, torch.tensor(inside, device=device))
        read = teacher.index_select(axis, torch.tensor(low, device=device))
        if max(share) > _NEARLY:
            high = torch.tensor([min(one + 1, num - 1) for one in low], device=device)
            shape = [1] * teacher.ndim
            shape[axis] = len(share)
            weight = torch.tensor(share, device=device, dtype=teacher.dtype).reshape(shape)
            read = read + weight * (teacher.index_select(axis, high) - read)
        teacher = read
    return student, teacher


def cell_places(cells: int, num: int, *, strides: tuple[int, int]) -> list[float]:
    """Where the cells of one map lie among the ``num`` cells of another, by their numbers there."""
    ratio = strides[0] / strides[1]
    return [(i - (cells - 1) / 2) * ratio + (num - 1) / 2 for i in range(cells)]


def coincide(student: Tensor, teacher: Tensor, *, strides: tuple[int, int]) -> bool:
    """Whether every cell of the student inside the teacher's map is one of the teacher's."""
    sides = [(student.shape[axis], teacher.shape[axis]) for axis in (-2, -1)]
    places = [at for pair in sides for at in cell_places(*pair, strides=strides)]
    return all(abs(at - round(at)) < _NEARLY for at in places)
