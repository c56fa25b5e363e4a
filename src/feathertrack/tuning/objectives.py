"""What a search is for: one number of a table of scores, a weighted sum, or several of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from feathertrack.benchmarks import Benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.metric_sums import Terms, check_names, parse_sum
from feathertrack.evaluation.scoring import ScoreTable
from feathertrack.evaluation.vot.eao import WINDOWS

SPEED = "fps"
"""Frames per second, as a measure beside those of the protocol."""

NAMED: Mapping[str, str] = {"fdsiamfc": "0.4 auc + 0.4 precision + 0.2 success_50"}
"""Sums that a reference selects by: FDSiamFC's is that of its reports."""


@dataclass(frozen=True, kw_only=True)
class Objective:
    """One number to make large, or small.

    Attributes:
        text: as it was asked for.
        terms: weights and names of measures.
        maximize: large is good.
    """

    text: str
    terms: Terms
    maximize: bool = True

    def value(self, measures: Mapping[str, float]) -> float:
        """The number; NaN where one that it needs is missing."""
        return sum(weight * measures.get(name, math.nan) for weight, name in self.terms)

    @property
    def gain(self) -> float:
        """1 where large is good, else -1: the value times this is to be made large."""
        return 1.0 if self.maximize else -1.0

    @property
    def timed(self) -> bool:
        """Whether it depends on how fast the tracker is."""
        return any(name == SPEED for _, name in self.terms)


def measures_in(table: ScoreTable) -> dict[str, float]:
    """The headline numbers of a table, and the speed."""
    speed = table.frames_per_second
    return {**table.headline, SPEED: math.nan if speed is None else speed}


def speed_in(details: Mapping[str, Any]) -> float | None:
    """Frames per second of what is kept of a point; None where it was run without timing."""
    speed: float | None = details.get("measures", {}).get(SPEED)
    return speed


def read_objectives(texts: Sequence[str], example: ScoreTable) -> tuple[Objective, ...]:
    """Objectives from words.

    Args:
        texts: names, or sums such as ``0.4 auc + 0.6 precision``; none takes the number that the
            protocol ranks by.
        example: any table of the protocol.

    Raises:
        InputError: the protocol has no such number, a sum mixes what should be large with what
            should be small, or one is given twice.
    """
    known = measures_in(example)
    texts = tuple(texts) or (next(iter(example.headline)),)
    if len(set(texts)) < len(texts):
        raise InputError(f"an objective is given twice: {', '.join(texts)}")
    return tuple(_read(text, known, example.lower_is_better) for text in texts)


def check_lengths(objectives: Sequence[Objective], benchmark: Benchmark) -> None:
    """Refuse an expected average overlap of sequences that are all too short to have one.

    Raises:
        InputError: none is as long as the shortest length of the benchmark's window.
    """
    window = WINDOWS.get(benchmark.name)
    asked = [one for one in objectives if any(name == "eao" for _, name in one.terms)]
    if window is None or not asked:
        return
    longest = max(len(benchmark[name]) for name in benchmark.names)
    if longest < window[0]:
        raise InputError(
            f"--objective {asked[0].text!r} has no value on these sequences: the longest has "
            f"{longest} frames, and {benchmark.name} averages over lengths from {window[0]} to "
            f"{window[1]}; take --objective accuracy, or other --sequences"
        )


def _read(text: str, known: Mapping[str, float], lower: frozenset[str]) -> Objective:
    terms = parse_sum(NAMED.get(text, text), option="--objective")
    check_names(terms, known, option="--objective")
    small = {name in lower for weight, name in terms if weight > 0}
    if any(weight <= 0 for weight, _ in terms) or len(small) != 1:
        raise InputError(
            f"--objective {text!r}: weights are above 0, and of all its numbers either large ones "
            f"are good or small ones; small ones are of {', '.join(sorted(lower)) or 'none'}"
        )
    return Objective(text=text, terms=terms, maximize=not small.pop())
