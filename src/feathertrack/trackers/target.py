"""Where a target is and how large, and what is kept of that from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from feathertrack.trackers.proposals import Array


@dataclass(slots=True)
class Target:
    """Centre (x, y) and size (w, h) of the target in pixels of the frame."""

    center: Array
    size: Array


def clip_target(target: Target, frame_shape: tuple[int, ...], *, smallest: float) -> Target:
    """The centre within the frame, the sides between ``smallest`` and those of the frame."""
    frame = np.array([frame_shape[1], frame_shape[0]], dtype=np.float64)
    return Target(
        center=np.clip(target.center, 0.0, frame),
        size=np.maximum(np.minimum(target.size, frame), smallest),
    )
