"""How much an index holds, and what had to be left out and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from feathertrack.data.records import Problem

_MOST_EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Numbers of an index.

    Attributes:
        videos: with at least one sound box; a photograph is a video of one picture.
        tracks: objects with at least one sound box.
        pictures: of these videos.
        boxes: sound ones: finite, with an area, in a picture that is there.
        usable: rule of frames (``sound``, ``visible``, ``fdsiamfc``) -> boxes that it lets pass.
        failed: condition c1 to c8 of FDSiamFC -> boxes that fail it.
        dropped: reason -> pictures, boxes or files that were left out for it.
        examples: reason -> some of them.
    """

    videos: int
    tracks: int
    pictures: int
    boxes: int
    usable: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, int] = field(default_factory=dict)
    dropped: Mapping[str, int] = field(default_factory=dict)
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON file."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Counts:
        """The counts that ``as_json`` gave."""
        return cls(**values)


class Problems:
    """Adds up what is left out, with a few examples for each reason."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.examples: dict[str, tuple[str, ...]] = {}

    def add(self, problem: Problem) -> None:
        """Count one."""
        if not problem.count:
            return
        self.counts[problem.reason] = self.counts.get(problem.reason, 0) + problem.count
        known = self.examples.get(problem.reason, ())
        if problem.example and len(known) < _MOST_EXAMPLES:
            self.examples[problem.reason] = (*known, problem.example)

    def wants_example(self, reason: str) -> bool:
        """Whether another example of it would be kept."""
        return len(self.examples.get(reason, ())) < _MOST_EXAMPLES
