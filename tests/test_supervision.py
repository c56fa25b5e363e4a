"""A result for the supervision library."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from feathertrack.errors import MissingExtra
from feathertrack.results import Result

RESULT = Result(box=np.array([1.0, 2, 3, 4]), score=0.75, state="uncertain", frame=9, time=0.3)


def test_corners_score_and_data() -> None:
    pytest.importorskip("supervision")
    detections = RESULT.to_supervision()
    assert detections.xyxy.tolist() == [[1, 2, 4, 6]]
    assert detections.confidence is not None
    assert detections.confidence.tolist() == [0.75]
    assert {key: value[0] for key, value in detections.data.items()} == {
        "state": "uncertain",
        "frame": 9,
        "time": 0.3,
        "given": False,
    }
    assert len(detections[detections.data["state"] == "uncertain"]) == 1


def test_its_absence_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match="pip install supervision"):
        RESULT.to_supervision()
