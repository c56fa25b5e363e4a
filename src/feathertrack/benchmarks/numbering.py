"""What the numbers in the names of pictures say about pictures that are not there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_NAME = re.compile(r"(.*?)(\d+)(\.[^.]+)", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Numbering:
    """Names that differ in one number, which counts pictures.

    Attributes:
        prefix, suffix: around the number.
        digits: of the number, with leading zeros.
        names: number -> name of the pictures that are there, by number.
    """

    prefix: str
    suffix: str
    digits: int
    names: dict[int, str]

    @property
    def first(self) -> int:
        """The lowest number."""
        return next(iter(self.names))

    @property
    def last(self) -> int:
        """The highest number."""
        return next(reversed(self.names))

    @property
    def missing(self) -> list[int]:
        """Numbers between the first and the last that have no picture."""
        return [n for n in range(self.first, self.last + 1) if n not in self.names]

    @property
    def is_strided(self) -> bool:
        """Every second, third ... number: pictures that were chosen so, none need be missing."""
        numbers = list(self.names)
        steps = {after - before for before, after in pairwise(numbers)}
        return len(steps) == 1 and steps != {1}

    def name(self, number: int) -> str:
        """What the picture of a number is called, or should be."""
        made = f"{self.prefix}{number:0{self.digits}d}{self.suffix}"
        return self.names.get(number, made)


def numbering_of(names: Sequence[str]) -> Numbering | None:
    """How pictures are numbered; None where their names do not count them.

    Names count where they differ in their last number only, each has its own, and more numbers are
    there than are missing in between: times in nanoseconds do not count pictures.

    >>> numbering_of(["f08.jpg", "f09.jpg", "f11.jpg"]).missing
    [10]
    """
    found = [_NAME.fullmatch(name) for name in names]
    parts = [match.groups() for match in found if match]
    numbers = {int(number): name for (_, number, _), name in zip(parts, names, strict=False)}
    alike = len({prefix for prefix, _, _ in parts}) == 1
    if not names or len(parts) < len(names) or len(numbers) < len(names) or not alike:
        return None
    if max(numbers) - min(numbers) + 1 - len(numbers) >= len(numbers):
        return None
    return Numbering(
        prefix=parts[0][0],
        suffix=parts[0][2],
        digits=min(len(number) for _, number, _ in parts),
        names=dict(sorted(numbers.items())),
    )


def with_missing(names: Sequence[str], *, first: int | None = None) -> list[str]:
    """Names in order, with those of the pictures that are missing in between.

    So every later picture keeps its row, and reading one that is missing names it.

    Args:
        names: of the pictures that are there, in order.
        first: the number that the first one has in a whole sequence, if that is known.

    >>> with_missing(["1.jpg", "2.jpg", "4.jpg"])
    ['1.jpg', '2.jpg', '3.jpg', '4.jpg']
    """
    found = numbering_of(names)
    if found is None or found.is_strided:
        return list(names)
    start = found.first
    if first is not None and start - first < len(names):
        start = min(start, first)
    return [found.name(number) for number in range(start, found.last + 1)]
