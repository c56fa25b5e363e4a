"""The trackers of one benchmark side by side, best first, with what was published about it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.report.evaluated import Evaluated
from feathertrack.evaluation.report.measures import Measure, measure_of
from feathertrack.evaluation.report.published import PublishedRow, published_rows
from feathertrack.evaluation.score_parts import Difference
from feathertrack.evaluation.significance import (
    Interval,
    difference_intervals,
    paired_difference,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """One section of a report.

    Attributes:
        benchmark: its name.
        protocol: whose rules gave the numbers.
        entries: the trackers, best first.
        gaps: tracker -> measure -> its score minus that of the best one, as far as they can be
            compared; none for the best.
        published: what others published of the same trackers.
        others: what they published of other trackers.
    """

    benchmark: str
    protocol: str
    entries: tuple[Evaluated, ...]
    gaps: Mapping[str, Mapping[str, Interval]]
    published: tuple[PublishedRow, ...] = ()
    others: tuple[PublishedRow, ...] = ()

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Columns: every headline measure that one of the trackers has."""
        tables = {
            key: entry.scores for entry in reversed(self.entries) for key in entry.scores.headline
        }
        keys = dict.fromkeys(key for entry in self.entries for key in entry.scores.headline)
        return tuple(measure_of(key, tables[key]) for key in keys)

    @property
    def main(self) -> Measure:
        """The measure of the ranking."""
        return self.measures[0]

    @property
    def differences(self) -> dict[str, Interval]:
        """Tracker -> its main measure minus that of the best one."""
        key = self.main.key
        return {tracker: gap[key] for tracker, gap in self.gaps.items() if key in gap}

    @property
    def sequences(self) -> tuple[str, ...]:
        """Every sequence that one of the trackers was scored on."""
        return tuple(dict.fromkeys(name for entry in self.entries for name in entry.sequences))

    @property
    def slug(self) -> str:
        """For addresses in the page and names of files."""
        return slug(f"{self.benchmark}-{self.protocol}")


def slug(text: str) -> str:
    """Lower case letters, digits and hyphens only.

    >>> slug("VOT2018-vot@pysot")
    'vot2018-vot-pysot'
    """
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in text.lower()).split()
    return "-".join(words) or "benchmark"


def compare(evaluated: Iterable[Evaluated], *, published: bool = True) -> list[Comparison]:
    """Group by benchmark and protocol, rank, and find the differences to the best.

    Args:
        evaluated: in any order; benchmarks keep the order of their first tracker.
        published: show the published rows of a benchmark too.

    Raises:
        InputError: nothing to compare, or one tracker twice on a benchmark by one protocol.
    """
    groups: dict[tuple[str, str], list[Evaluated]] = defaultdict(list)
    for entry in evaluated:
        groups[entry.scores.benchmark, entry.scores.protocol].append(entry)
    if not groups:
        raise InputError("there is no evaluated tracker to report")
    return [
        _comparison(benchmark, protocol, entries, published=published)
        for (benchmark, protocol), entries in groups.items()
    ]


def _comparison(
    benchmark: str, protocol: str, entries: list[Evaluated], *, published: bool
) -> Comparison:
    names = [entry.tracker for entry in entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(
            f"{twice[0]} was evaluated twice on {benchmark} by {protocol}: leave one of the "
            "folders out, or rename the tracker"
        )
    main = measure_of(entries[0].main, entries[0].scores)

    def rank(entry: Evaluated) -> tuple[float, str]:
        value = entry.score(main.key)
        worst_last = np.inf if value is None else value * (1 if main.lower_is_better else -1)
        return worst_last, entry.tracker

    ranked = tuple(sorted(entries, key=rank))
    rows = published_rows(benchmark) if published else ()
    measured = {_model(name) for name in names}
    return Comparison(
        benchmark=benchmark,
        protocol=protocol,
        entries=ranked,
        gaps=_gaps(ranked),
        published=tuple(row for row in rows if _model(row.tracker) in measured),
        others=tuple(row for row in rows if _model(row.tracker) not in measured),
    )


def _model(tracker: str) -> str:
    """A name without its preset, and in one spelling: files keep their authors' capitals."""
    return tracker.partition("@")[0].replace("-", "_").casefold()


def _gaps(ranked: tuple[Evaluated, ...]) -> dict[str, dict[str, Interval]]:
    """To the best of all; of each other tracker those measures that can be compared."""
    best, *others = ranked
    found = {}
    for other in others:
        gaps = {key: _gap(best, other, key) for key in other.scores.headline}
        known = {key: gap for key, gap in gaps.items() if gap is not None}
        if known:
            found[other.tracker] = known
    return found


def _gap(best: Evaluated, other: Evaluated, key: str) -> Interval | None:
    """From the resamples of both, as the table of scores has it, or as a mean over sequences."""
    own, against = other.scores.intervals.get(key), best.scores.intervals.get(key)
    if own is not None and against is not None and other.sequences == best.sequences:
        gap = paired_difference(own, against)
        if gap is not None:
            return gap
    stored = other.scores.differences.get(key)
    if stored is not None and stored.to == best.tracker and _agrees(stored, best, other, key):
        return stored.interval
    if not (_is_mean(best, key) and _is_mean(other, key)):
        return None
    pair = _paired(other, best, key)
    return pair and difference_intervals({key: pair[0]}, {key: pair[1]})[key]


def _agrees(stored: Difference, best: Evaluated, other: Evaluated, key: str) -> bool:
    """Whether the best tracker is still the one with the scores of then."""
    own, against = other.score(key), best.score(key)
    if own is None or against is None:
        return False
    return bool(np.isclose(stored.interval.estimate, own - against, atol=1e-6))


def _is_mean(entry: Evaluated, key: str) -> bool:
    """Whether the score is the mean over sequences: pooled ones differ in another way."""
    values, score = entry.column(key), entry.score(key)
    if score is None or not len(values) or np.isnan(values).all():
        return False
    return bool(np.isclose(np.nanmean(values), score, atol=1e-6))


def _paired(first: Evaluated, second: Evaluated, key: str) -> tuple[Floats, Floats] | None:
    """The measure of both on the same sequences; None where they have others, or too few."""
    if set(first.sequences) != set(second.sequences) or len(first.sequences) < 2:
        return None
    row = {name: index for index, name in enumerate(second.sequences)}
    order = [row[name] for name in first.sequences]
    both = first.column(key), second.column(key)[order]
    return None if np.isnan(np.subtract(*both)).all() else both
