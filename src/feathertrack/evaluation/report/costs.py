"""What accuracy costs: size, parameters, operations and time of each tracker, as measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from feathertrack.evaluation.model_facts import FACTS
from feathertrack.evaluation.report.comparison import Comparison
from feathertrack.evaluation.report.evaluated import Evaluated

_NONE = "–"  # noqa: RUF001


@dataclass(frozen=True, kw_only=True)
class CostRow:
    """One tracker; "–" stands for what is not known.

    Attributes:
        tracker: its name.
        teacher: who taught it, "" for none.
        cells: a text for each of ``COST_HEADS``.
    """

    tracker: str
    teacher: str
    cells: tuple[str, ...]


COST_HEADS = (
    "Size, MB",
    "Params, M",
    "MACs, G",
    "once, G",
    "Frames/s",
    "Median, ms",
    "95 %, ms",
)


def fact(entry: Evaluated, key: str) -> float | None:
    """A number about the network, as ``evaluate`` wrote it down; None where it did not."""
    try:
        value = float(entry.config[f"{FACTS}.{key}"])
    except (KeyError, ValueError):
        return None
    return value if math.isfinite(value) and value > 0 else None


def cost_rows(comparison: Comparison) -> list[CostRow]:
    """The trackers in the order of their scores; none where nothing about any network is known."""
    entries = comparison.entries
    if not any(fact(entry, "bytes") for entry in entries):
        return []
    return [
        CostRow(
            tracker=entry.tracker,
            teacher=entry.config.get(f"{FACTS}.teacher", ""),
            cells=_cells(entry),
        )
        for entry in entries
    ]


def _cells(entry: Evaluated) -> tuple[str, ...]:
    latency = entry.scores.latency or (None, None)
    speed = entry.scores.frames_per_second
    return (
        _number(fact(entry, "bytes"), 1e6),
        _number(fact(entry, "parameters"), 1e6),
        _number(fact(entry, "macs_search"), 1e9),
        _number(fact(entry, "macs_template"), 1e9),
        _NONE if speed is None else f"{speed:.1f}",
        *(_number(seconds, 1e-3) for seconds in latency),
    )


def _number(value: float | None, unit: float) -> str:
    """Three digits that count, without an exponent."""
    if value is None:
        return _NONE
    scaled = value / unit
    return f"{scaled:.{max(0, 2 - math.floor(math.log10(scaled)))}f}" if scaled > 0 else "0"


def size_points(comparison: Comparison) -> list[tuple[Evaluated, float, float]]:
    """Tracker, megabytes and main measure of those that have both."""
    key = comparison.main.key
    return [
        (entry, size / 1e6, score)
        for entry in comparison.entries
        if (size := fact(entry, "bytes")) is not None and (score := entry.score(key)) is not None
    ]


def pareto(
    points: Sequence[tuple[float, float]], *, lower_is_better: bool = False
) -> list[tuple[float, float]]:
    """Those than which no other is as small and better, or smaller and as good, by size.

    >>> pareto([(1, 0.5), (2, 0.4), (3, 0.6), (3, 0.55)])
    [(1, 0.5), (3, 0.6)]
    """
    sign = -1 if lower_is_better else 1
    front: list[tuple[float, float]] = []
    for size, score in sorted(points, key=lambda point: (point[0], -sign * point[1])):
        if not front or sign * score > sign * front[-1][1]:
            front.append((size, score))
    return front
