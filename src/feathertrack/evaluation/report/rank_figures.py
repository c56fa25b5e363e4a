"""Figures with one mark a tracker: accuracy-robustness, ranking, speed, and attribute radar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import MaxNLocator

from feathertrack.evaluation.report.comparison import Comparison
from feathertrack.evaluation.report.curve_figures import HEIGHT, NUM_NAMED, WIDTH
from feathertrack.evaluation.report.style import FAINT, MUTED, OTHER, Style, figure_label

_RADAR_TRACKERS = 6
_RADAR_AXES = 3
"""A radar of fewer attributes is no area."""


def draw_accuracy_robustness(comparison: Comparison, *, styles: Mapping[str, Style]) -> Figure:
    """Accuracy over robustness as a share; the best trackers are at the top right."""
    points = {
        entry.tracker: (entry.reliability, accuracy)
        for entry in comparison.entries
        if entry.reliability is not None and (accuracy := entry.score("accuracy")) is not None
    }
    figure = Figure(figsize=(WIDTH, HEIGHT + 0.19 * ((min(len(points), NUM_NAMED) - 1) // 2)))
    axes = figure.add_subplot()
    handles = []
    for place, (tracker, (x, y)) in enumerate(points.items()):
        style = styles[tracker] if place < NUM_NAMED else OTHER
        axes.plot(x, y, style.marker, color=style.color, markersize=8, zorder=3 - place * 1e-3)
        if place < NUM_NAMED:
            mark = {"marker": style.marker, "color": style.color, "linestyle": ""}
            handles.append(Line2D([], [], label=_short(tracker), **mark))  # type: ignore[arg-type]
    if points:
        axes.set_xlim(_shares([x for x, _ in points.values()]))
        axes.set_ylim(_shares([y for _, y in points.values()]))
        axes.xaxis.set_major_locator(MaxNLocator(6))
        figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=7.5)
    axes.set(title="Accuracy and robustness", xlabel="Robustness (share)", ylabel="Accuracy")
    return figure


def _shares(values: Sequence[float]) -> tuple[float, float]:
    """Limits of an axis of shares: all values with room around them, and 0.3 at least."""
    low, high = min(values), max(values)
    room = max(0.06, (0.3 - (high - low)) / 2)
    return max(0.0, low - room), min(1.0, high + room)


def draw_ranking(comparison: Comparison, *, styles: Mapping[str, Style]) -> Figure:
    """The main measure of every tracker with its confidence interval, best on top."""
    entries = comparison.entries
    figure = Figure(figsize=(WIDTH, max(1.3, 0.75 + 0.26 * len(entries))))
    axes = figure.add_subplot()
    key = comparison.main.key
    for place, entry in enumerate(entries):
        style, value = styles[entry.tracker], entry.scores.headline.get(key, np.nan)
        interval = entry.scores.intervals.get(key)
        if interval is not None:
            axes.plot([interval.low, interval.high], [place] * 2, color=style.color, linewidth=2.2)
        axes.plot(value, place, style.marker, color=style.color, markersize=7)
    axes.set_yticks(range(len(entries)), [_short(entry.tracker) for entry in entries])
    axes.set_ylim(len(entries) - 0.4, -0.6)
    axes.grid(axis="y", visible=False)
    with_interval = any(key in entry.scores.intervals for entry in entries)
    axes.set_xlabel(f"{comparison.main.label}" + (" with 95 % interval" if with_interval else ""))
    axes.set_title("Ranking", loc="left")
    return figure


def has_speed(comparison: Comparison) -> bool:
    """Whether anybody's speed is known together with the main measure."""
    return any(entry.scores.frames_per_second for entry in comparison.entries)


