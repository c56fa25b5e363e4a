"""Bootstrap confidence intervals of a score, and of the difference of two trackers.

The sequences of a benchmark are a sample of those that could have been filmed. A resample draws as
many sequences as there are, with replacement, and computes the score again; the interval holds the
middle 95 % (or another share) of the scores so found: the percentile bootstrap (Efron 1979). Frames
are never drawn by themselves: those of one sequence are far from independent.

A *statistic* computes a score from how often each sequence was drawn: it takes an array (B, S) of
B resamples of S sequences and returns (B,). ``mean_statistic`` serves every measure that averages
sequences, ``pooled_statistic`` those that pool frames (GOT-10k); others write their own.
Two trackers are compared on the same resamples (paired): what a hard sequence does to both of them
cancels.

Shapes: S sequences, B resamples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Floats

Statistic = Callable[[Floats], Floats]

RESAMPLES = 10_000
_CELLS = 2_000_000
"""Resamples times sequences that are held in memory at a time (16 MB)."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A score with its confidence interval.

    Attributes:
        estimate: the score of the sequences as they are.
        low: lower end.
        high: upper end.
        confidence: share of the resamples between the ends.
        resamples: how many were drawn.
        sequences: how many sequences were drawn from.
        method: how the ends were found.
        scores: the score of every resample, (B,), NaN where it has none; None where only the ends
            are known. The same seed and number of sequences give the same resamples.
    """

    estimate: float
    low: float
    high: float
    confidence: float
    resamples: int
    sequences: int
    method: str = "percentile bootstrap over sequences"
    scores: Floats | None = field(default=None, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """All but the scores of the resamples."""
        values = asdict(replace(self, scores=None))
        del values["scores"]
        return values

    @property
    def excludes_zero(self) -> bool:
        """Whether a difference is significant at 1 - ``confidence``."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        return f"{self.estimate:.4f} [{self.low:.4f}, {self.high:.4f}]"


def mean_statistic(values: ArrayLike) -> Statistic:
    """Mean over the drawn sequences of a measure (S,); sequences where it is NaN are left out."""
    rows = np.asarray(values, dtype=np.float64)
    known = ~np.isnan(rows)
    return pooled_statistic(np.where(known, rows, 0.0), known)


def pooled_statistic(sums: ArrayLike, weights: ArrayLike) -> Statistic:
    """Sum of ``sums`` (S,) over sum of ``weights`` (S,) of the drawn sequences.

    For GOT-10k: the sum of the overlaps of a sequence, and the number of its frames. The result is
    NaN for a resample whose weights are all 0.
    """
    table = np.stack([np.asarray(sums, np.float64), np.asarray(weights, np.float64)], axis=1)

    def statistic(draws_BS: Floats) -> Floats:
        drawn = draws_BS @ table
        score = np.full(len(drawn), np.nan)
        np.divide(drawn[:, 0], drawn[:, 1], out=score, where=drawn[:, 1] != 0)
        return score

    return statistic


def difference(first: Statistic, second: Statistic) -> Statistic:
    """The first tracker's score minus the second's, on the same resamples."""
    return lambda draws_BS: first(draws_BS) - second(draws_BS)


def bootstrap(
    statistics: Mapping[str, Statistic],
    *,
    num_sequences: int,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Interval]:
    """Confidence intervals of statistics of the same sequences, all on the same resamples.

    The same seed draws the same resamples. Resamples for which a statistic is NaN do not count.

    Raises:
        InputError: ``confidence`` is not between 0 and 1, there is nothing to draw, or a statistic
            is NaN for every resample.
    """
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}, but must lie between 0 and 1, such as 0.95")
    if num_sequences < 1 or resamples < 1:
        raise InputError(
            f"a bootstrap needs sequences and resamples, got {num_sequences} and {resamples}"
        )
    found: dict[str, list[Floats]] = {name: [] for name in statistics}
    for draws_BS in _draws(num_sequences, resamples, seed):
        for name, statistic in statistics.items():
            found[name].append(statistic(draws_BS))
    once = np.ones((1, num_sequences))
    return {
        name: _interval(
            name,
            float(statistic(once)[0]),
            np.concatenate(found[name]),
            confidence=confidence,
            num_sequences=num_sequences,
        )
        for name, statistic in statistics.items()
    }


