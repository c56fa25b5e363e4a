"""The table of single sequences: a row a sequence, to be sorted in the page."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.report.comparison import Comparison
from feathertrack.evaluation.report.measures import Measure, measure_of


@dataclass(frozen=True, kw_only=True)
class ShadedCell:
    """A number, how it sorts, and how good it is from 0 to 1."""

    text: str
    value: float | None
    goodness: float


@dataclass(frozen=True, kw_only=True)
class SequenceTable:
    """Scores of single sequences.

    Attributes:
        caption: what the numbers are.
        columns: a tracker each, or a measure each where there is one tracker.
        rows: name of a sequence and its cells.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[ShadedCell, ...]], ...]


def sequence_table(comparison: Comparison) -> SequenceTable | None:
    """The main measure of every tracker; every measure where there is one tracker only."""
    sequences = comparison.sequences
    if not sequences:
        return None
    measures = _measures(comparison)
    heads, columns = [], []
    for entry in comparison.entries:
        row_of = {name: row for row, name in enumerate(entry.sequences)}
        rows = [row_of.get(name, -1) for name in sequences]
        for measure in measures:
            columns.append(_cells(np.append(entry.column(measure.key), np.nan)[rows], measure))
            heads.append(_heading(entry.tracker, measure, comparison, measures))
    labels = ", ".join(f"{measure.label} {measure.arrow}" for measure in measures)
    return SequenceTable(
        caption=f"{labels} of every sequence",
        columns=tuple(heads),
        rows=tuple(zip(sequences, zip(*columns, strict=True), strict=True)),
    )


def _measures(comparison: Comparison) -> list[Measure]:
    """The main measure; every one where there is one tracker, or sequences have no main one."""
    best = comparison.entries[0]
    keys = list(dict.fromkeys(key for row in best.scores.per_sequence.values() for key in row))
    if len(comparison.entries) > 1 and comparison.main.key in keys:
        return [comparison.main]
    return [measure_of(key, best.scores) for key in keys]


def _heading(
    tracker: str, measure: Measure, comparison: Comparison, measures: list[Measure]
) -> str:
    if len(comparison.entries) == 1:
        return f"{measure.label} {measure.arrow}"
    return tracker if len(measures) == 1 else f"{tracker}, {measure.label} {measure.arrow}"


def _cells(values: Floats, measure: Measure) -> tuple[ShadedCell, ...]:
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    if not measure.lower_is_better and low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    goodness = np.nan_to_num((values - low) / ((high - low) or 1.0))
    if measure.lower_is_better:
        goodness = 1 - goodness
    return tuple(
        ShadedCell(
            text=measure.text(float(value)),
            value=float(value) if np.isfinite(value) else None,
            goodness=float(good),
        )
        for value, good in zip(values, goodness, strict=True)
    )
