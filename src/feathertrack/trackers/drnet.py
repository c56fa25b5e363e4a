"""The DRNet tracker: one step of a box head, and a filter that fears distractors.

As in ShuaiBai623/DRNet and CFKD; specification of ATOM and DRNet, section 8.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from feathertrack.engines.protocol import CallingEngine
from feathertrack.trackers.draws import Draws
from feathertrack.trackers.online_settings import OnlineSettings
from feathertrack.trackers.online_tracker import OnlineTracker, PatchView
from feathertrack.trackers.refinement import WindowOf
from feathertrack.trackers.settings import ranged

if TYPE_CHECKING:
    from feathertrack.trackers.online.classifier import Classifier

_LARGEST_GROWTH = math.log(1000 / 16)


@dataclass(frozen=True, kw_only=True)
class DRNetSettings(OnlineSettings):
    """Settings of DRNet; defaults are those of its VOT 2019 entry.

    Attributes:
        alpha: see ``beta``; below 0, the hardest residuals count twice.
        beta: how residuals are weighed by their size: -1, the default, weighs samples by their
            largest residual; from 0 on by their sum, with alpha as the weight within a sample.
    """

    sample_side: int = ranged(320, 64, 640)
    search_scale: float = ranged(5.5, 2.0, 10.0)
    label_deviation: float = ranged(1 / 3, 0.05, 1.0)
    first_steps: int = ranged(100, 1, 1000)
    first_linearisations: int = ranged(10, 1, 100)
    learning_rate: float = ranged(0.0075, 0.0001, 0.5, log=True)
    hard_negative_rate: float = ranged(0.0075, 0.0001, 0.5, log=True)
    first_share: float = ranged(0.0, 0.0, 0.9)
    window: bool = True
    not_found_below: float = ranged(-1.0, -1.0, 1.0)
    distractor_above: float = ranged(100.0, 0.0, 1000.0)
    hard_negative_above: float = ranged(0.3, 0.0, 1000.0)
    displacement_limit: float = ranged(0.9, 0.0, 2.0)
    alpha: float = ranged(0.0, -1.0, 10.0)
    beta: float = ranged(-1.0, -10.0, 10.0)


class DRNetTracker(OnlineTracker[DRNetSettings]):
    """Follow one target with one or two networks of the DRNet family; see ``OnlineTracker``."""

    family = "drnet"

    def __init__(
        self,
        engines: CallingEngine | Sequence[CallingEngine],
        settings: DRNetSettings = DRNetSettings(),
        *,
        draws: Callable[[int], Draws] = Draws,
    ) -> None:
        super().__init__(engines, settings, draws=draws)

    def make_classifier(self, threads: int | None) -> Classifier:
        """Return a filter whose later updates weigh residuals by their size."""
        from feathertrack.trackers.online.reweighting import Reweighting

        classifier = super().make_classifier(threads)
        classifier.reweighting = Reweighting(alpha=self.settings.alpha, beta=self.settings.beta)
        return classifier

    def refine(self, window_of: WindowOf, view: PatchView) -> None:
        """Take the one step that the head predicts."""
        box = view.box_of(self.target.position, self.target.size)
        window = window_of(box[None])
        deltas = self.engine.call("deltas", *window.maps, window.shifted(box[None]))[0][0, 0]
        if not np.isfinite(deltas).all():
            return
        size = box[2:] * np.exp(np.minimum(deltas[2:].astype(np.float64), _LARGEST_GROWTH))
        middle = box[:2] + box[2:] / 2 + deltas[:2] * box[2:]
        found = np.concatenate([middle - size / 2, size])
        self.target.position, grown = view.position_of(found, biased=self.settings.half_pixel_bias)
        self.target.resize(grown)
