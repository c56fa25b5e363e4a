"""Terms of the weighted sum that a recipe minimises, each one objective with its options.

``weights`` and options are changed as any field of a recipe: ``--task.terms.2.weight 10``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Literal

import torch
from torch import Tensor

from feathertrack.training.losses.distillation.answers import (
    Decision,
    Distance,
    adaptive_hard,
    distance,
    teacher_soft,
)
from feathertrack.training.losses.distillation.features import (
    Reduction,
    drawn_lift,
    fidelity,
    lifted_fidelity,
)
from feathertrack.training.losses.distillation.filters import (
    Channels,
    Maximum,
    Weighting,
    correlation_filter,
    target_response,
    tracking_response,
)
from feathertrack.training.losses.distillation.lesson import Lesson, Level


@dataclass(frozen=True, kw_only=True)
class Term:
    """One objective and its weight.

    Attributes:
        name: what it is called in the log.
        weight: in the sum; a term of weight 0 is not computed.
        levels: numbers of the backbone's levels that it looks at, each adding to it.
        asks: whether it needs what the head says of boxes.
        imitates: whether it needs a teacher.
        by_levels: whether it looks at maps at all; what only answers say has no levels.
        compares: what it looks at of the teacher's levels: ``maps``, or ``attention``, the sum over
            the channels of their absolute values.
    """

    name: str
    weight: float = 1.0
    levels: tuple[int, ...] = ()
    asks: ClassVar[bool] = False
    imitates: ClassVar[bool] = False
    by_levels: ClassVar[bool] = True
    compares: ClassVar[Literal["maps", "attention"]] = "maps"

    def loss(self, lesson: Lesson) -> Tensor:
        """Return the objective, a scalar, not weighted."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Truth(Term):
    """The student's answers against the right ones: no distillation.

    Attributes:
        distance: between answers.
    """

    name: str = "truth"
    distance: Distance = "smooth_l1"
    asks: ClassVar[bool] = True
    by_levels: ClassVar[bool] = False

    def loss(self, lesson: Lesson) -> Tensor:
        """Return ``distance``."""
        return distance(_asked(lesson.student.answers), lesson.truth, kind=self.distance)


@dataclass(frozen=True, kw_only=True)
class TeacherSoft(Term):
    """See ``teacher_soft``.

    Attributes:
        distance: between answers.
    """

    name: str = "teacher_soft"
    distance: Distance = "smooth_l1"
    asks: ClassVar[bool] = True
    by_levels: ClassVar[bool] = False
    imitates: ClassVar[bool] = True

    def loss(self, lesson: Lesson) -> Tensor:
        """Return ``teacher_soft``."""
        assert lesson.teacher is not None
        return teacher_soft(
            _asked(lesson.student.answers), _asked(lesson.teacher.answers), kind=self.distance
        )


@dataclass(frozen=True, kw_only=True)
class AdaptiveHard(Term):
    """See ``adaptive_hard``.

    Attributes:
        distance: between answers.
        threshold: by how much the student must be better than the teacher to be left alone.
        decided: pair by pair, or for the whole batch.
    """

    name: str = "adaptive_hard"
    weight: float = 0.1
    distance: Distance = "smooth_l1"
    threshold: float = 0.005
    decided: Decision = "sample"
    asks: ClassVar[bool] = True
    by_levels: ClassVar[bool] = False
    imitates: ClassVar[bool] = True

    def loss(self, lesson: Lesson) -> Tensor:
        """Return ``adaptive_hard``."""
        assert lesson.teacher is not None
        return adaptive_hard(
            _asked(lesson.student.answers),
            _asked(lesson.teacher.answers),
            lesson.truth,
            kind=self.distance,
            threshold=self.threshold,
            decided=self.decided,
        )


