"""What scoring gives, for every protocol alike: a table of numbers that can be printed and kept."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from feathertrack.errors import InputError
from feathertrack.evaluation.json_numbers import finite, known
from feathertrack.evaluation.score_parts import Curve, Difference
from feathertrack.evaluation.significance import Interval

Measures = Mapping[str, float]
FORMAT_VERSION = 1


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoreTable:
    """The scores of one tracker on one benchmark by one protocol.

    Attributes:
        tracker: its name.
        benchmark: its name.
        protocol: as ``otb@pysot``.
        source: whose code the protocol follows.
        headline: measure -> score; the first is the one that trackers are ranked by.
        lower_is_better: measures where a small number is good.
        units: measure -> unit, for those that are no shares from 0 to 1.
        intervals: measure -> confidence interval over sequences, for those that have one.
        differences: measure -> difference to the best tracker of the same benchmark and protocol,
            where there is one; ``with_differences`` finds them.
        per_sequence: sequence -> measures; NaN where a measure has no value.
        per_attribute: attribute -> measures over the sequences (VOT: frames) that have it.
        subsets: name -> measures over a named part of the benchmark.
        curves: name -> curve over all sequences.
        num_frames: frames that were scored.
        frames_per_second: speed as the results' times have it, None without times.
        latency: seconds of a frame, the median and what 95 of 100 do not exceed; None without.
        notes: what a reader must know, a sentence each.
    """

    tracker: str
    benchmark: str
    protocol: str
    source: str = ""
    headline: Measures
    lower_is_better: frozenset[str] = frozenset()
    units: Mapping[str, str] = field(default_factory=dict)
    intervals: Mapping[str, Interval] = field(default_factory=dict)
    differences: Mapping[str, Difference] = field(default_factory=dict)
    per_sequence: Mapping[str, Measures] = field(default_factory=dict)
    per_attribute: Mapping[str, Measures] = field(default_factory=dict)
    subsets: Mapping[str, Measures] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    num_frames: int = 0
    frames_per_second: float | None = None
    latency: tuple[float, float] | None = None
    notes: tuple[str, ...] = ()

    @property
    def main(self) -> float:
        """The score that trackers are ranked by."""
        return next(iter(self.headline.values()))

    def to_json(self) -> dict[str, Any]:
        """The table as values for JSON; what is not finite becomes None."""
        values: dict[str, Any] = {
            "version": FORMAT_VERSION,
            "tracker": self.tracker,
            "benchmark": self.benchmark,
            "protocol": self.protocol,
            "source": self.source,
            "headline": dict(self.headline),
            "lower_is_better": sorted(self.lower_is_better),
            "units": dict(self.units),
            "intervals": {name: interval.to_json() for name, interval in self.intervals.items()},
            "differences": {name: gap.to_json() for name, gap in self.differences.items()},
            "num_sequences": len(self.per_sequence),
            "num_frames": self.num_frames,
            "frames_per_second": self.frames_per_second,
            "latency": None if self.latency is None else list(self.latency),
            "per_sequence": {name: dict(row) for name, row in self.per_sequence.items()},
            "per_attribute": {name: dict(row) for name, row in self.per_attribute.items()},
            "subsets": {name: dict(row) for name, row in self.subsets.items()},
            "curves": {name: curve.to_json() for name, curve in self.curves.items()},
            "notes": list(self.notes),
        }
        return finite(values)  # type: ignore[no-any-return]

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> ScoreTable:
        """The table that ``to_json`` made into ``values``.

        Raises:
            InputError: they are of another version, or of another kind.
        """
        try:
            if values["version"] != FORMAT_VERSION:
                raise InputError(f"a table of scores has version {values['version']!r}, not 1")
            return ScoreTable(
                tracker=values["tracker"],
                benchmark=values["benchmark"],
                protocol=values["protocol"],
                source=values["source"],
                headline=known(values["headline"]),
                lower_is_better=frozenset(values["lower_is_better"]),
                units=values["units"],
                intervals={k: Interval(**v) for k, v in values["intervals"].items()},
                differences={
                    k: Difference.from_json(v) for k, v in values.get("differences", {}).items()
                },
                per_sequence={k: known(v) for k, v in values["per_sequence"].items()},
                per_attribute={k: known(v) for k, v in values["per_attribute"].items()},
                subsets={k: known(v) for k, v in values["subsets"].items()},
                curves={k: Curve.from_json(v) for k, v in values["curves"].items()},
                num_frames=values["num_frames"],
                frames_per_second=values["frames_per_second"],
                latency=_pair(values.get("latency")),
                notes=tuple(values["notes"]),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"this is no table of scores: {error!r}") from None

    def to_csv(self) -> str:
        """The table as lines of kind, name and a column for each measure."""
        return tables_csv([self])

    def text(self) -> str:
        """The headline, for people."""
        return tables_text([self])


def _pair(values: Any) -> tuple[float, float] | None:
    """Two numbers; None where a table of an earlier version has none."""
    if values is None:
        return None
    if len(values) != 2 or not all(isinstance(value, int | float) for value in values):
        raise TypeError(f"two numbers were expected, not {values!r}")
    return float(values[0]), float(values[1])


def tables_csv(tables: Sequence[ScoreTable]) -> str:
    """Tables as one CSV file: a line for each tracker, subset, attribute and sequence."""
    columns = list(dict.fromkeys(name for table in tables for name in table.headline))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["benchmark", "protocol", "tracker", "kind", "name", *columns])
    for table in tables:
        lead = [table.benchmark, table.protocol, table.tracker]
        for kind, name, row in _rows(table):
            cells = [repr(float(row[c])) if c in row else "" for c in columns]
            writer.writerow([*lead, kind, name, *cells])
    return text.getvalue()


def _rows(table: ScoreTable) -> Iterator[tuple[str, str, Measures]]:
    yield "all", "", table.headline
    for end in ("low", "high"):
        bounds = {name: getattr(interval, end) for name, interval in table.intervals.items()}
        if bounds:
            yield f"interval_{end}", "", bounds
    for kind, rows in (
        ("subset", table.subsets),
        ("attribute", table.per_attribute),
        ("sequence", table.per_sequence),
    ):
        for name, row in rows.items():
            yield kind, name, row


def tables_text(tables: Sequence[ScoreTable], *, intervals: bool = True) -> str:
    """Tables of one benchmark and protocol as one plain table, the best tracker first."""
    measures = list(dict.fromkeys(name for table in tables for name in table.headline))
    first, order = tables[0], ranked(tables)
    timed = any(table.frames_per_second is not None for table in tables)
    header = ["tracker", *(_heading(first, name) for name in measures)]
    header += ["frames/s"] if timed else []
    lines = [header]
    for table in order:
        speed = "" if table.frames_per_second is None else f"{table.frames_per_second:.0f}"
        cells = [_cell(table, name, intervals=intervals) for name in measures]
        lines.append([table.tracker, *cells, *([speed] if timed else [])])
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    rows = [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    counts = [len(table.per_sequence) for table in order]
    count = f"{min(counts)} to {max(counts)}" if len(set(counts)) > 1 else f"{counts[0]}"
    noun = "sequence" if count == "1" else "sequences"
    title = f"{first.benchmark}, {first.protocol}, {count} {noun}"
    return "\n".join([title, *rows, *_difference_lines(order)])


def notes_of(tables: Sequence[ScoreTable]) -> list[str]:
    """The notes of tables that are shown together, each once, with its trackers if not all's."""
    trackers: dict[str, list[str]] = {}
    for table in tables:
        for note in table.notes:
            trackers.setdefault(note, []).append(table.tracker)
    return [
        note if len(names) == len(tables) else f"{', '.join(names)}: {note}"
        for note, names in trackers.items()
    ]


