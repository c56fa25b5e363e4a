"""What a report shows of one tracker on one benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.scoring import ScoreTable


@dataclass(frozen=True, kw_only=True, eq=False)
class Evaluated:
    """The scores of one tracker on one benchmark, and what of its raw results can be shown.

    Attributes:
        scores: of the tracker; what has no place in a table follows.
        window: shortest and longest sequence length of the expected average overlap.
        reliability: robustness as a share, 0 to 1, the horizontal axis of the accuracy-robustness
            plot; None where the protocol has none.
        overlaps: sequence -> (n,) overlap of each frame, NaN where nothing is compared.
        boxes: sequence -> (n, 4) as annotated, what the tracker said; NaN where it said nothing.
        config: settings, machine and versions, by name.
    """

    scores: ScoreTable
    window: tuple[int, int] | None = None
    reliability: float | None = None
    overlaps: Mapping[str, Floats] = field(default_factory=dict)
    boxes: Mapping[str, Boxes] = field(default_factory=dict)
    config: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.scores.headline:
            raise InputError(f"{self.tracker} on {self.scores.benchmark} has no score to report")

    @property
    def tracker(self) -> str:
        """What to call it; trackers of one name are the same in all benchmarks of a report."""
        return self.scores.tracker

    @property
    def main(self) -> str:
        """Key of the measure that trackers are ranked by."""
        return next(iter(self.scores.headline))

    @property
    def sequences(self) -> tuple[str, ...]:
        """Those with scores of their own."""
        return tuple(self.scores.per_sequence)

    @cached_property
    def attributes(self) -> dict[str, float]:
        """Attribute -> the main measure over its sequences (VOT: frames), where it has one."""
        rows = self.scores.per_attribute
        for key in (self.main, *self.scores.headline):
            values = {name: row.get(key, np.nan) for name, row in rows.items()}
            known = {name: value for name, value in values.items() if np.isfinite(value)}
            if known:
                return known
        return {}

    def score(self, key: str) -> float | None:
        """A headline measure, None where it has no value."""
        value = self.scores.headline.get(key, np.nan)
        return float(value) if np.isfinite(value) else None

    def column(self, key: str) -> Floats:
        """A measure of each of ``sequences``, (S,), NaN where it has no value."""
        rows = self.scores.per_sequence.values()
        return np.array([row.get(key, np.nan) for row in rows], dtype=np.float64)