@dataclass(frozen=True, kw_only=True)
class Fidelity(Term):
    """See ``fidelity``.

    Attributes:
        over: mean or sum of the squared differences of a map.
    """

    name: str = "fidelity"
    weight: float = 100.0
    levels: tuple[int, ...] = (2, 3)
    over: Reduction = "mean"
    imitates: ClassVar[bool] = True
    compares: ClassVar[Literal["maps", "attention"]] = "attention"

    def loss(self, lesson: Lesson) -> Tensor:
        """Return the sum of ``fidelity`` over the levels."""
        return _sum([fidelity(*pair, over=self.over) for pair in lesson.matched(self.levels)])


@dataclass(frozen=True, kw_only=True)
class CorrelationFilter(Term):
    """See ``correlation_filter``.

    Attributes:
        maximum: what a response is divided by, its own largest value or that of the batch.
        share: deviation of the bell over the side of the map.
    """

    name: str = "correlation_filter"
    weight: float = 0.01
    levels: tuple[int, ...] = (0, 1, 2, 3)
    maximum: Maximum = "sample"
    share: float = 0.15

    def loss(self, lesson: Lesson) -> Tensor:
        """Return the sum of ``correlation_filter`` over the levels."""
        objective = partial(correlation_filter, maximum=self.maximum, share=self.share)
        return _over_levels(objective, lesson, self.levels)


@dataclass(frozen=True, kw_only=True)
class TargetResponse(Term):
    """See ``target_response``.

    Attributes:
        weighting: what weighs the places of the search region.
        share: deviation of the bell over the side of the map, where a bell does.
    """

    name: str = "target_response"
    weight: float = 100.0
    levels: tuple[int, ...] = (0, 1, 2, 3)
    weighting: Weighting = "correlation"
    share: float = 0.25
    imitates: ClassVar[bool] = True

    def loss(self, lesson: Lesson) -> Tensor:
        """Return the sum of ``target_response`` over the levels."""
        return _sum(
            [
                target_response(
                    *pair,
                    lesson.template_boxes,
                    lesson.search_boxes,
                    weighting=self.weighting,
                    share=self.share,
                )
                for pair in lesson.matched(self.levels)
            ]
        )


@dataclass(frozen=True, kw_only=True)
class LiftedFidelity(Term):
    """See ``lifted_fidelity``.

    Attributes:
        seed: of the kernels that lift the student's channels.
    """

    name: str = "lifted_fidelity"
    weight: float = 0.01
    levels: tuple[int, ...] = (2, 3)
    seed: int = 0
    imitates: ClassVar[bool] = True

    def loss(self, lesson: Lesson) -> Tensor:
        """Return the sum of ``lifted_fidelity`` over the levels."""
        losses = []
        for number, (student, teacher) in zip(
            self.levels, lesson.matched(self.levels), strict=True
        ):
            widths = student.search.shape[1], teacher.search.shape[1]
            kernel = drawn_lift(*widths, seed=self.seed + number)
            losses.append(lifted_fidelity(student, teacher, kernel.to(student.search)))
        return _sum(losses)


@dataclass(frozen=True, kw_only=True)
class TrackingResponse(Term):
    """See ``tracking_response``.

    Attributes:
        channels: responses of the channels are summed up, or compared one by one.
        share: deviation of the bells over the side of the map.
    """

    name: str = "tracking_response"
    weight: float = 100.0
    levels: tuple[int, ...] = (1, 2, 3)
    channels: Channels = "sum"
    share: float = 0.25

    def loss(self, lesson: Lesson) -> Tensor:
        """Return the sum of ``tracking_response`` over the levels."""
        objective = partial(tracking_response, channels=self.channels, share=self.share)
        return _over_levels(objective, lesson, self.levels)


def _asked(answers: Tensor | None) -> Tensor:
    assert answers is not None, "the head was not asked"
    return answers


def _over_levels(
    objective: Callable[[Level, Tensor, Tensor], Tensor], lesson: Lesson, levels: Sequence[int]
) -> Tensor:
    """The sum of an objective that takes a level of the student, and the boxes, over levels."""
    boxes = lesson.template_boxes, lesson.search_boxes
    return _sum([objective(lesson.student.levels[number], *boxes) for number in levels])


def _sum(losses: list[Tensor]) -> Tensor:
    return torch.stack(losses).sum()
