"""What was asked of a network and what it had to compute."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(kw_only=True)
class Statistics:
    """Counts of one or more runs; they can be added up.

    A region is one picture for the network. SiamRPN++ and SiamKPN look at one in a frame, SiamFC
    at one for every scale, so where numbers of scales are equal, shares of regions are shares of
    passes.

    Attributes:
        asked: search regions that the points, each run alone, would have had computed.
        computed: search regions that were computed.
        recalled: search regions that an earlier run had computed and the memo still knew.
        checked: search regions computed besides, to find out which batches change nothing.
        calls: calls of the network for search regions, the checks left out.
        templates_asked: templates that the points would have had embedded.
        templates_computed: templates that were.
    """

    asked: int = 0
    computed: int = 0
    recalled: int = 0
    checked: int = 0
    calls: int = 0
    templates_asked: int = 0
    templates_computed: int = 0

    @property
    def hit_rate(self) -> float:
        """Share of the asked regions that were not computed for the point that asked."""
        return 1 - self.computed / self.asked if self.asked else 0.0

    @property
    def fewer(self) -> float:
        """How many times fewer regions were computed than asked for, checks counted in."""
        return self.asked / max(self.computed + self.checked, 1)

    def __add__(self, other: Statistics) -> Statistics:
        """The counts of two runs together."""
        total = Statistics()
        for field in fields(self):
            setattr(total, field.name, getattr(self, field.name) + getattr(other, field.name))
        return total
