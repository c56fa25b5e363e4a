"""The trackers of SiamRPN++: that of pysot, its long-term variant, and that of mmtracking.

Li et al., CVPR 2019, arXiv 1812.11703. Which conventions count is read off the weights
(``engine.info.conventions``), since decoding weights by the rules of others is silently wrong:

=========== ================================ ==============================================
convention  pysot                            mmtracking
=========== ================================ ==============================================
anchors     40 x 80 and 32 x 96 among them   40 x 88 and 32 x 104 among them
crop        whole pixels, uint8              a pixel wider, in float, half-pixel resize
decoding    boxes grow without limit         sides change by a factor of at most 1000 / 16
=========== ================================ ==============================================

Shapes: A anchors a cell, m n rows and columns of the score map.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from feathertrack.data.targets.anchors import AnchorKind, anchor_grid
from feathertrack.engines.protocol import Engine, Outputs
from feathertrack.errors import InputError
from feathertrack.imaging.windows import Window, mmtracking_window
from feathertrack.results import Result, State
from feathertrack.trackers.proposals import Proposals, cosine_window, logistic
from feathertrack.trackers.settings import ranged
from feathertrack.trackers.siamese import (
    LARGEST_SEARCH,
    SiameseSettings,
    SiameseTracker,
    Target,
    check_search_size,
)

_GROWTH = {"pysot": 20.0, "mmtracking": math.log(1000 / 16)}
"""Largest logarithm of a change of a side; pysot has none, and exp(20) keeps float32 finite."""

_LOST_WINDOW = 0.001
_UNCLIPPED = 4.0
"""Frames that the kept place of the long-term variant may lie outside, and may be large."""


@dataclass(frozen=True, kw_only=True)
class SiamRPNSettings(SiameseSettings):
    """What may be tuned without training.

    Attributes:
        long_term: while the target is lost, look for it in a larger region and do not move.
        lost_search_size: side of that region in pixels (official: LOST_INSTANCE_SIZE).
        lost_below: network's score under which the target counts as lost (CONFIDENCE_LOW).
        found_above: network's score over which it counts as found again (CONFIDENCE_HIGH).
    """

    long_term: bool = False
    lost_search_size: int = ranged(831, 127, LARGEST_SEARCH)
    lost_below: float = ranged(0.85, 0.0, 1.0)
    found_above: float = ranged(0.998, 0.0, 1.0)


class SiamRPNTracker(SiameseTracker):
    """Follow one target with a network that classifies and moves anchors.

    Args:
        engine: of a network of the family siamrpn.
        settings: what may be tuned.

    Raises:
        InputError: the weights follow conventions that are not known here.
    """

    settings: SiamRPNSettings

    def __init__(self, engine: Engine, settings: SiamRPNSettings = SiamRPNSettings()) -> None:
        super().__init__(engine, settings)
        self.conventions = {
            name: _known(engine.info.conventions.get(name, "pysot"), name)
            for name in ("anchors", "crop", "decoding")
        }
        self.is_lost = False
        if settings.long_term:
            check_search_size(engine, settings.lost_search_size)

    @property
    def search_size(self) -> int:
        """Side of the next search region in pixels."""
        return self.settings.lost_search_size if self.is_lost else super().search_size

    @property
    def window_weight(self) -> float:
        """Share of the cosine window in the next ranking; next to none while the target is lost."""
        return _LOST_WINDOW if self.is_lost else super().window_weight

    def propose(self, outputs: Outputs) -> Proposals:
        """Boxes of all anchors from cls (1, 2A, m, n) and loc (1, 4A, m, n).

        The order is that of pysot: anchor, row, column. mmtracking's (row, column, anchor) differs
        where two proposals rank exactly the same.
        """
        cls_2K, loc_4K = outputs[0].reshape(2, -1), outputs[1].reshape(4, -1)
        rows, columns = outputs[0].shape[2:]
        x_K, y_K, width_K, height_K = _anchors(
            self.conventions["anchors"], rows, columns, self.engine.info.stride
        )
        limit = _GROWTH[self.conventions["decoding"]]
        with np.errstate(all="ignore"):  # of what is not finite nothing is taken
            growth_2K = np.exp(np.clip(loc_4K[2:], -limit, limit))
            return Proposals(
                score=logistic(cls_2K[1] - cls_2K[0]),
                x=loc_4K[0] * width_K + x_K,
                y=loc_4K[1] * height_K + y_K,
                width=growth_2K[0] * width_K,
                height=growth_2K[1] * height_K,
                window=_tiled_window(rows, columns, len(x_K) // (rows * columns)),
            )

    def _forget(self) -> None:
        super()._forget()
        self.is_lost = False

    def _trusts(self, score: float) -> bool:
        return not self.settings.long_term or score >= self.settings.lost_below

    def _counts_pixels(self) -> bool:
        return self.conventions["crop"] == "pysot"

    def _window(self, side: float, out_size: int) -> Window:
        if self.conventions["crop"] == "pysot":
            return super()._window(side, out_size)
        return mmtracking_window(
            center_xy=self.target.center,
            side=side,
            out_size=out_size,
            fill=self.fill,
            frame_hw=self.frame_shape[:2],
        )

    def _limit(self, target: Target) -> Target:
        if not self.settings.long_term:
            return super()._limit(target)
        frame = np.array([self.frame_shape[1], self.frame_shape[0]], dtype=np.float64)
        return Target(
            center=np.clip(target.center, -_UNCLIPPED * frame, (1 + _UNCLIPPED) * frame),
            size=np.clip(target.size, 1.0, _UNCLIPPED * frame),
        )

    def _result(self, score: float, state: State) -> Result:
        if not self.settings.long_term:
            return super()._result(score, state)
        if self.best_score < self.settings.lost_below:
            self.is_lost = True
        elif self.best_score > self.settings.found_above:
            self.is_lost = False
        return super()._result(score, "lost" if self.is_lost else state)


def _known(word: str, name: str) -> AnchorKind:
    if word not in get_args(AnchorKind):
        known = " or ".join(get_args(AnchorKind))
        raise InputError(f"the weights name the {name} of {word!r}; known here: {known}")
    return word  # type: ignore[return-value]


@lru_cache(maxsize=16)
def _anchors(kind: AnchorKind, rows: int, columns: int, stride: int) -> NDArray[np.float32]:
    """Centre x, y, width and height of all anchors from the middle of the region, (4, A*m*n)."""
    side = max(rows, columns)
    grid_Ass4 = anchor_grid(side, kind=kind, middle=0.0, stride=stride)
    first = (side // 2 - rows // 2, side // 2 - columns // 2)
    grid_Amn4 = grid_Ass4[:, first[0] : first[0] + rows, first[1] : first[1] + columns]
    return np.ascontiguousarray(grid_Amn4.reshape(-1, 4).T, dtype=np.float32)


@lru_cache(maxsize=16)
def _tiled_window(rows: int, columns: int, num_anchors: int) -> NDArray[np.float64]:
    return np.tile(cosine_window(rows, columns), num_anchors)
