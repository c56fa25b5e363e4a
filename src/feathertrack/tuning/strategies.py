"""Strategies by name: which points are tried, in which order.

A strategy is a list of stages, each of which knows all its points once the stages before it are
done, so that any process can work them out; or a sampler of Optuna's, which proposes one point
after the other.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from feathertrack.errors import InputError
from feathertrack.tuning.axes import CHECKPOINT, Axis, Value, axes_of, opened
from feathertrack.tuning.grids import (
    FDSIAMFC,
    MMTRACKING,
    PYSOT,
    SIAMKPN,
    Grid,
    around,
    line,
    product,
)
from feathertrack.tuning.spaces import Point, Space, make_space

Stage = Callable[[Point], list[Point]]
"""From the best point of the stages before (at first, the tracker's own settings) to points."""

SAMPLERS: Mapping[str, str] = {
    "tpe": "tree-structured Parzen estimator: models good and bad points, proposes the likely good",
    "cmaes": "covariance matrix adaptation evolution strategy; ranges only",
    "gp": "Gaussian process with expected improvement; needs torch",
    "qmc": "Sobol's sequence: random-like, but even",
    "nsga2": "genetic algorithm for several objectives",
}
"""Samplers of Optuna's by name, with what they do."""

GRIDS: Mapping[str, Grid] = {
    "pysot": PYSOT,
    "mmtracking": {},
    **{f"mmtracking_{name}": grid for name, grid in MMTRACKING.items()},
}
"""Full grids by name; "mmtracking" is the one for the benchmark."""

STRATEGIES = ("grid", "random", *GRIDS, "siamkpn", "fdsiamfc", *SAMPLERS)


@dataclass(frozen=True, kw_only=True)
class Strategy:
    """How a space is searched.

    Attributes:
        name: of ``STRATEGIES``.
        space: what is searched.
        stages: one after the other; () for a sampler.
        trials: points that a sampler proposes.
        seed: of everything that is drawn.
    """

    name: str
    space: Space
    stages: tuple[Stage, ...] = ()
    trials: int = 0
    seed: int = 0


def make_strategy(
    name: str,
    settings: Any,
    *,
    named: Sequence[tuple[str, str]] = (),
    checkpoints: Sequence[str] = (),
    benchmark: str = "",
    levels: int = 5,
    trials: int = 100,
    seed: int = 0,
    kept: Mapping[str, Axis] | None = None,
) -> Strategy:
    """A strategy by name.

    Args:
        name: of ``STRATEGIES``.
        settings: of the tracker.
        named: axes that the user named, with their ranges or values; they take the place of a
            reference's.
        checkpoints: labels of several files of weights.
        benchmark: name of the benchmark, by which mmtracking's ranges are chosen.
        levels: values that a grid takes from a range.
        trials: points of ``random`` and of the samplers.
        seed: of all draws.
        kept: axes of the study that is continued.

    Raises:
        InputError: there is no such strategy, or it does not fit the tracker or the words.
    """
    if name not in STRATEGIES:
        near = difflib.get_close_matches(name, STRATEGIES, n=3, cutoff=0.4) or STRATEGIES
        raise InputError(f"no strategy is called {name!r}; nearest: {', '.join(near)}")
    if levels < 1 or trials < 1:
        raise InputError(f"--levels and --trials are at least 1, got {levels} and {trials}")
    grid = _grid_of(name, benchmark)
    try:
        space = make_space(
            settings, named=named, paths=list(grid or ()), checkpoints=checkpoints, kept=kept
        )
    except InputError as error:
        raise InputError(f"strategy {name}: {error}" if grid else str(error)) from error
    values = _values(space, grid, named, levels)
    stages: tuple[Stage, ...] = ()
    if name == "random":
        stages = (lambda _: draw(space, trials, seed=seed),)
    elif name == "fdsiamfc":
        stages = tuple(_one_axis(axis.path, values) for axis in space.axes)
    elif name not in SAMPLERS:
        stages = (lambda _: product(values, space.axes),)
        if name == "siamkpn":
            space = replace(space, axes=tuple(map(opened, space.axes)))
            stages = (*stages, _finer(space))
    if stages and name != "random":
        space.check(stages[0](space.point({})))
    return Strategy(name=name, space=space, stages=stages, trials=trials, seed=seed)


def _values(
    space: Space, grid: Grid | None, named: Sequence[tuple[str, str]], levels: int
) -> dict[str, tuple[Value, ...]]:
    """Values of every axis: the user's, those that the study has, a reference's, or a range's."""
    own = {name.replace("-", "_") for name, _ in named}
    whole = axes_of(space.settings)
    return {
        axis.path: axis.values(levels)
        if grid is None or axis.path in own or axis != whole.get(axis.path)
        else grid[axis.path]
        for axis in space.axes
    }


def _grid_of(name: str, benchmark: str) -> Grid | None:
    """The values of a reference; None for a strategy of ours."""
    given: dict[str, Grid] = {
        **GRIDS,
        "mmtracking": MMTRACKING[_suggested_for(benchmark)],
        "siamkpn": SIAMKPN,
        "fdsiamfc": FDSIAMFC,
    }
    return given.get(name)


def _suggested_for(benchmark: str) -> str:
    kinds = {"uav": "uav123", "vot": "vot2018"}
    return next((name for start, name in kinds.items() if benchmark.startswith(start)), "otb")


def _one_axis(path: str, values: Mapping[str, tuple[Value, ...]]) -> Stage:
    return lambda best: line(best, path, values[path])


def _finer(space: Space) -> Stage:
    """The best checkpoint alone, and a finer grid about the best values."""

    def points(best: Point) -> list[Point]:
        return product(
            {axis.path: around(axis, dict(best)[axis.path]) for axis in space.axes}, space.axes
        )

    return points


def draw(space: Space, count: int, *, seed: int) -> list[Point]:
    """Points drawn at random, none twice; a longer list begins with the shorter one.

    Fewer come back where the space has not so many. Points that the settings refuse are left out.
    """
    rng = np.random.default_rng(seed)
    points: dict[Point, None] = {}
    for _ in range(50 * count):
        point = tuple((axis.path, _drawn(axis, rng)) for axis in space.axes)
        if point not in points and _is_taken(space, point):
            points[point] = None
        if len(points) == count:
            break
    return list(points)


def _is_taken(space: Space, point: Point) -> bool:
    try:
        space.settings_at(point)
    except InputError:
        return False
    return True


def _drawn(axis: Axis, rng: np.random.Generator) -> Value:
    if axis.choices:
        return axis.choices[int(rng.integers(len(axis.choices)))]
    share = float(rng.random())
    if axis.whole and not axis.log:
        return int(axis.low) + int(share * (int(axis.high) - int(axis.low) + 1))
    value = (
        axis.low * (axis.high / axis.low) ** share
        if axis.log
        else axis.low + share * (axis.high - axis.low)
    )
    return round(value) if axis.whole else float(min(max(value, axis.low), axis.high))


def has_checkpoints(space: Space) -> bool:
    """Whether one of the axes is which file of weights."""
    return any(axis.path == CHECKPOINT for axis in space.axes)
