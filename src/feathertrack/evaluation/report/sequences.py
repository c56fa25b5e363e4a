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
    if len(comparison.entries) == 1:
        entry = comparison.entries[0]
        keys = dict.fromkeys(key for row in entry.scores.per_sequence.values() for key in row)
        measures = [measure_of(key, entry.scores) for key in keys]
        columns = [_cells(entry.column(measure.key), measure) for measure in measures]
        heads = tuple(f"{measure.label} {measure.arrow}" for measure in measures)
        caption = f"{entry.tracker}, every sequence"
    else:
        measure = _common_measure(comparison)
        columns = []
        for entry in comparison.entries:
            row_of = {name: i for i, name in enumerate(entry.sequences)}
            column = np.append(entry.column(measure.key), np.nan)
            columns.append(_cells(column[[row_of.get(name, -1) for name in sequences]], measure))
        heads = tuple(entry.tracker for entry in comparison.entries)
        caption = f"{measure.label} {measure.arrow} of every sequence"
    rows = tuple(zip(sequences, zip(*columns, strict=True), strict=True))
    return SequenceTable(caption=caption, columns=heads, rows=rows)


def _common_measure(comparison: Comparison) -> Measure:
    """The main measure, or the first that sequences have (they have no expected overlap)."""
    best = comparison.entries[0]
    for measure in comparison.measures:
        if np.isfinite(best.column(measure.key)).any():
            return measure
    keys = next(iter(best.scores.per_sequence.values()))
    return measure_of(next(iter(keys)), best.scores)


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
