"""Figures of curves: success, precision, normalised precision, expected average overlap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from feathertrack.evaluation.report.comparison import Comparison
from feathertrack.evaluation.report.evaluated import Evaluated
from feathertrack.evaluation.report.style import OTHER, Style, figure_label

NUM_NAMED = 12
"""Trackers, best first, that a figure tells apart; the others are thin grey lines."""
WIDTH, HEIGHT = 4.2, 3.2
"""Inches; two figures fit beside each other on a page of a paper."""


@dataclass(frozen=True, kw_only=True)
class CurvePlot:
    """What is particular to one kind of curve.

    Attributes:
        key: of ``Evaluated.curves``.
        title: above the axes.
        x_label: below them.
        y_label: beside them.
        score: key of the measure in the legend.
    """

    key: str
    title: str
    x_label: str
    y_label: str
    score: str


CURVE_PLOTS = (
    CurvePlot(
        key="success",
        title="Success",
        x_label="Overlap threshold",
        y_label="Share of frames",
        score="auc",
    ),
    CurvePlot(
        key="precision",
        title="Precision",
        x_label="Distance threshold (pixels)",
        y_label="Share of frames",
        score="precision",
    ),
    CurvePlot(
        key="norm_precision",
        title="Normalised precision",
        x_label="Distance threshold (sizes of the target)",
        y_label="Share of frames",
        score="norm_precision",
    ),
    CurvePlot(
        key="precision_recall",
        title="Precision and recall",
        x_label="Recall",
        y_label="Precision",
        score="f",
    ),
    CurvePlot(
        key="eao",
        title="Expected average overlap",
        x_label="Sequence length (frames)",
        y_label="Expected overlap",
        score="eao",
    ),
)


def available_curves(comparison: Comparison) -> list[CurvePlot]:
    """The curves that at least one tracker has."""
    return [
        plot
        for plot in CURVE_PLOTS
        if any(plot.key in entry.scores.curves for entry in comparison.entries)
    ]


def draw_curves(comparison: Comparison, plot: CurvePlot, *, styles: Mapping[str, Style]) -> Figure:
    """One line a tracker, named with its score, in the order of that score."""
    entries = [entry for entry in comparison.entries if plot.key in entry.scores.curves]
    named = entries[:NUM_NAMED]
    rows = -(-(len(named) + (len(entries) > NUM_NAMED)) // 2)
    figure = Figure(figsize=(WIDTH, HEIGHT + 0.19 * (rows - 1)))
    axes = figure.add_subplot()
    for entry in entries[NUM_NAMED:]:
        _line(axes, entry, plot, OTHER, width=0.7, order=1)
    for entry in reversed(named):  # the best one on top
        _line(axes, entry, plot, styles[entry.tracker], width=1.6, order=2)
    axes.set(title=plot.title, xlabel=plot.x_label, ylabel=plot.y_label, ylim=(0, 1.0))
    axes.margins(x=0)
    if plot.key == "eao":
        _frame_eao(axes, entries)
    _legend(figure, comparison, plot, entries, styles)
    return figure


def _line(
    axes: Axes, entry: Evaluated, plot: CurvePlot, style: Style, *, width: float, order: int
) -> None:
    curve = entry.scores.curves[plot.key]
    axes.plot(
        curve.x, curve.y, color=style.color, linestyle=style.dash, linewidth=width, zorder=order
    )


def _frame_eao(axes: Axes, entries: list[Evaluated]) -> None:
    """Shade the window whose mean is the score, and show lengths up to a little beyond it."""
    windows = [entry.window for entry in entries if entry.window is not None]
    if not windows:
        return
    low, high = windows[0]
    axes.axvspan(low, high, color=OTHER.color, alpha=0.12, linewidth=0)
    axes.set_xlim(
        0, min(1.35 * high, max(float(entry.scores.curves["eao"].x[-1]) for entry in entries))
    )


def _legend(
    figure: Figure,
    comparison: Comparison,
    plot: CurvePlot,
    entries: list[Evaluated],
    styles: Mapping[str, Style],
) -> None:
    measures = {measure.key: measure for measure in comparison.measures}
    measure = measures.get(plot.score, comparison.main)
    ranked = sorted(
        entries[:NUM_NAMED],
        key=lambda entry: -(entry.score(measure.key) or 0.0),
    )
    handles, labels = [], []
    for entry in ranked:
        style = styles[entry.tracker]
        handles.append(Line2D([], [], color=style.color, linestyle=style.dash))
        value = measure.text(entry.score(measure.key))
        labels.append(f"[{value}] {figure_label(entry.tracker, longest=26)}")
    if len(entries) > NUM_NAMED:
        handles.append(Line2D([], [], color=OTHER.color, linewidth=0.7))
        labels.append(f"{len(entries) - NUM_NAMED} more")
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=7.5)
