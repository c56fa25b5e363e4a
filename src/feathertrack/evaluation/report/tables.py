"""Tables for a paper and for a page of text: LaTeX (booktabs) and Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from feathertrack.evaluation.report.comparison import Comparison
from feathertrack.evaluation.report.measures import Measure
from feathertrack.evaluation.report.published import PublishedRow
from feathertrack.evaluation.scoring import notes_of as notes_of_tables
from feathertrack.evaluation.significance import Interval

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
    "–": "--",  # noqa: RUF001
}

_FITTED = r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
"""Opens a box that is made as narrow as the line where it would be wider."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A number in a table.

    Attributes:
        text: the number.
        interval: its confidence interval, "" without one.
        rank: 1 for the best measured one of its column, 2 for the second, else 0.
    """

    text: str
    interval: str = ""
    rank: int = 0


@dataclass(frozen=True, kw_only=True)
class Row:
    """One tracker.

    Attributes:
        tracker: its name.
        cells: one for each measure.
        speed: frames per second, "" where it is not known.
        difference: of the main measure to the best tracker, with its interval.
        significant: the interval of the difference does not hold 0.
        source: of published numbers; "" for those measured here.
    """

    tracker: str
    cells: tuple[Cell, ...]
    speed: str = ""
    difference: str = ""
    significant: bool = False
    source: str = ""


def measured_rows(comparison: Comparison) -> list[Row]:
    """The trackers that were evaluated, best first."""
    columns = [_column(comparison, measure) for measure in comparison.measures]
    rows = []
    for place, entry in enumerate(comparison.entries):
        speed, gap = entry.scores.frames_per_second, comparison.differences.get(entry.tracker)
        main = comparison.main
        rows.append(
            Row(
                tracker=entry.tracker,
                cells=tuple(column[place] for column in columns),
                speed="" if speed is None else f"{speed:.0f}",
                difference=""
                if gap is None
                else f"{gap.estimate:+.{main.digits}f} "
                f"[{gap.low:+.{main.digits}f}, {gap.high:+.{main.digits}f}]",
                significant=gap is not None and gap.excludes_zero,
            )
        )
    return rows


def _column(comparison: Comparison, measure: Measure) -> list[Cell]:
    values = np.array([entry.score(measure.key) for entry in comparison.entries], dtype=float)
    sign = 1 if measure.lower_is_better else -1
    distinct = sorted(set((sign * values[np.isfinite(values)]).tolist()))
    cells = []
    for entry, value in zip(comparison.entries, values, strict=True):
        interval = entry.scores.intervals.get(measure.key)
        place = distinct.index(sign * value) + 1 if np.isfinite(value) else 0
        cells.append(
            Cell(
                text=measure.text(float(value)),
                interval=""
                if interval is None
                else f"[{measure.text(interval.low)}, {measure.text(interval.high)}]",
                rank=place if place <= 2 and len(values) > 1 else 0,
            )
        )
    return cells


def difference_rows(comparison: Comparison) -> list[Row]:
    """Each tracker minus the best one, for every measure that can be compared."""
    best = comparison.entries[0].tracker
    rows = []
    for entry in comparison.entries[1:]:
        gaps = comparison.gaps.get(entry.tracker, {})
        cells = tuple(_gap_cell(gaps.get(m.key), m) for m in comparison.measures)
        if gaps:
            rows.append(Row(tracker=f"{entry.tracker} - {best}", cells=cells))
    return rows


def _gap_cell(gap: Interval | None, measure: Measure) -> Cell:
    if gap is None:
        return Cell(text=measure.text(None))
    low, estimate, high = (f"{v:+.{measure.digits}f}" for v in (gap.low, gap.estimate, gap.high))
    mark = "*" if gap.excludes_zero else ""
    return Cell(text=estimate, interval=f"[{low}, {high}]{mark}")


def _legend(comparison: Comparison, differences: bool) -> list[str]:
    """What brackets and stars in a table mean."""
    legend = []
    if differences or any(entry.scores.intervals for entry in comparison.entries):
        legend.append("[low, high]: 95 % bootstrap interval over sequences.")
    if differences:
        legend.append("A - B: on the same resamples; *: the interval excludes 0.")
    return legend


def published_table(
    comparison: Comparison, published: Iterable[PublishedRow] | None = None
) -> list[Row]:
    """Published rows of the same trackers, or those given, that have one of the measures."""
    rows = []
    for row in comparison.published if published is None else published:
        cells = tuple(Cell(text=m.text(row.values.get(m.key))) for m in comparison.measures)
        if any(measure.key in row.values for measure in comparison.measures):
            rows.append(Row(tracker=row.tracker, cells=cells, source=row.source))
    return rows


def to_markdown(comparisons: Sequence[Comparison]) -> str:
    """A heading and a table for each benchmark; the best number is bold."""
    return "\n\n".join(_markdown(comparison) for comparison in comparisons) + "\n"


def _markdown(comparison: Comparison) -> str:
    heads = ["Tracker", *(f"{m.label} {m.arrow}" for m in comparison.measures), "FPS", "Source"]
    lines = [f"### {_markdown_text(comparison.benchmark)} ({_markdown_text(comparison.protocol)})"]
    lines += ["", _markdown_row(heads), _markdown_row(["---", *["---:"] * (len(heads) - 2), "---"])]
    for row in measured_rows(comparison) + published_table(comparison):
        cells = [_markdown_cell(cell) for cell in row.cells]
        source = f"published: {_markdown_text(row.source)}" if row.source else "measured"
        lines.append(_markdown_row([_markdown_text(row.tracker), *cells, row.speed or "", source]))
    differences = difference_rows(comparison)
    for row in differences:
        cells = [_markdown_cell(cell) for cell in row.cells]
        lines.append(_markdown_row([_markdown_text(row.tracker), *cells, "", "difference"]))
    lines += [f"\n{_markdown_text(note)}" for note in _legend(comparison, bool(differences))]
    lines += [f"\n{_markdown_text(note)}" for note in notes_of(comparison)]
    return "\n".join(lines)


def _markdown_cell(cell: Cell) -> str:
    text = f"**{cell.text}**" if cell.rank == 1 else cell.text
    interval = cell.interval.replace("*", r"\*")
    return f"{text} {interval}".strip()


def _markdown_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_text(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>|#~])", r"\\\1", " ".join(text.split()))


def to_latex(comparisons: Sequence[Comparison]) -> str:
    """A ``table`` for each benchmark, for the packages booktabs and graphicx.

    One that is wider than the line is made smaller, as a whole, until it fits; others keep their
    size. The best number is bold, the second underlined; published rows stand below a rule, with a
    dagger and their sources in the caption.
    """
    return "\n".join(_latex(comparison) for comparison in comparisons)


def _latex(comparison: Comparison) -> str:
    measures = comparison.measures
    published, differences = published_table(comparison), difference_rows(comparison)
    sources = list(dict.fromkeys(row.source for row in published))
    caption = f"{comparison.benchmark}, protocol {comparison.protocol}, "
    count = len(comparison.sequences)
    caption += f"{count} sequence{'' if count == 1 else 's'}."
    caption += "".join(f" {sentence}" for sentence in _legend(comparison, bool(differences)))
    if sources:
        caption += f" †: published, not measured here ({'; '.join(sources)})."
    lines = [
        r"\begin{table}[t]",
        r"  \centering",
        rf"  \caption{{{_latex_text(caption)}}}",
        rf"  \label{{tab:{comparison.slug}}}",
        rf"  {_FITTED}",
        rf"  \begin{{tabular}}{{l{'r' * (len(measures) + 1)}}}",
        r"    \toprule",
        _latex_row(["Tracker", *(_latex_text(f"{m.label} {m.arrow}") for m in measures), "FPS"]),
        r"    \midrule",
    ]
    for row in measured_rows(comparison):
        cells = [_latex_cell(cell) for cell in row.cells]
        lines.append(_latex_row([_latex_text(row.tracker), *cells, row.speed or "--"]))
    if differences:
        lines.append(r"    \midrule")
    for row in differences:
        cells = [_latex_cell(cell) for cell in row.cells]
        lines.append(_latex_row([_latex_text(row.tracker), *cells, "--"]))
    if published:
        lines.append(r"    \midrule")
    for row in published:
        cells = [_latex_text(cell.text) for cell in row.cells]
        lines.append(_latex_row([_latex_text(f"{row.tracker} †"), *cells, "--"]))
    lines += [r"    \bottomrule", r"  \end{tabular}}", r"\end{table}", ""]
    return "\n".join(lines)


def _latex_row(cells: Sequence[str]) -> str:
    return f"    {' & '.join(cells)} \\\\"


def _latex_cell(cell: Cell) -> str:
    text = _latex_text(cell.text)
    text = {1: rf"\textbf{{{text}}}", 2: rf"\underline{{{text}}}"}.get(cell.rank, text)
    return rf"{text} {{\scriptsize {_latex_text(cell.interval)}}}" if cell.interval else text


def _latex_text(text: str) -> str:
    plain = "".join(_LATEX.get(letter, letter) for letter in " ".join(text.split()))
    return plain.replace("†", r"$^\dagger$")


def notes_of(comparison: Comparison) -> list[str]:
    """What a reader of the numbers must know, each sentence once."""
    return notes_of_tables([entry.scores for entry in comparison.entries])
