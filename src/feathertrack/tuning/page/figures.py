"""Figures of a search: parallel coordinates, a slice for each setting, progress, Pareto front."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from feathertrack.evaluation.report.style import FAINT, INK, MUTED
from feathertrack.tuning.axes import Axis, Value, shown
from feathertrack.tuning.objectives import Objective
from feathertrack.tuning.study import Tried

Plot = Callable[[], Figure]

BEST, POINTS = "#d55e00", "#0072b2"
"""Colours of the winner and of the others: of Okabe and Ito, as those of the reports."""

_MOST_NAMED = 12
"""Values of an axis that have a tick each."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What is drawn.

    Attributes:
        axes: that differ between points, in their order.
        objectives: of the search.
        done: finished points that may win, the best first.
        stopped: points that were given up, with their values so far.
        front: the Pareto front.
    """

    axes: tuple[Axis, ...]
    objectives: tuple[Objective, ...]
    done: tuple[Tried, ...]
    stopped: tuple[Tried, ...]
    front: tuple[Tried, ...]


def search_plots(drawn: Drawn) -> dict[str, Plot]:
    """Name of a figure -> what draws it."""
    plots: dict[str, Plot] = {}
    if drawn.axes and len(drawn.done) > 1:
        plots["parallel coordinates"] = partial(draw_parallel, drawn)
    if len(drawn.objectives) > 1:
        plots["Pareto front"] = partial(draw_front, drawn)
    for axis in drawn.axes:
        plots[f"slice {axis.option}"] = partial(draw_slice, drawn, axis)
    if len(drawn.done) > 1:
        plots["progress"] = partial(draw_progress, drawn)
    return plots


def draw_parallel(drawn: Drawn) -> Figure:
    """A line for each finished point through all settings to its score; the best on top."""
    scales = [_Scale.of(axis, drawn.done) for axis in drawn.axes]
    figure = Figure(figsize=(max(9.0, 1.7 * (len(scales) + 1)), 3.6))
    axes = figure.add_subplot()
    values = [one.values[0] for one in drawn.done]
    low, high = min(values), max(values)
    colors = mpl.colormaps["viridis_r"]
    for one in reversed(drawn.done):
        found = dict(one.point)
        share = (one.values[0] - low) / (high - low) if high > low else 0.5
        heights = [
            scale.height(found[axis.path]) for scale, axis in zip(scales, drawn.axes, strict=True)
        ]
        best = one is drawn.done[0]
        axes.plot(
            range(len(heights) + 1),
            [*heights, share],
            color=BEST if best else colors(0.15 + 0.8 * share),
            linewidth=2.4 if best else 0.8,
            alpha=1.0 if best else 0.65,
        )
    names = [axis.option for axis in drawn.axes] + [drawn.objectives[0].text]
    for place, scale in enumerate([*scales, None]):
        axes.axvline(place, color=MUTED, linewidth=0.8, zorder=0)
        marks = scale.marks() if scale else [(0.0, f"{low:.4g}"), (1.0, f"{high:.4g}")]
        for height, text in marks:
            axes.annotate(
                text,
                (place, height),
                xytext=(4, 0),
                textcoords="offset points",
                fontsize=7,
                va="center",
                color=INK,
            )
    axes.set_xticks(range(len(names)), [_wrapped(name) for name in names])
    axes.set_yticks([])
    axes.set(title="Parallel coordinates", xlim=(-0.1, len(names) - 0.55), ylim=(-0.06, 1.06))
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.grid(visible=False)
    return figure


def draw_slice(drawn: Drawn, axis: Axis) -> Figure:
    """Score against one setting; the line joins the best point of each value."""
    figure = Figure(figsize=(4.2, 2.8))
    axes = figure.add_subplot()
    scale = _Scale.of(axis, drawn.done)
    for points, color, face in ((drawn.stopped, MUTED, "none"), (drawn.done, POINTS, POINTS)):
        axes.scatter(
            [scale.x(dict(one.point)[axis.path]) for one in points],
            [one.values[0] for one in points],
            s=14,
            color=color,
            facecolors=face,
            alpha=0.6,
            linewidths=0.8,
        )
    ahead: dict[float, float] = {}
    for one in reversed(drawn.done):
        ahead[scale.x(dict(one.point)[axis.path])] = one.values[0]
    if 1 < len(ahead) <= max(_MOST_NAMED, len(drawn.done) // 3):
        axes.plot(*zip(*sorted(ahead.items()), strict=True), color=POINTS, linewidth=1.0)
    if drawn.done:
        best = drawn.done[0]
        axes.scatter(
            [scale.x(dict(best.point)[axis.path])], [best.values[0]], s=46, color=BEST, zorder=3
        )
    scale.dress(axes)
    axes.set(title=axis.option, ylabel=_wrapped(drawn.objectives[0].text, 30))
    return figure


def draw_progress(drawn: Drawn) -> Figure:
    """Score of every point in the order of the study, and the best so far."""
    figure = Figure(figsize=(4.2, 2.8))
    axes = figure.add_subplot()
    points = sorted(drawn.done, key=lambda one: one.number)
    numbers = [one.number for one in points]
    values = np.array([one.values[0] for one in points])
    best = np.maximum.accumulate(values * drawn.objectives[0].gain) * drawn.objectives[0].gain
    axes.scatter(numbers, values, s=12, color=POINTS, alpha=0.6, linewidths=0)
    axes.step(numbers, best, where="post", color=BEST)
    axes.set(title="Best so far", xlabel="point", ylabel=_wrapped(drawn.objectives[0].text, 30))
    return figure


def draw_front(drawn: Drawn) -> Figure:
    """Two objectives against each other; the line is the front."""
    figure = Figure(figsize=(4.2, 2.8))
    axes = figure.add_subplot()
    axes.scatter(*_pairs(drawn.done), s=14, color=POINTS, alpha=0.5, linewidths=0)
    x, y = _pairs(sorted(drawn.front, key=lambda one: one.values[0]))
    axes.plot(x, y, color=BEST, marker="o", markersize=5, linewidth=1.2)
    first, second = drawn.objectives[:2]
    axes.set(
        title="Pareto front", xlabel=_wrapped(first.text, 30), ylabel=_wrapped(second.text, 30)
    )
    return figure


def _pairs(points: Sequence[Tried]) -> tuple[list[float], list[float]]:
    return [one.values[0] for one in points], [one.values[1] for one in points]


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """Where the values of an axis lie: numbers where they are, other values side by side."""

    places: Mapping[Value, float]
    log: bool
    low: float
    high: float
    whole: bool = False

    @staticmethod
    def of(axis: Axis, points: Sequence[Tried]) -> _Scale:
        """The scale of an axis over the points that were tried."""
        values = [dict(one.point)[axis.path] for one in points] or [axis.default]
        if any(isinstance(value, bool | str) for value in values):
            named = list(axis.choices)
            places = {value: float(number) for number, value in enumerate(named)}
            return _Scale(places=places, log=False, low=0.0, high=max(len(named) - 1.0, 1.0))
        numbers = [float(value) for value in values]
        low, high = min(numbers), max(numbers)
        return _Scale(places={}, log=axis.log, low=low, high=high, whole=axis.whole)

    def x(self, value: Value) -> float:
        """Where a value stands."""
        return self.places[value] if self.places else float(value)

    def height(self, value: Value) -> float:
        """From 0 to 1."""
        turn = math.log if self.log else float
        low, high = turn(self.low), turn(self.high)
        return (turn(self.x(value)) - low) / (high - low) if high > low else 0.5

    def marks(self) -> list[tuple[float, str]]:
        """Heights that are named, with what stands there."""
        if not self.places:
            ends = dict.fromkeys((self.low, self.high))
            return [(self.height(end), shown(end)) for end in ends]
        named = list(self.places.items())
        step = -(-len(named) // _MOST_NAMED)
        return [(self.height(value), shown(value)) for value, _ in named[::step]]

    def dress(self, axes: Axes) -> None:
        """Ticks of a horizontal axis."""
        if self.places:
            named = list(self.places.items())[:: -(-len(self.places) // _MOST_NAMED)]
            axes.set_xticks([place for _, place in named], [shown(value) for value, _ in named])
            if any(len(shown(value)) > 6 for value, _ in named):
                axes.tick_params(axis="x", rotation=60)
        elif self.log:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.xaxis.set_minor_formatter(NullFormatter())
        elif self.whole:
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        axes.grid(color=FAINT)


def _wrapped(text: str, width: int = 16) -> str:
    """A long name on several lines."""
    lines = [""]
    for word in text.replace("_", "_\u200b").split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines).replace("\u200b", "")
