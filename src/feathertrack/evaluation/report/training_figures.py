"""Curves of trainings: losses, validation, rates, gradients and speed.

The lines of one run get a style each. Of several runs each gets one, the same in every figure, and
what a run logs under several names (terms of a loss, scores, groups of weights) has a figure each.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from feathertrack.evaluation.report.style import OTHER, Style, assign_styles, figure_label
from feathertrack.evaluation.report.svg import Draw
from feathertrack.evaluation.training_log import TrainingRun

WIDTH, HEIGHT = 5.2, 3.2
_UNFIT = re.compile(r"[^\w-]+")

Points = tuple[list[float], list[float]]
Series = Callable[[TrainingRun], dict[str, Points]]


@dataclass(frozen=True, kw_only=True)
class _Plot:
    """A figure: what it takes from a run, by the name of each line, and how its axes look."""

    title: str
    y_label: str
    series: Series
    x_label: str = "steps"
    log: bool = False
    marker: bool = False


def training_figures(runs: Sequence[TrainingRun], styles: Mapping[str, Style]) -> dict[str, Draw]:
    """Name of a figure -> what draws it: those that the logs have numbers for.

    Args:
        runs: several are drawn into the same figures.
        styles: name of a run -> how it is drawn where there are several.
    """
    plots = {key: plot for key, plot in _PLOTS.items() if any(plot.series(run) for run in runs)}
    if len(runs) > 1:
        plots = {key: one for lead, plot in plots.items() for key, one in _apart(lead, plot, runs)}
    return {key: partial(_draw, runs, plot, styles) for key, plot in plots.items()}


def _apart(key: str, plot: _Plot, runs: Sequence[TrainingRun]) -> list[tuple[str, _Plot]]:
    """A figure for each name that the runs log."""
    names = list(dict.fromkeys(name for run in runs for name in plot.series(run)))
    if len(names) < 2:
        return [(key, plot)]

    def only(name: str, run: TrainingRun) -> dict[str, Points]:
        series = plot.series(run)
        return {"": series[name]} if name in series else {}

    keys = [f"{key}-{_UNFIT.sub('_', name)}" for name in names]
    if len({one.casefold() for one in keys}) < len(keys):
        keys = [f"{one}-{number}" for number, one in enumerate(keys, 1)]
    return [
        (
            one,
            replace(plot, title=figure_label(f"{plot.title}: {name}"), series=partial(only, name)),
        )
        for one, name in zip(keys, names, strict=True)
    ]


def numbers(lines: Sequence[Mapping[str, Any]], *path: str, x: str = "step") -> Points:
    """What the lines have under a path, finite, with the step of each."""
    steps, values = [], []
    for line in lines:
        value: Any = line
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        at = line.get(x)
        if is_number(value) and is_number(at):
            steps.append(float(at))  # type: ignore[arg-type]
            values.append(float(value))
    return steps, values


def is_number(value: object) -> bool:
    """Whether a value of a log can be drawn: a finite number, and no truth value."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _table(event: str, key: str, *, x: str = "step") -> Series:
    """A line for each name in a nested object, such as the losses."""

    def series(run: TrainingRun) -> dict[str, Points]:
        lines = run.events(event)
        tables = [table for line in lines if isinstance(table := line.get(key), Mapping)]
        names = dict.fromkeys(str(name) for table in tables for name in table)
        found = {name: numbers(lines, key, name, x=x) for name in names}
        return {name: points for name, points in found.items() if points[0]}

    return series


def _single(key: str) -> Series:
    def series(run: TrainingRun) -> dict[str, Points]:
        points = numbers(run.events("step"), key)
        return {"": points} if points[0] else {}

    return series


_PLOTS: Mapping[str, _Plot] = {
    "loss": _Plot(
        title="Loss", y_label="mean since the last line", series=_table("step", "losses")
    ),
    "validation": _Plot(
        title="Validation",
        y_label="score",
        x_label="epochs",
        series=_table("validation", "scores", x="epoch"),
        marker=True,
    ),
    "rate": _Plot(title="Learning rate", y_label="by group", series=_table("step", "lr"), log=True),
    "gradient": _Plot(title="Gradient", y_label="norm", series=_single("gradient_norm"), log=True),
    "speed": _Plot(title="Speed", y_label="pairs/s", series=_single("pairs_per_second")),
    "waiting": _Plot(
        title="Waiting for pairs", y_label="share of the time", series=_single("data_wait")
    ),
}


def _draw(runs: Sequence[TrainingRun], plot: _Plot, styles: Mapping[str, Style]) -> Figure:
    drawn = [(run, series) for run in runs if (series := plot.series(run))]
    alone = len(runs) == 1
    colors = assign_styles(name for _, series in drawn for name in series)
    figure = Figure()
    axes = figure.add_subplot()
    for run, series in drawn:
        for name, points in series.items():
            style = colors[name] if alone else styles[run.name]
            label = name if alone else run.name
            named = style is not OTHER and label
            axes.plot(
                *points,
                color=style.color,
                linestyle=style.dash,
                marker=style.marker if plot.marker or len(points[0]) == 1 else "",
                markersize=3,
                label=figure_label(label) if named else None,
                linewidth=1.3 if named else 0.7,
            )
    _finish(axes, plot)
    labels = axes.get_legend_handles_labels()[1]
    figure.set_size_inches(WIDTH, HEIGHT + 0.19 * max(-(-len(labels) // 2) - 1, 0))
    if labels:
        figure.legend(loc="outside lower left", ncols=2, handlelength=3.2)
    return figure


def _finish(axes: Axes, plot: _Plot) -> None:
    drawn = [np.asarray(line.get_ydata(), dtype=np.float64) for line in axes.lines]
    positive = [float(value) for values in drawn for value in values if value > 0]
    if plot.log and positive and max(positive) > 10 * min(positive):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_formatter(NullFormatter())
    axes.set(title=plot.title, xlabel=plot.x_label, ylabel=plot.y_label)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.margins(x=0.01)