def _interval(
    name: str, estimate: float, every: Floats, *, confidence: float, num_sequences: int
) -> Interval:
    scores = every[~np.isnan(every)]
    if not len(scores):
        raise InputError(f"{name} cannot be computed: it is NaN for every resample")
    tail = (1 - confidence) / 2
    low, high = np.quantile(scores, [tail, 1 - tail])
    return Interval(
        estimate=estimate,
        low=float(low),
        high=float(high),
        confidence=confidence,
        resamples=len(scores),
        sequences=num_sequences,
        scores=every,
    )


def paired_difference(first: Interval, second: Interval) -> Interval | None:
    """The interval of ``first`` - ``second``, from what both scored in the same resamples.

    Both must be of the same sequences in the same order, drawn from the same seed. None where the
    scores of the resamples are not known, differ in number, or are never known for both.
    """
    if first.scores is None or second.scores is None:
        return None
    known = (first.sequences, first.confidence, len(first.scores))
    if known != (second.sequences, second.confidence, len(second.scores)):
        return None
    apart = first.scores - second.scores
    if np.isnan(apart).all():
        return None
    return _interval(
        "the difference",
        first.estimate - second.estimate,
        apart,
        confidence=first.confidence,
        num_sequences=first.sequences,
    )


def mean_intervals(
    per_sequence: Mapping[str, ArrayLike],
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Interval]:
    """Intervals of the mean over sequences of each measure (S,), such as ``score.per_sequence``.

    Raises:
        InputError: the measures differ in length, or are empty.

    >>> print(mean_intervals({"auc": [0.2, 0.4, 0.6, 0.8]})["auc"])
    0.5000 [0.3000, 0.7000]
    """
    num_sequences = _same_length(per_sequence.values())
    return bootstrap(
        {name: mean_statistic(values) for name, values in per_sequence.items()},
        num_sequences=num_sequences,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
    )


def difference_intervals(
    first: Mapping[str, ArrayLike],
    second: Mapping[str, ArrayLike],
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> dict[str, Interval]:
    """Intervals of ``first`` - ``second`` for each measure (S,) that both trackers have.

    The sequences are the same, in the same order. One that is NaN for either is left out for both.

    Raises:
        InputError: the measures differ in length, or none is common.
    """
    shared = [name for name in first if name in second]
    num_sequences = _same_length(row for name in shared for row in (first[name], second[name]))
    return bootstrap(
        {
            name: mean_statistic(np.subtract(first[name], second[name], dtype=np.float64))
            for name in shared
        },
        num_sequences=num_sequences,
        confidence=confidence,
        resamples=resamples,
        seed=seed,
    )


def _same_length(rows: Iterable[ArrayLike]) -> int:
    shapes = sorted({np.shape(row) for row in rows})
    if len(shapes) != 1 or len(shapes[0]) != 1 or not shapes[0][0]:
        raise InputError(
            f"one value for each of the same sequences is needed, got the shapes {shapes}"
        )
    return int(shapes[0][0])


def _draws(num_sequences: int, resamples: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """How often each sequence is drawn, (b, S), in blocks that fit into memory."""
    rng = np.random.default_rng(seed)
    block = max(1, _CELLS // num_sequences)
    for start in range(0, resamples, block):
        size = min(block, resamples - start)
        drawn = rng.integers(num_sequences, size=(size, num_sequences))
        drawn += np.arange(size)[:, None] * num_sequences
        counts = np.bincount(drawn.ravel(), minlength=size * num_sequences)
        yield counts.reshape(size, num_sequences).astype(np.float64)
