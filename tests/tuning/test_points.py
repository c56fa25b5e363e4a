"""Points that share passes of a network have the boxes of each run alone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from feathertrack.evaluation.running import RunPlan
from feathertrack.trackers.creation import create_tracker
from feathertrack.tuning.points import run_points
from tests.tuning.searching import synthetic

POINTS = [{}, {"window_weight": 0.6}, {"size_rate": 0.1, "confidence": {"slope": 5.0}}]


@pytest.mark.parametrize("kind", ["ope", "got10k", "reset"])
def test_boxes_are_those_of_each_point_alone(kind: str) -> None:
    whole = synthetic()["growth"]
    short = replace(
        whole, frames=whole.frames[:5], truth=whole.truth[:5], absent=whole.absent[:5], origin=1
    )
    plan = RunPlan(kind=kind)  # type: ignore[arg-type]
    tracker = create_tracker("feather_small", engine="onnx", threads=1)
    moved: list[int] = []
    together = run_points(tracker, POINTS, short, plan, moved=moved.append)
    assert moved[-1] == 15
    for point, (record,) in zip(POINTS, together, strict=True):
        (timed,) = run_points(tracker, [point], short, plan, timed=True)
        assert record.times is None
        assert timed[0].times is not None
        assert np.array_equal(record.boxes, timed[0].boxes)
