"""The figure of ``score_absences.py``: what the states of several trackers are worth."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

from feathertrack.evaluation.report.style import (
    INK,
    MUTED,
    Style,
    assign_styles,
    figure_label,
    figure_settings,
)

matplotlib.use("Agg")

import matplotlib.pyplot as plt

Summary = Mapping[str, Any]

AIMS = {"precision": 0.8, "recall": 0.7, "false_lost": 0.02, "found": 0.6}
"""What the states of the shipped models should reach; drawn as thin lines."""


def draw_curves(summaries: Mapping[str, Summary], path: Path) -> None:
    """Write a PNG of four panels: lost, its false alarms, returns, and the score's reliability.

    Args:
        summaries: by tracker, as ``evaluation.absences.summarise`` gives them.
        path: where to.
    """
    styles = assign_styles(summaries)
    with figure_settings():
        figure, axes = plt.subplots(2, 2, figsize=(8.6, 6.8), dpi=110)
        for name, summary in summaries.items():
            label, style = figure_label(name), styles[name]
            _draw_lost(axes[0, 0], summary, style, x="recall", y="precision", label=label)
            _draw_lost(axes[0, 1], summary, style, x="false_lost", y="recall", label=label)
            _draw_returns(axes[1, 0], summary, style, label=label)
            _draw_reliability(axes[1, 1], summary, style, label=label)
        _finish(axes)
        figure.savefig(path, facecolor="white")
        plt.close(figure)


def _draw_lost(axes: Any, summary: Summary, style: Style, *, x: str, y: str, label: str) -> None:
    """One measure of "lost" against another over all thresholds; a mark at the chosen one."""
    curve, chosen = summary["curve"], summary["lost"]
    across, up = (np.array(curve[name], np.float64) for name in (x, y))
    axes.plot(across, up, color=style.color, linestyle=style.dash, label=label)
    if y == "precision":
        by_label = np.array(curve["precision_by_label"], np.float64)
        axes.plot(across, by_label, color=style.color, linestyle=style.dash, linewidth=0.7)
    if chosen[x] is not None and chosen[y] is not None:
        axes.plot(chosen[x], chosen[y], style.marker, color=style.color, markersize=7)


def _draw_returns(axes: Any, summary: Summary, style: Style, *, label: str) -> None:
    """Share of returns that are found within so many frames."""
    within = summary["returns"]["within"]
    delays = np.array([within if one is None else one for one in summary["delays"]], np.int64)
    if len(delays):
        frames = np.arange(within)
        shares = (delays[:, None] <= frames).mean(axis=0)
        axes.plot(frames + 1, shares, color=style.color, linestyle=style.dash, label=label)


def _draw_reliability(axes: Any, summary: Summary, style: Style, *, label: str) -> None:
    """Share of good frames by score; bins of under 20 frames are left out."""
    rows = [row for row in summary["reliability"]["bins"] if row["frames"] >= 20]
    error = summary["reliability"]["error"]
    axes.plot(
        [row["score"] for row in rows],
        [row["good"] for row in rows],
        color=style.color,
        linestyle=style.dash,
        marker=style.marker,
        markersize=4,
        label=f"{label}, error {error:.3f}",
    )


def _finish(axes: Any) -> None:
    aim = {"color": INK, "linewidth": 0.8, "linestyle": ":"}
    lost, false, returns, reliable = axes.flat
    title = '"lost" (thin: being off the target is no reason)'
    lost.set(title=title, xlabel="recall", ylabel="precision")
    lost.axhline(AIMS["precision"], **aim)
    lost.axvline(AIMS["recall"], **aim)
    false.set(title="what recall costs", xlabel="false lost, share of frames", ylabel="recall")
    false.axvline(AIMS["false_lost"], **aim)
    false.axhline(AIMS["recall"], **aim)
    false.set_xlim(-0.005, 0.3)
    returns.set(title="targets that are back", xlabel="frames since the return", ylabel="found")
    returns.axhline(AIMS["found"], **aim)
    reliable.set(title="score and truth", xlabel="score", ylabel="share with overlap above 0.5")
    reliable.plot([0, 1], [0, 1], color=MUTED, linewidth=0.8)
    for each in axes.flat:
        each.set_ylim(-0.02, 1.02)
        each.legend(loc="best")
