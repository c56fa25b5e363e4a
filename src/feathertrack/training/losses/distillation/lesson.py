"""What an objective of distillation looks at: what student and teacher made of the same pairs.

Shapes: B pairs, P boxes in each, K numbers that a head says of a box (1 for ATOM, 4 for DRNet),
C channels, h w sides of a map.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from feathertrack.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Level:
    """The maps that one level of a backbone gives.

    Attributes:
        template: of the pictures of the targets, (B, C, h, w).
        search: of the pictures in which they are sought, (B, C, H, W).
        stride: pixels of a picture per cell.
    """

    template: Tensor
    search: Tensor
    stride: int


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a network made of a batch.

    Attributes:
        levels: maps by the number of their level, as far as they are compared; 0 is the stem.
        answers: what the head says of every box, (B, P, K); None where nobody asks.
    """

    levels: Mapping[int, Level]
    answers: Tensor | None = None


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """A batch as student and teacher see it.

    Attributes:
        student: what learns.
        teacher: what is imitated, without gradients; None where the truth alone teaches.
        truth: the right answers, (B, P, K).
        template_boxes: the targets in the templates, x, y, w, h, whose coordinates count the
            centres of pixels, (B, 4).
        search_boxes: the targets in the search regions, likewise.
    """

    student: Seen
    teacher: Seen | None
    truth: Tensor
    template_boxes: Tensor
    search_boxes: Tensor

    def matched(self, numbers: Sequence[int]) -> Iterator[tuple[Level, Level]]:
        """Yield the levels of student and teacher that are compared.

        Raises:
            InputError: their maps have different sides.
        """
        assert self.teacher is not None, "an objective that imitates needs a teacher"
        for number in numbers:
            pair = self.student.levels[number], self.teacher.levels[number]
            sides = [tuple(level.search.shape[2:]) for level in pair]
            if sides[0] != sides[1]:
                raise InputError(
                    f"level {number} of the student has maps of {sides[0]} cells and that of the "
                    f"teacher of {sides[1]}: leave it out of the term, or take another "
                    "teacher"
                )
            yield pair
