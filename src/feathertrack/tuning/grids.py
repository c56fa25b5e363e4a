"""The grids of the references, value by value, and the points of any grid.

pysot: ``tools/hp_search.py``; SiamKPN: its README's first level; mmtracking: the ranges that its
guide suggests; FDSiamFC: ``esiam_lite_hyper_parameter.py``, which varies one setting at a time.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from feathertrack.tuning.axes import Axis, Value
from feathertrack.tuning.spaces import Point

Grid = Mapping[str, tuple[Value, ...]]
"""Path of a setting -> its values."""

Range = tuple[float, float, float]
"""Start, stop and step."""

_HUNDREDTHS = 2
_DIGITS = 12
"""Decimals of what is computed from a user's number."""


def _arange(start: float, stop: float, step: float, digits: int | None = None) -> tuple[float, ...]:
    """What numpy's arange gives, to the bit: the references' ranges exclude their stop.

    Float rounding decides whether a stop that a step meets is in it, there as here.
    """
    values = np.arange(start, stop, step)
    return tuple(float(one) for one in (values if digits is None else values.round(digits)))


PYSOT: Grid = {
    "size_penalty": _arange(0.05, 0.5, 0.05),
    "size_rate": _arange(0.35, 0.5, 0.05),
    "window_weight": _arange(0.1, 0.8, 0.05),
    "search_size": (255,),
}
"""``hp_search.py`` with its default ranges: its penalty-k, lr, window-influence, search-region."""

SIAMKPN: Grid = {
    "size_penalty": (0.0, 0.1, 0.2, 0.3, 0.4),
    "window_weight": (0.3, 0.4, 0.5, 0.6, 0.7),
    "size_rate": (0.3, 0.4, 0.5, 0.6, 0.7),
}
"""The coarse level: 125 points for every epoch."""

FINE_OFFSETS = (-0.08, -0.04, 0.0, 0.04, 0.08)
"""The fine level about the best coarse point, ours: SiamKPN says that there is one, not which."""


def _suggested(penalty: Range, rate: Range, window: Range) -> Grid:
    ranges = {"size_penalty": penalty, "size_rate": rate, "window_weight": window}
    return {path: _arange(*bounds, digits=_HUNDREDTHS) for path, bounds in ranges.items()}


MMTRACKING: Mapping[str, Grid] = {
    "uav123": _suggested((0.01, 0.22, 0.05), (0.4, 0.61, 0.05), (0.01, 0.22, 0.05)),
    "otb": _suggested((0.3, 0.45, 0.02), (0.35, 0.5, 0.02), (0.46, 0.55, 0.02)),
    "vot2018": _suggested((0.01, 0.31, 0.05), (0.2, 0.51, 0.05), (0.3, 0.56, 0.05)),
}
"""By benchmark, rounded to two decimals as its search does."""


def _linspace(low: float, high: float) -> tuple[float, ...]:
    return tuple(float(one) for one in np.linspace(low, high, 6).round(6))


FDSIAMFC: Grid = {
    "scale_step": _linspace(1.02, 1.245),
    "scale_rate": _linspace(0.2, 0.8),
    "scale_penalty": _linspace(0.95, 1.0),
    "window_weight": _linspace(0.13, 0.28),
}
"""One axis after the other. The window's values are those of the committed script; the others span
the presets that its authors published, as their own values are not."""


def product(grid: Grid, axes: Sequence[Axis]) -> list[Point]:
    """Every combination; the last axis changes fastest."""
    paths = [axis.path for axis in axes]
    return [
        tuple(zip(paths, values, strict=True))
        for values in itertools.product(*(grid[path] for path in paths))
    ]


def line(point: Point, path: str, values: Sequence[Value]) -> list[Point]:
    """The point with one setting varied."""
    return [tuple((p, value if p == path else old) for p, old in point) for value in values]


def around(axis: Axis, center: Value) -> tuple[Value, ...]:
    """Values about one, within the axis; the value alone where the axis has nothing between."""
    if axis.choices or isinstance(center, bool | str):
        return (center,)
    spread = (round(float(center) + offset, _DIGITS) for offset in FINE_OFFSETS)
    return tuple(dict.fromkeys(min(max(one, axis.low), axis.high) for one in spread))