def draw_speed(comparison: Comparison, *, styles: Mapping[str, Style]) -> Figure:
    """The main measure over frames per second, measured here or, hollow and grey, published."""
    key = comparison.main.key
    measured = [
        (entry.tracker, speed, score)
        for entry in comparison.entries
        if (speed := entry.scores.frames_per_second) and (score := entry.score(key)) is not None
    ]
    figure = Figure(figsize=(WIDTH, HEIGHT + 0.19 * (min(len(measured), NUM_NAMED) // 2)))
    axes = figure.add_subplot()
    hollow = {"marker": "o", "color": MUTED, "linestyle": "", "fillstyle": "none"}
    handles = []
    for row in (*comparison.published, *comparison.others):
        if row.frames_per_second and key in row.values:
            axes.plot(row.frames_per_second, row.values[key], **hollow)  # type: ignore[arg-type]
            label = "published, other machine"
            handles = [Line2D([], [], label=label, **hollow)]  # type: ignore[arg-type]
    for place, (tracker, x, y) in enumerate(measured):
        style = styles[tracker] if place < NUM_NAMED else OTHER
        mark = {"marker": style.marker, "color": style.color, "linestyle": ""}
        axes.plot(x, y, markersize=8, zorder=3 - place * 1e-3, **mark)  # type: ignore[arg-type]
        if place < NUM_NAMED:
            handles.append(Line2D([], [], label=_short(tracker), **mark))  # type: ignore[arg-type]
    axes.set_xscale("log")
    axes.margins(0.12, 0.15)
    label_log_axis(axes)
    axes.set(title="Speed and accuracy", xlabel="Frames per second", ylabel=comparison.main.label)
    figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize=7.5)
    return figure


def label_log_axis(axes: Axes) -> None:
    """Plain numbers, and 2 and 5 between the decades where there are few."""
    axes.xaxis.set_major_formatter("{x:g}")
    low, high = axes.get_xlim()
    few = high / low < 100  # else the labels of the decades are enough, and the others collide
    axes.xaxis.set_minor_formatter(lambda x, _: f"{x:g}" if few and f"{x:e}"[0] in "25" else "")
    axes.tick_params(axis="x", which="minor", labelsize=7)


def radar_attributes(comparison: Comparison) -> list[str]:
    """Attributes that every drawn tracker has a score of; none where they are too few."""
    drawn = comparison.entries[:_RADAR_TRACKERS]
    common = [
        name
        for name in drawn[0].attributes
        if all(np.isfinite(entry.attributes.get(name, np.nan)) for entry in drawn)
    ]
    return common if len(common) >= _RADAR_AXES else []


def draw_radar(comparison: Comparison, *, styles: Mapping[str, Style]) -> Figure:
    """The main measure on the sequences of each attribute, for the best trackers."""
    names = radar_attributes(comparison)
    drawn = comparison.entries[:_RADAR_TRACKERS]
    figure = Figure(figsize=(WIDTH, HEIGHT + 0.6 + 0.1 * len(drawn)))
    axes = figure.add_subplot(projection="polar")
    assert isinstance(axes, PolarAxes)
    angles = np.linspace(0, 2 * np.pi, len(names) + 1)
    for entry in reversed(drawn):
        values = [entry.attributes[name] for name in names]
        style = styles[entry.tracker]
        axes.plot(angles, [*values, values[0]], color=style.color, linestyle=style.dash)
        axes.fill(angles, [*values, values[0]], color=style.color, alpha=0.05)
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    axes.set_xticks(angles[:-1], [figure_label(name, longest=16) for name in names])
    top = max(max(entry.attributes[name] for name in names) for entry in drawn)
    axes.set_ylim(0, min(1.0, float(np.ceil(top * 10) / 10)) if top <= 1 else top)
    axes.tick_params(axis="y", labelsize=7)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_rlabel_position(180 / len(names))
    axes.spines["polar"].set_color(FAINT)
    axes.set_title(f"{comparison.main.label} by attribute", loc="left", pad=14)
    handles = [
        Line2D([], [], color=styles[entry.tracker].color, linestyle=styles[entry.tracker].dash)
        for entry in drawn
    ]
    labels = [_short(entry.tracker) for entry in drawn]
    figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=7.5)
    return figure


def _short(name: str) -> str:
    return figure_label(name, longest=24)
