"""What ``evaluate`` and ``score`` say of what came out: tables, and what failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feathertrack.evaluation.runs import Failure
    from feathertrack.evaluation.scoring import ScoreTable

_FAILURES_ALIKE = 5
"""So many failures of one tracker for the same reason have a line each."""


def print_tables(tables: Sequence[ScoreTable]) -> None:
    """Print one table for each benchmark and protocol, with what must be known of it below."""
    from feathertrack.evaluation.scoring import notes_of, tables_text

    groups: dict[tuple[str, str], list[ScoreTable]] = {}
    for table in tables:
        groups.setdefault((table.benchmark, table.protocol), []).append(table)
    for number, together in enumerate(groups.values()):
        print(("\n" if number else "") + tables_text(together))
        if any(table.intervals for table in together):
            print("[low, high]: 95 % bootstrap interval over sequences")
        if any(table.differences for table in together):
            print("A - B: difference on the same resamples; * where its interval excludes 0")
        for note in notes_of(together):
            print(f"note: {note}")


def failure_lines(failures: Sequence[Failure]) -> list[str]:
    """A line for each, but for many of one tracker that failed alike: each has its log."""
    alike: dict[tuple[str, str, str], list[Failure]] = {}
    for one in failures:
        alike.setdefault((one.benchmark, one.tracker, one.error), []).append(one)
    lines = []
    for (benchmark, tracker, error), group in alike.items():
        shown = group if len(group) <= _FAILURES_ALIKE else group[:1]
        lines += [
            f"failed: {tracker} on {benchmark}/{one.sequence}: {error} ({one.traceback})"
            for one in shown
        ]
        if len(shown) < len(group):
            folder = group[0].traceback.parent if group[0].traceback else ""
            more = len(group) - len(shown)
            lines.append(f"failed: {tracker} on {benchmark}: {more} more alike ({folder})")
    return lines
