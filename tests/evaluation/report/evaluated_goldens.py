"""Evaluated trackers made from published raw results of OTB100 and VOT2018."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from feathertrack.boxes import iou
from feathertrack.evaluation.ope.scoring import score_sequences
from feathertrack.evaluation.report import Evaluated
from feathertrack.evaluation.scoring import Curve, ScoreTable, mean_intervals_of, rows_by_name
from tests.evaluation.ope_goldens import arrays, expected, otb100


@cache
def otb_trackers() -> tuple[Evaluated, ...]:
    return tuple(_otb(name) for name in ("SiamBAN", "DaSiamRPN"))


def _otb(tracker: str) -> Evaluated:
    golden = otb100()
    boxes = np.split(
        arrays(f"otb100_{tracker}")["box_xywh"], np.cumsum(golden.arrays["length"])[:-1]
    )
    score = score_sequences(boxes, golden.truths, convention="got10k_otb", names=golden.names)
    rows = score.per_sequence
    attributes = expected("otb100_subsets_attributes")["attributes"]
    xs = np.linspace(0, 1, 21), np.arange(51.0)
    table = ScoreTable(
        tracker=tracker,
        benchmark="otb100",
        protocol="otb@got10k",
        source="got10k toolkit",
        headline=score.headline,
        intervals=mean_intervals_of(rows),
        per_sequence=rows_by_name(golden.names, rows),
        per_attribute={k: v.headline for k, v in score.by_attribute(attributes).items()},
        curves={
            "success": Curve(x=xs[0], y=score.mean_success, x_label="overlap", y_label="share"),
            "precision": Curve(x=xs[1], y=score.mean_precision, x_label="pixels", y_label="share"),
        },
        num_frames=int(score.frames.sum()),
    )
    return Evaluated(
        scores=table,
        overlaps=dict(zip(golden.names, map(_overlap, boxes, golden.truths), strict=True)),
        boxes=dict(zip(golden.names, boxes, strict=True)),
        config={"tracker": tracker, "settings": "as published"},
    )


def _overlap(boxes: np.ndarray, truth: np.ndarray) -> np.ndarray:
    num = min(len(boxes), len(truth))
    return np.asarray(iou(boxes[:num], truth[:num]))


def renamed(entry: Evaluated, tracker: str, **changes: object) -> Evaluated:
    return replace(entry, scores=replace(entry.scores, tracker=tracker, **changes))  # type: ignore[arg-type]
