"""All figures about absences of one tracker, as JSON has them and as a terminal shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from feathertrack.evaluation.absences.fitting import read_as
from feathertrack.evaluation.absences.followed import GOOD, Followed
from feathertrack.evaluation.absences.lost import (
    lost_curve,
    said_lost,
    score_lost,
    thresholds_of,
)
from feathertrack.evaluation.absences.reliability import measure_reliability
from feathertrack.evaluation.absences.returns import find_returns, score_returns
from feathertrack.evaluation.json_numbers import finite
from feathertrack.trackers.confidence import ConfidenceSettings

WITHIN = 30
"""Frames in which a target that is back is to be found."""


def summarise(
    runs: Sequence[Followed], settings: ConfidenceSettings, *, within: int = WITHIN
) -> dict[str, Any]:
    """Figures and curves of one tracker whose score is read by ``settings``.

    Args:
        runs: the sequences, with or without absences.
        settings: how scores and states are read.
        within: frames in which a target that is back is to be found.

    Raises:
        InputError: there are no frames.
    """
    read = read_as(runs, settings)
    curve = lost_curve(read, thresholds_of(read), patience=settings.patience)
    returns = [each for run in read for each in find_returns(run, within=within)]
    frames = sum(int(run.tracked.sum()) for run in read)
    overlaps = np.concatenate([run.overlap[run.present] for run in read])
    summary = {
        "sequences": len(read),
        "frames": frames,
        "absent": sum(int((run.absent & run.tracked).sum()) for run in read),
        "overlap": float(overlaps.mean()) if len(overlaps) else float("nan"),
        "good": float((overlaps > GOOD).mean()) if len(overlaps) else float("nan"),
        "settings": asdict(settings),
        "lost": asdict(score_lost(read, said_lost(read))),
        "returns": {"within": within, **asdict(score_returns(returns))},
        "reliability": asdict(measure_reliability(read)),
        "curve": {"below": curve.below.tolist(), **_columns([asdict(p) for p in curve.points])},
        "delays": [one.delay for one in returns],
    }
    numbers: dict[str, Any] = finite(_plain(summary))
    return numbers


_ROWS = (
    ("lost: precision", "lost", "precision"),
    ("lost: precision by the label alone", "lost", "precision_by_label"),
    ("lost: recall", "lost", "recall"),
    ("false lost", "lost", "false_lost"),
    ("lost while there, wherever the box is", "lost", "false_lost_by_label"),
    ("returns found", "returns", "found"),
    ("returns found, if followed before", "returns", "found_if_followed"),
    ("returns kept", "returns", "kept"),
    ("frames until found, median", "returns", "delay"),
    ("expected calibration error", "reliability", "error"),
    ("ranking", "reliability", "ranking"),
)


def summary_lines(summaries: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """A table: one column for each tracker."""
    wide = max((len(name) for name in summaries), default=0) + 2
    lines = [" " * 38 + "".join(f"{name:>{wide}}" for name in summaries)]
    for label, group, key in _ROWS:
        values = (summary[group][key] for summary in summaries.values())
        cells = ("-" if value is None else f"{value:.3f}" for value in values)
        lines.append(f"{label:38}" + "".join(f"{cell:>{wide}}" for cell in cells))
    return lines


def _columns(rows: Sequence[Mapping[str, float]]) -> dict[str, list[float]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _plain(value: Any) -> Any:
    """Tuples as lists, as ``finite`` and JSON take them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
