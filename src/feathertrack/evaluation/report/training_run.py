"""A page about trainings: curves of losses, rates, gradients, speed and validation."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from feathertrack._version import __version__
from feathertrack.errors import InputError
from feathertrack.evaluation.json_paths import by_path
from feathertrack.evaluation.report.rendering import page_environment, resource
from feathertrack.evaluation.report.style import OTHER, Style, assign_styles, figure_label
from feathertrack.evaluation.report.svg import Draw, inline_svg, save_figure
from feathertrack.evaluation.training_log import TrainingRun
from feathertrack.video.outfiles import write_atomically, writing

WIDTH, HEIGHT = 5.2, 3.2
NUM_NAMED = 8
"""Runs that the legend of a figure names; further ones are drawn in grey."""

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


def write_training_report(
    runs: Sequence[TrainingRun],
    *,
    page: Path | None,
    figures: Path | None = None,
    title: str = "Training report",
    created: str = "",
) -> list[Path]:
    """Write a page about trainings, and its figures for a paper; return the files.

    Args:
        runs: of ``find_runs``; several are drawn into the same figures.
        page: the HTML file; None writes none.
        figures: folder for every figure as PDF and SVG.
        title: heading of the page.
        created: when, as the page says it.

    Raises:
        InputError: no run has made a step yet, or a file cannot be written.
    """
    if not any(run.events("step") for run in runs):
        raise InputError(f"{runs[0].folder} has made no step that was logged: train it first")
    plots = {key: plot for key, plot in _PLOTS.items() if any(plot.series(run) for run in runs)}
    styles = assign_styles(run.name for run in runs)
    draws = {key: partial(_draw, runs, plot, styles) for key, plot in plots.items()}
    written = []
    if page is not None:
        if page.is_dir():
            raise InputError(f"{page} is a folder: name a file in it")
        with writing(page):
            page.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(page, [_render(runs, draws, title=title, created=created)])
        written.append(page)
    if figures is not None:
        if figures.exists() and not figures.is_dir():
            raise InputError(f"{figures} is a file; figures go into a folder: name another")
        for key, draw in draws.items():
            written += save_figure(draw, figures / f"training-{key}")
    return written


def _numbers(lines: Sequence[Mapping[str, Any]], *path: str, x: str = "step") -> Points:
    """What the lines have under a path, finite, with the step of each."""
    steps, values = [], []
    for line in lines:
        value: Any = line
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        at = line.get(x)
        if _is_number(value) and _is_number(at):
            steps.append(float(at))  # type: ignore[arg-type]
            values.append(float(value))
    return steps, values


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _table(event: str, key: str, *, x: str = "step") -> Series:
    """A line for each name in a nested object, such as the losses."""

    def series(run: TrainingRun) -> dict[str, Points]:
        lines = run.events(event)
        tables = [table for line in lines if isinstance(table := line.get(key), Mapping)]
        names = dict.fromkeys(str(name) for table in tables for name in table)
        found = {name: _numbers(lines, key, name, x=x) for name in names}
        return {name: points for name, points in found.items() if points[0]}

    return series


def _single(key: str) -> Series:
    def series(run: TrainingRun) -> dict[str, Points]:
        points = _numbers(run.events("step"), key)
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

_DASHES = ("-", "--", ":", "-.")


def _draw(runs: Sequence[TrainingRun], plot: _Plot, styles: Mapping[str, Style]) -> Figure:
    drawn = [(run, series) for run in runs if (series := plot.series(run))]
    rows = -(-min(NUM_NAMED, sum(len(series) for _, series in drawn)) // 2)
    figure = Figure(figsize=(WIDTH, HEIGHT + 0.19 * (rows - 1)))
    axes = figure.add_subplot()
    colors = assign_styles(name for _, series in drawn for name in series)
    named = 0
    for run, series in drawn:
        for number, (name, points) in enumerate(series.items()):
            alone = len(drawn) == 1
            style = colors[name] if alone else styles[run.name]
            label = " ".join(part for part in ("" if alone else run.name, name) if part)
            named += 1
            shown = named <= NUM_NAMED
            axes.plot(
                *points,
                color=(style if shown else OTHER).color,
                linestyle="-" if alone else _DASHES[number % len(_DASHES)],
                marker="o" if plot.marker or len(points[0]) == 1 else "",
                markersize=3,
                label=figure_label(label) if shown and label else None,
                linewidth=1.3 if shown else 0.7,
            )
    _finish(axes, plot)
    if axes.get_legend_handles_labels()[1]:
        figure.legend(loc="outside lower left", ncols=2)
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


def _render(
    runs: Sequence[TrainingRun], draws: Mapping[str, Draw], *, title: str, created: str
) -> str:
    environment = page_environment()
    return environment.get_template("training.html").render(
        title=title,
        created=created,
        version=__version__,
        css=resource(environment, "report.css"),
        rows=[_row(run) for run in runs],
        notes=[(run.name, text) for run in runs for text in _notes(run)],
        figures=[
            Markup(inline_svg(draw, name=f"training-{key}", label=key))
            for key, draw in draws.items()
        ],
        recipes=[
            (run.name, [(path, str(value)) for path, value in by_path(run.recipe)])
            for run in runs
            if run.recipe
        ],
    )


def _row(run: TrainingRun) -> dict[str, str]:
    """What the table says of a run; "" for what is not known."""
    steps, starts = run.events("step"), run.events("start")
    last: Mapping[str, Any] = steps[-1] if steps else {}
    start: Mapping[str, Any] = starts[-1] if starts else {}
    losses = last.get("losses")
    speeds = _numbers(steps, "pairs_per_second")[1]
    waits = _numbers(steps, "data_wait")[1]
    epochs = run.recipe.get("loop", {}).get("epochs", "")
    done = max((int(line.get("epoch", 0)) for line in steps), default=0)
    return {
        "name": run.name,
        "recipe": str(start.get("recipe", "")),
        "where": f"{start.get('processes', 1)} x {start.get('device', '')}, "
        f"{start.get('precision', '')}",
        "epochs": f"{done} of {epochs}" if epochs else str(done),
        "steps": f"{last.get('step', 0):,}",
        "loss": f"{losses['total']:.4f}" if isinstance(losses, dict) and "total" in losses else "",
        "best": _best(run),
        "speed": f"{median(speeds):.1f}" if speeds else "",
        "waiting": f"{median(waits):.0%}" if waits else "",
        "skipped": str(last.get("skipped", "")),
        "revision": str(start.get("git_revision", ""))[:9],
    }


def _best(run: TrainingRun) -> str:
    lines = [line for line in run.events("validation") if line.get("best")]
    if not lines:
        return ""
    scores = lines[-1].get("scores")
    told = ", ".join(f"{k} {v:.3f}" for k, v in scores.items() if _is_number(v)) if scores else ""
    return f"{told} (epoch {lines[-1].get('epoch')})"


def _notes(run: TrainingRun) -> list[str]:
    return [str(line.get("text", "")) for line in run.events("note")]
