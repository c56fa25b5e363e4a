"""Scores and raw results that need no data."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from feathertrack.evaluation.measure_columns import mean_intervals_of, rows_by_name
from feathertrack.evaluation.report import Evaluated
from feathertrack.evaluation.score_parts import Curve
from feathertrack.evaluation.scoring import ScoreTable

NAMES = ("ball", "car", "dog")
HOSTILE = "<img src=x onerror=alert(1)>&\"'$x_1$"


def evaluated(
    tracker: str = "ours",
    *,
    auc: tuple[float, ...] = (0.5, 0.6, 0.7),
    benchmark: str = "otb100",
    speed: float | None = 50.0,
    config: Mapping[str, str] | None = None,
    names: tuple[str, ...] = NAMES,
    notes: tuple[str, ...] = (),
) -> Evaluated:
    """A tracker on a benchmark of three sequences of 40 frames."""
    measures = {"auc": np.array(auc), "precision": np.array(auc) + 0.1}
    x = np.linspace(0, 1, 21)
    table = ScoreTable(
        tracker=tracker,
        benchmark=benchmark,
        protocol="otb@got10k",
        headline={name: float(values.mean()) for name, values in measures.items()},
        intervals=mean_intervals_of(measures),
        per_sequence=rows_by_name(names, measures),
        per_attribute={name: {"auc": 0.5, "precision": 0.6} for name in ("IV", "OCC", "SV")},
        curves={"success": Curve(x=x, y=1 - x, x_label="overlap", y_label="share of frames")},
        num_frames=120,
        frames_per_second=speed,
        notes=notes,
    )
    return Evaluated(
        scores=table,
        overlaps={name: np.full(40, value) for name, value in zip(names, auc, strict=True)},
        boxes={name: np.tile([5.0, 5, 10, 10], (40, 1)) for name in names},
        config=config or {"engine": "onnx"},
    )


def vot(tracker: str = "ours", *, eao: float = 0.4, lost: float = 0.2) -> Evaluated:
    """A tracker on VOT2018 by pysot's rules."""
    length = np.arange(500.0)
    table = ScoreTable(
        tracker=tracker,
        benchmark="vot2018",
        protocol="vot@pysot",
        headline={"eao": eao, "accuracy": 0.6, "robustness": lost, "lost": 40.0},
        lower_is_better=frozenset({"robustness", "lost"}),
        units={"robustness": "lost/100 frames", "lost": "failures"},
        per_sequence=rows_by_name(
            NAMES, {"accuracy": np.array([0.5, 0.6, 0.7]), "lost": np.array([3.0, 0.0, 1.0])}
        ),
        curves={"eao": Curve(x=length, y=0.8 * np.exp(-length / 300), x_label="", y_label="")},
    )
    from feathertrack.evaluation.report.raw import evaluated_of

    return evaluated_of(table)
