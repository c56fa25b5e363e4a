"""The tracker of SiamKPN: boxes read off the highest cells of a heat map.

Li et al., arXiv 2006.04078; follows github.com/ZekuiQin/SiamKPN (``SiamKPNTracker``).

Shapes: m n rows and columns of the heat map.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from feathertrack.engines.protocol import Engine, Outputs
from feathertrack.trackers.proposals import Map, Proposals, cosine_window, logistic
from feathertrack.trackers.settings import ranged
from feathertrack.trackers.siamese import SiameseSettings, SiameseTracker

OFFSET_UNIT = 64.0
"""Pixels of the search region that an offset of 1 stands for."""

_FEWEST, _MOST = 4, 16


@dataclass(frozen=True, kw_only=True)
class SiamKPNSettings(SiameseSettings):
    """What may be tuned without training.

    Attributes:
        cell_threshold: score over which a cell is a candidate (official: TH); of the highest 16
            cells those over it count, and the highest 4 in any case.
    """

    cell_threshold: float = ranged(0.15, 0.0, 1.0)


class SiamKPNTracker(SiameseTracker):
    """Follow one target with a network that predicts where its centre is, and its size there.

    Args:
        engine: of a network of the family siamkpn.
        settings: what may be tuned.
    """

    settings: SiamKPNSettings

    def __init__(self, engine: Engine, settings: SiamKPNSettings = SiamKPNSettings()) -> None:
        super().__init__(engine, settings)

    def propose(self, outputs: Outputs) -> Proposals:
        """Boxes of all cells from heatmap (1, 1, m, n), offsets and objsize (1, 2, m, n).

        Sizes are in pixels and may come out as zero or less, which is no box.
        """
        heatmap, offsets, objsize = outputs
        rows, columns = heatmap.shape[2:]
        offsets_2K, size_2K = offsets.reshape(2, -1), objsize.reshape(2, -1)
        score_K = logistic(heatmap.reshape(-1))
        x_K, y_K = _cells(rows, columns, self.engine.info.stride)
        with np.errstate(all="ignore"):  # of what is not finite nothing is taken
            return Proposals(
                score=score_K,
                x=offsets_2K[0] * OFFSET_UNIT + x_K,
                y=offsets_2K[1] * OFFSET_UNIT + y_K,
                width=size_2K[0],
                height=size_2K[1],
                window=cosine_window(rows, columns),
                offered=candidates(heatmap.reshape(-1), score_K, self.settings.cell_threshold),
            )


def candidates(logit_K: Map, score_K: Map, threshold: float) -> NDArray[np.bool_]:
    """Which cells count: of the 16 highest those over the threshold, and never fewer than 4.

    Args:
        logit_K: what cells are ordered by; what is no number comes last.
        score_K: what is held against the threshold.
        threshold: 0..1.
    """
    order = np.argsort(np.nan_to_num(-logit_K, nan=np.inf), kind="stable")[:_MOST]
    number = min(max(int((score_K[order] > threshold).sum()), _FEWEST), _MOST)
    chosen = np.zeros(len(logit_K), dtype=np.bool_)
    chosen[order[:number]] = True
    return chosen


@lru_cache(maxsize=16)
def _cells(rows: int, columns: int, stride: int) -> NDArray[np.float32]:
    """Centre x and y of all cells from the middle of the region, (2, m*n)."""
    y_mn, x_mn = np.mgrid[:rows, :columns]
    cells = np.stack([x_mn - columns // 2, y_mn - rows // 2]).reshape(2, -1) * stride
    return cells.astype(np.float32)