def ranked(tables: Sequence[ScoreTable]) -> list[ScoreTable]:
    """Tables of one benchmark and protocol, the best first measure first, NaN last."""
    main = next(iter(tables[0].headline))
    better = -1.0 if main in tables[0].lower_is_better else 1.0
    return sorted(tables, key=lambda table: -_rankable(table.main * better))


def _difference_lines(tables: Sequence[ScoreTable]) -> list[str]:
    """A line for each tracker and each measure of which the difference to the best is known."""
    lines = []
    for table in tables:
        for name, gap in table.differences.items():
            digits = 2 if table.units.get(name) else 4
            low, high = (f"{end:+.{digits}f}" for end in (gap.interval.low, gap.interval.high))
            mark = " *" if gap.interval.excludes_zero else ""
            value = f"{gap.interval.estimate:+.{digits}f} [{low}, {high}]{mark}"
            lines.append(f"{table.tracker} - {gap.to}: {name} {value}")
    return lines


def _rankable(value: float) -> float:
    return -math.inf if math.isnan(value) else value


def _heading(table: ScoreTable, name: str) -> str:
    unit = table.units.get(name, "")
    return f"{name} ({unit})" if unit else name


def _cell(table: ScoreTable, name: str, *, intervals: bool) -> str:
    if name not in table.headline:
        return "-"
    value = table.headline[name]
    digits = 2 if table.units.get(name) else 4
    interval = table.intervals.get(name)
    if not intervals or interval is None:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}f} [{interval.low:.{digits}f}, {interval.high:.{digits}f}]"
