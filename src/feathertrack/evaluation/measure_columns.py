"""Columns of measures, a value for each sequence: their confidence intervals, and their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.significance import Interval, Statistic, bootstrap, mean_statistic


def intervals_of(statistics: Mapping[str, Statistic], *, num_sequences: int) -> dict[str, Interval]:
    """Bootstrap intervals over sequences; none where there is one sequence, or a score is NaN."""
    if num_sequences < 2:
        return {}
    once = np.ones((1, num_sequences))
    usable = {
        name: statistic for name, statistic in statistics.items() if np.isfinite(statistic(once)[0])
    }
    return bootstrap(usable, num_sequences=num_sequences) if usable else {}


def mean_intervals_of(per_sequence: Mapping[str, Floats]) -> dict[str, Interval]:
    """``intervals_of`` the mean over sequences of each measure (S,)."""
    num = len(next(iter(per_sequence.values())))
    statistics = {
        name: mean_statistic(values)
        for name, values in per_sequence.items()
        if np.isfinite(values).any()
    }
    return intervals_of(statistics, num_sequences=num)


def rows_by_name(
    names: Sequence[str], measures: Mapping[str, Floats]
) -> dict[str, Mapping[str, float]]:
    """Columns (S,) of measures as one row for each name."""
    return {
        name: {measure: float(values[row]) for measure, values in measures.items()}
        for row, name in enumerate(names)
    }
