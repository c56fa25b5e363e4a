"""Where the target is on a score map: exact interpolation, the peak, and a second one beside it.

A score map is interpolated as the sum of waves that it is made of, by one matrix for each axis.
What the second peak says about the first decides between four outcomes. Specification of ATOM,
section 7.3.

Shapes: n cells of a side of a score map, S pixels of a side of the interpolated one; places are
(y, x) in pixels from the middle, which is S // 2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.results import State

Map = NDArray[np.float32]
Array = NDArray[np.float64]
Outcome = Literal["normal", "hard_negative", "uncertain", "not_found"]
Nyquist = Literal["twice", "once"]

STATES: dict[Outcome, State] = {
    "normal": "tracking",
    "hard_negative": "tracking",
    "uncertain": "uncertain",
    "not_found": "lost",
}
"""What our states call the outcomes: with a hard negative, the target is told from its double."""


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """What two peaks must be.

    Attributes:
        not_found: a highest peak below this is none.
        distractor: a second peak above this share of the highest may be the target as well.
        hard_negative: a second peak above this share, and above ``not_found``, is learnt from.
        displacement: share of half the map within which a target is expected.
        neighbourhood: a second peak is sought outside so many sizes of the target.
    """

    not_found: float
    distractor: float
    hard_negative: float
    displacement: float
    neighbourhood: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Location:
    """Outcome, place of the target and height of its peak."""

    outcome: Outcome
    place: Array
    score: float


def interpolate(scores_nm: Map, size: int, *, even_filter: bool, nyquist: Nyquist) -> Map:
    """Interpolate a score map to (S, S), shifted so that no displacement is in the middle.

    Args:
        scores_nm: the response of a filter.
        size: side S.
        even_filter: the filter has an even side: its responses lie half a cell further.
        nyquist: how often the highest wave of an even side counts; "twice" is ATOM's, "once"
            goes through the cells.
    """
    # OpenCV's product: NumPy's would wake its threads for a tenth of a millisecond of work.
    rows = _waves(scores_nm.shape[0], size, even_filter, nyquist)
    columns = _waves(scores_nm.shape[1], size, even_filter, nyquist)
    half = cv2.gemm(rows, np.ascontiguousarray(scores_nm), 1.0, None, 0.0)
    return np.asarray(cv2.gemm(half, columns, 1.0, None, 0.0, flags=cv2.GEMM_2_T))


@lru_cache(maxsize=16)
def _waves(cells: int, size: int, even_filter: bool, nyquist: Nyquist) -> Map:
    """The matrix (S, n) that interpolates along one axis."""
    center = cells / 2 if even_filter else (cells - 1) / 2
    distance = (np.arange(size) - size // 2)[:, None] / size - (np.arange(cells) - center) / cells
    weights = np.full(cells // 2 + 1, 2.0)
    weights[0] = 1.0
    if cells % 2 == 0 and nyquist == "once":
        weights[-1] = 1.0
    waves = np.cos(2 * math.pi * np.arange(cells // 2 + 1) * distance[..., None])
    return np.asarray(waves @ weights / cells, dtype=np.float32)


@lru_cache(maxsize=8)
def hann_window(size: int) -> Map:
    """A window (S, S) that falls from 1 in the middle, S // 2, to nearly 0."""
    distance = np.abs(np.arange(size) - size // 2)
    window = 0.5 * (1 + np.cos(2 * math.pi * distance / (size + 2)))
    return np.asarray(np.outer(window, window), dtype=np.float32)


def locate(
    scores_SS: Map, *, target_hw: Array, thresholds: Thresholds, second_map: Map | None = None
) -> Location:
    """Find the target on an interpolated map.

    Args:
        scores_SS: the map.
        target_hw: size of the target in pixels of the map.
        thresholds: what the peaks must be.
        second_map: the map on which the second peak is sought, where it is another one.
    """
    index, score = _peak(scores_SS)
    middle = np.array(scores_SS.shape) // 2
    place = (index - middle).astype(np.float64)
    if not score >= thresholds.not_found:
        return Location(outcome="not_found", place=place, score=score)
    masked = np.array(scores_SS if second_map is None else second_map)
    reach = thresholds.neighbourhood * target_hw / 2
    low = [max(round(float(at)), 0) for at in index - reach]
    high = [max(round(float(at)), 0) for at in index + reach + 1]
    masked[low[0] : high[0], low[1] : high[1]] = 0
    index2, score2 = _peak(masked)
    if score2 > thresholds.distractor * score:
        return _choose(place, (index2 - middle).astype(np.float64), score, scores_SS, thresholds)
    hard = score2 > thresholds.hard_negative * score and score2 > thresholds.not_found
    return Location(outcome="hard_negative" if hard else "normal", place=place, score=score)


def _choose(
    place: Array, place2: Array, score: float, scores_SS: Map, thresholds: Thresholds
) -> Location:
    """Two peaks of about one height: the target is the one near the middle, if the other is far."""
    limit = thresholds.displacement * math.sqrt(scores_SS.size) / 2
    distance, distance2 = math.hypot(*place), math.hypot(*place2)
    if distance2 > limit > distance:
        return Location(outcome="hard_negative", place=place, score=score)
    if distance > limit > distance2:
        return Location(outcome="hard_negative", place=place2, score=score)
    return Location(outcome="uncertain", place=place, score=score)


def _peak(scores_SS: Map) -> tuple[Array, float]:
    row, column = divmod(int(np.argmax(scores_SS)), scores_SS.shape[1])
    return np.array([row, column]), float(scores_SS[row, column])


def gaussian_labels(cells: int, centers_N2: Array, *, deviation: float) -> Map:
    """Return labels (N, n, n): bells of height 1 around (y, x) in cells from the map's middle.

    >>> gaussian_labels(3, np.zeros((1, 2)), deviation=1.0)[0, 1].round(3)
    array([0.607, 1.   , 0.607], dtype=float32)
    """
    place = np.arange(cells) - (cells - 1) / 2
    bells = np.exp(-((place - centers_N2[..., None]) ** 2) / (2 * deviation**2))
    return np.asarray(bells[:, 0, :, None] * bells[:, 1, None, :], dtype=np.float32)
