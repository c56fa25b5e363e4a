"""The figure of size against accuracy."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from feathertrack.evaluation.report.comparison import Comparison
from feathertrack.evaluation.report.costs import pareto, size_points
from feathertrack.evaluation.report.curve_figures import HEIGHT, WIDTH
from feathertrack.evaluation.report.rank_figures import label_log_axis
from feathertrack.evaluation.report.style import INK, MUTED, Style, figure_label

_LONGEST = 24


def has_sizes(comparison: Comparison) -> bool:
    """Whether the sizes of two trackers are known together with the main measure."""
    return len(size_points(comparison)) > 1


def draw_size_accuracy(comparison: Comparison, *, styles: Mapping[str, Style]) -> Figure:
    """The main measure over the size, logarithmic, each point with its name.

    The line joins those than which no other is both smaller and better.
    """
    points = size_points(comparison)
    figure = Figure(figsize=(WIDTH, HEIGHT + 0.4))
    axes = figure.add_subplot()
    lower = comparison.main.lower_is_better
    front = pareto([(size, score) for _, size, score in points], lower_is_better=lower)
    axes.plot(*zip(*front, strict=True), color=MUTED, linewidth=1.1, linestyle="--", zorder=1)
    axes.set_xscale("log")
    axes.margins(0.2, 0.18)
    middle = (min(p[1] for p in points) * max(p[1] for p in points)) ** 0.5
    heights = _spread({p[0].tracker: p[2] for p in points})
    for entry, size, score in points:
        style = styles[entry.tracker]
        axes.plot(size, score, style.marker, color=style.color, markersize=8, zorder=3)
        right = size <= middle  # names run towards the middle, so that none leaves the figure
        axes.annotate(
            figure_label(entry.tracker, longest=_LONGEST),
            (size, score),
            xytext=(9 if right else -9, heights[entry.tracker]),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            fontsize=7.5,
            color=INK,
        )
    label_log_axis(axes)
    axes.set(
        title="Size and accuracy", xlabel="Size of the weights (MB)", ylabel=comparison.main.label
    )
    return figure


def _spread(scores: Mapping[str, float]) -> dict[str, float]:
    """How far each name is moved up or down, in points, so that names of like scores stay apart."""
    ordered = sorted(scores, key=lambda name: scores[name])
    span = (max(scores.values()) - min(scores.values())) or 1.0
    room = 150.0  # points that the scores take in the figure
    moved: dict[str, float] = {}
    last = -1e9
    for name in ordered:
        at = room * (scores[name] - scores[ordered[0]]) / span
        place = max(at, last + 9.5)
        moved[name], last = place - at, place
    return moved
