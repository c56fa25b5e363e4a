"""The tracker of the Feather networks: every cell of the map proposes a box.

What it shares with SiamRPN++ is in ``siamese``. Two things are its own. Crops are as large, in
pixels of the frame, as those that the networks were trained on: a target with its context has 127
pixels, of the 128 of a template. And a box is placed by the window of whole pixels that was really
cut out, not by the one that was asked for, which differ by up to a pixel.

Shapes: m n rows and columns of the score map.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.data.augment.geometry import TEMPLATE_SIDE
from feathertrack.engines.protocol import Engine, Outputs
from feathertrack.trackers.settings import ranged
from feathertrack.trackers.siamese import (
    Array,
    Proposals,
    SiameseSettings,
    SiameseTracker,
    Target,
    logistic,
)


@dataclass(frozen=True, kw_only=True)
class FeatherSettings(SiameseSettings):
    """What may be tuned without training; the fields are those of all siamese trackers."""

    size_penalty: float = ranged(0.06, 0.0, 1.0)
    window_weight: float = ranged(0.4, 0.0, 1.0)
    size_rate: float = ranged(0.6, 0.0, 1.0)
    start_in_middle: bool = True


class FeatherTracker(SiameseTracker):
    """Follow one target with a network that says how well the box of each cell fits.

    Args:
        engine: of a network of the family feather.
        settings: what may be tuned.
    """

    settings: FeatherSettings

    def __init__(self, engine: Engine, settings: FeatherSettings = FeatherSettings()) -> None:
        super().__init__(engine, settings)

    def propose(self, outputs: Outputs) -> Proposals:
        """Boxes of all cells from score (1, 1, m, n) and box (1, 4, m, n)."""
        score, box = outputs
        rows, columns = score.shape[2:]
        left_K, top_K, right_K, bottom_K = box.reshape(4, -1)
        x_K, y_K = _places(rows, columns, self.engine.info.stride)
        with np.errstate(all="ignore"):  # of what is not finite nothing is taken
            return Proposals(
                score=logistic(score.reshape(-1)),
                x=x_K + (right_K - left_K) / 2,
                y=y_K + (bottom_K - top_K) / 2,
                width=left_K + right_K,
                height=top_K + bottom_K,
                window=_window_of_cells(rows, columns),
            )

    def _side(self) -> float:
        return super()._side() * self.engine.info.template_size / TEMPLATE_SIDE

    def _move(self, proposals: Proposals, best: int, penalty: float) -> None:
        template_size, size = self.engine.info.template_size, self.search_size
        window = self._window(self._side() * size / template_size, size)
        scale = size / window.rows
        middle = np.array([window.left, window.top]) + window.rows / 2
        shift = np.array([proposals.x[best], proposals.y[best]], dtype=np.float64)
        found = np.array([proposals.width[best], proposals.height[best]], dtype=np.float64)
        rate = penalty * self.best_score * self.settings.size_rate
        self.target = self._limit(
            Target(
                center=middle + shift / scale,
                size=self.target.size * (1 - rate) + found / scale * rate,
            )
        )


@lru_cache(maxsize=16)
def _places(rows: int, columns: int, stride: int) -> NDArray[np.float32]:
    """X and y of all cells from the middle of the region, (2, m*n): a network's first is at 0."""
    y_mn, x_mn = np.mgrid[:rows, :columns]
    places = np.stack([x_mn - columns / 2, y_mn - rows / 2]).reshape(2, -1) * stride
    return places.astype(np.float32)


@lru_cache(maxsize=16)
def _window_of_cells(rows: int, columns: int) -> Array:
    """A Hann window, 1 at the cell in the middle of the region, (m*n,); not to be written to."""
    window: NDArray[Any] = np.outer(np.hanning(rows + 1)[:-1], np.hanning(columns + 1)[:-1])
    window = window.reshape(-1)
    window.flags.writeable = False
    return np.asarray(window, dtype=np.float64)
