"""One number out of a table of scores: a headline measure, or a weighted sum of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.runner import evaluate
from feathertrack.evaluation.scoring import ScoreTable
from feathertrack.results import Result
from feathertrack.trackers.tracker import Image

Terms = tuple[tuple[float, str], ...]


def parse_sum(metric: str, *, option: str = "the metric") -> Terms:
    """The weights and the names of a sum such as ``0.4 auc + 0.6 precision``.

    Raises:
        InputError: it is no such sum.

    >>> parse_sum("0.4 auc + 0.6 precision"), parse_sum("eao")
    (((0.4, 'auc'), (0.6, 'precision')), ((1.0, 'eao'),))
    """
    terms = []
    for term in metric.split("+"):
        *weight, name = term.split() or [""]
        try:
            terms.append((float(*weight) if weight else 1.0, name))
        except (ValueError, TypeError):
            raise InputError(
                f"{option} is a name, or a sum as '0.4 auc + 0.6 precision', got {metric!r}"
            ) from None
    return tuple(terms)


def check_names(terms: Terms, known: Mapping[str, object], *, option: str = "the metric") -> None:
    """Refuse a sum of numbers that a protocol does not give.

    Raises:
        InputError: there is no number of that name; those that there are, are named.
    """
    for _, name in terms:
        if name not in known:
            raise InputError(f"{option}: there is no number {name!r}; there are {', '.join(known)}")


def weighted_sum(
    metric: str, headline: Mapping[str, float], *, option: str = "the metric"
) -> float:
    """A headline number, or a sum of such as ``0.4 auc + 0.6 precision``.

    Args:
        metric: the name or sum.
        headline: the numbers.
        option: what the user calls the metric, for the error.

    Raises:
        InputError: there is no number of that name, or it is no sum.

    >>> round(weighted_sum("0.4 auc + 0.6 precision", {"auc": 0.5, "precision": 0.7}), 3)
    0.62
    """
    terms = parse_sum(metric, option=option)
    check_names(terms, headline, option=option)
    return sum(weight * headline[name] for weight, name in terms)


def measures_of(benchmark: Benchmark, protocol: str | None = None) -> ScoreTable:
    """What a protocol measures: the scores of a box that stands still on one sequence.

    Raises:
        InputError: the protocol does not fit the benchmark, or a frame cannot be read.
    """
    one = replace(benchmark, names=benchmark.names[:1])
    return evaluate(_Still(), one, protocol=protocol)


class _Still:
    """A tracker that believes the target stays where it was."""

    def __init__(self) -> None:
        self._box = np.zeros(4)

    def init(self, image: Image, box: ArrayLike) -> None:
        """Take the box."""
        self._box = np.asarray(box, dtype=np.float64)

    def update(self, image: Image) -> Result:
        """The box that was given."""
        return Result(box=self._box, score=1.0, state="tracking")
