"""The ATOM tracker: boxes climb the predicted overlap from where the filter found the target.

Danelljan et al., CVPR 2019, arXiv 1811.07628, as in pytracking; specification of ATOM, section 7.4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.engines.protocol import CallingEngine
from feathertrack.errors import InputError
from feathertrack.trackers.draws import Draws
from feathertrack.trackers.online_settings import OnlineSettings
from feathertrack.trackers.online_tracker import OnlineTracker, PatchView
from feathertrack.trackers.refinement import Climb, WindowOf, climb, propose
from feathertrack.trackers.settings import ranged
from feathertrack.trackers.tracker import Image

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class AtomSettings(OnlineSettings):
    """Settings of ATOM: those of the filter, and how boxes are refined.

    Attributes:
        random_boxes: boxes that climb beside the one that the filter suggests.
        position_jitter: spread of their positions in sides of the target.
        size_jitter: spread of their sizes in sides of the target.
        refinement_steps: steps of the climb.
        step_length: length of a step, of positions.
        size_step_length: length of a step, of sizes.
        step_decay: factor on a box's steps after one that did not help.
        space: coordinates in which boxes climb; "relative" takes the logarithms of sizes.
        best_boxes: how many of the best are averaged (official: iounet_k).
        largest_aspect: boxes more elongated than this are dropped.
        stale_position: when all boxes are dropped, go back to the last refined position, as the
            reference does by mistake, rather than keep the filter's.
    """

    random_boxes: int = ranged(9, 0, 100)
    position_jitter: float = ranged(0.1, 0.0, 1.0)
    size_jitter: float = ranged(0.5, 0.0, 1.5)
    refinement_steps: int = ranged(5, 0, 50)
    step_length: float = ranged(1.0, 0.0, 10.0)
    size_step_length: float = ranged(1.0, 0.0, 10.0)
    step_decay: float = ranged(1.0, 0.01, 1.0)
    space: Literal["default", "relative"] = "default"
    best_boxes: int = ranged(3, 1, 100)
    largest_aspect: float = ranged(6.0, 1.0, 100.0)
    stale_position: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.space not in ("default", "relative"):
            raise InputError(f"space must be default or relative, got {self.space!r}")


class AtomTracker(OnlineTracker[AtomSettings]):
    """Follow one target with a network of the ATOM family; see ``OnlineTracker``."""

    family = "atom"

    def __init__(
        self,
        engines: CallingEngine | Sequence[CallingEngine],
        settings: AtomSettings = AtomSettings(),
        *,
        draws: Callable[[int], Draws] = Draws,
    ) -> None:
        super().__init__(engines, settings, draws=draws)
        self._refined: Array | None = None

    def init(self, image: Image, box: ArrayLike) -> None:
        """See ``OnlineTracker``; where the last target was refined is forgotten too."""
        super().init(image, box)
        self._refined = None

    def refine(self, window_of: WindowOf, view: PatchView) -> None:
        """Let boxes around the target climb, and take the mean of the best."""
        s, target = self.settings, self.target
        first = view.box_of(target.position, target.size)
        start_P4 = propose(
            first,
            self.draws.uniform(s.random_boxes, 4),
            position_jitter=s.position_jitter,
            size_jitter=s.size_jitter,
        )
        window = window_of(start_P4)

        def judge(boxes_P4: Array) -> tuple[Array, Array]:
            nonlocal window
            if not window.holds(boxes_P4):
                window = window_of(boxes_P4)
            overlaps, slopes = self.engine.call("iou", *window.maps, window.shifted(boxes_P4))
            return overlaps[0].astype(np.float64), slopes[0].astype(np.float64)

        how = Climb(
            steps=s.refinement_steps,
            lengths=(s.step_length, s.size_step_length),
            decay=s.step_decay,
            relative=s.space == "relative",
        )
        boxes_P4, overlaps_P = climb(start_P4, judge, how)
        best = _best(boxes_P4, overlaps_P, count=s.best_boxes, largest_aspect=s.largest_aspect)
        if best is not None:
            position, size = view.position_of(best, biased=s.half_pixel_bias)
            target.position = position
            target.resize(size)
            self._refined = position
        elif s.stale_position and self._refined is not None:
            target.position = self._refined


def _best(boxes_P4: Array, overlaps_P: Array, *, count: int, largest_aspect: float) -> Array | None:
    """The mean of the boxes of the highest overlap that are not too thin; None if all are."""
    boxes_P4 = boxes_P4.copy()
    boxes_P4[:, 2:] = np.maximum(boxes_P4[:, 2:], 1)
    aspect = boxes_P4[:, 2] / boxes_P4[:, 3]
    kept = (aspect < largest_aspect) & (aspect > 1 / largest_aspect)
    kept &= np.isfinite(boxes_P4).all(axis=1) & np.isfinite(overlaps_P)
    if not kept.any():
        return None
    order = np.argsort(-overlaps_P[kept], kind="stable")[:count]
    mean: Array = boxes_P4[kept][order].mean(axis=0)
    return mean
