"""The demo clip: seven seconds of video with the true box of its target in every frame.

A space shuttle flies past a launch pad; the camera moves, the light changes, and a rocket hides the
shuttle for a moment. ``SOURCES.md`` in this folder says where the pictures come from.
"""

from __future__ import annotations

import csv
import importlib.resources
from pathlib import Path

import numpy as np

from feathertrack.boxes import Boxes

__all__ = ["clip_boxes", "clip_path"]


def clip_path() -> Path:
    """Path of the clip: 180 frames of 480 x 270 pixels, 25 per second, H.264, no sound."""
    return Path(str(importlib.resources.files(__name__) / "clip.mp4"))


def clip_boxes() -> Boxes:
    """True boxes (180, 4), x, y, w, h in 0-based pixels; hidden parts of the target count.

    >>> clip_boxes()[0]
    array([121.,  89.,  31.,  82.])
    """
    table = importlib.resources.files(__name__) / "clip.csv"
    rows = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    return np.array([[float(row[key]) for key in "xywh"] for row in rows], dtype=np.float64)
