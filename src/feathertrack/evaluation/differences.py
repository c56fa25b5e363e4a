"""The difference of each tracker to the best one of its benchmark and protocol."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from feathertrack.evaluation.score_parts import Difference
from feathertrack.evaluation.scoring import ScoreTable, ranked
from feathertrack.evaluation.significance import paired_difference


def with_differences(tables: Iterable[ScoreTable]) -> list[ScoreTable]:
    """The same tables; all but the best of a benchmark and protocol say how far they lie from it.

    The best is the one with the best first measure. Measures are compared on the same resamples of
    the sequences, whatever they are: means, pooled sums or the expected average overlap. Trackers
    that were scored on other sequences than the best one, and measures without an interval, have
    no difference. A table that was read from JSON keeps those that it came with.
    """
    tables = list(tables)
    groups: dict[tuple[str, str], list[ScoreTable]] = {}
    for table in tables:
        groups.setdefault((table.benchmark, table.protocol), []).append(table)
    best = {key: ranked(together)[0] for key, together in groups.items()}
    return [_to(best[table.benchmark, table.protocol], table) for table in tables]


def _to(best: ScoreTable, table: ScoreTable) -> ScoreTable:
    if table is best or list(table.per_sequence) != list(best.per_sequence):
        return table
    found = {}
    for name in table.headline:
        own, other = table.intervals.get(name), best.intervals.get(name)
        gap = None if own is None or other is None else paired_difference(own, other)
        if gap is not None:
            found[name] = Difference(to=best.tracker, interval=gap)
    return replace(table, differences=found) if found else table
