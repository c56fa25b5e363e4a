"""The expected average overlap of the VOT challenges up to 2019, by pysot and by the VOT toolkit.

A run is cut at its failures into fragments. Point i of the curve is the mean overlap that a tracker
reaches on average in the first i frames after a start; the measure is the mean of the curve over a
window of sequence lengths that the challenge fixes. Overlaps here are without burn-in.

The two forms differ in the window's ends, in what a fragment holds, and in this: pysot forgives a
failure in the last four frames of a sequence, where no restart is possible; the toolkit does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feathertrack.evaluation.vot.regions import STARTED, Flags, Floats, Integers
from feathertrack.evaluation.vot.truth import Repetition, VotTruth

WINDOWS: Mapping[str, tuple[int, int]] = {
    "vot2015": (108, 371),
    "vot2016": (108, 371),
    "vot2017": (100, 356),
    "vot2018": (100, 356),
    "vot2019": (46, 291),
}
"""Shortest and longest sequence length that counts, by challenge; VOT2013 and 2014 have none."""

SKIPPED = 5
"""Frames from a failure to the next start."""


@dataclass(frozen=True, eq=False)
class WindowSums:
    """What each sequence adds to the curve in the window, so that any sample can be scored.

    A point of the curve is the sum of ``sums`` over the sum of ``weights`` of its sequences.

    Attributes:
        sums: (S, W) running means of its fragments, weighted.
        weights: (S, W) weights of its fragments that reach the point.
        reaches: (S, W) whether the point lies within the longest run of the sequence; the curve of
            a sample ends with its longest.
        without: value of a point that no fragment of the sample reaches.
    """

    sums: Floats
    weights: Floats
    reaches: Floats
    without: float

    def of_samples(self, draws_BS: Floats) -> Floats:
        """Expected average overlap (B,) of samples that hold each sequence so many times."""
        weights = draws_BS @ self.weights
        points = np.full_like(weights, self.without)
        np.divide(draws_BS @ self.sums, weights, out=points, where=weights > 0)
        there = draws_BS @ self.reaches > 0
        total = np.where(there, points, 0.0).sum(axis=1)
        eao = np.full(len(total), np.nan)
        np.divide(total, there.sum(axis=1), out=eao, where=there.any(axis=1))
        return eao


@dataclass(frozen=True, eq=False)
class ExpectedOverlap:
    """Expected average overlap and its curve.

    Attributes:
        eao: mean of the curve over the window; NaN where no curve reaches it.
        curve: expected overlap of sequences of each length, from index 0.
        num_fragments: how many stretches between starts and failures the runs have.
        window: what each sequence adds to it; None for tags.
    """

    eao: float
    curve: Floats
    num_fragments: int
    window: WindowSums | None = None


@dataclass(frozen=True, eq=False)
class Fragments:
    """pysot's fragments of all runs.

    Attributes:
        overlaps: (F, longest); NaN where a fragment has no value.
        weights: name of a tag -> (F,); ``all`` is every frame.
        sequences: (F,) number of the sequence of each.
    """

    overlaps: Floats
    weights: Mapping[str, Floats]
    sequences: Integers


def pysot_expected_overlap(
    truth: VotTruth,
    runs: Sequence[tuple[Repetition, Floats]],
    *,
    window: tuple[int, int],
) -> dict[str, ExpectedOverlap]:
    """Expected average overlap by pysot of all frames (``all``) and of each tag.

    Args:
        truth: of all sequences.
        runs: repetitions with their overlaps (N,) in the bounds (w - 1, h - 1), without burn-in.
        window: low and high; the mean goes over ``curve[low - 1:high]``.
    """
    fragments = pysot_fragments(truth, runs)
    reached = ~np.isnan(fragments.overlaps)
    running = _running_means(fragments.overlaps)
    running[~reached] = 0.0
    weights = np.stack(list(fragments.weights.values()))
    with np.errstate(divide="ignore", invalid="ignore"):
        curves = (weights @ running) / (weights @ reached.astype(np.float64))
    curves[:, :1] = 1.0
    low, high = window
    running[:, :1], reached[:, :1] = 1.0, True
    sums = _window_sums(
        running * fragments.weights["all"][:, None],
        reached * fragments.weights["all"][:, None],
        fragments.sequences,
        longest=_longest_runs(runs),
        points=slice(low - 1, high),
        without=np.nan,
    )
    return {
        tag: ExpectedOverlap(
            _mean(curve[low - 1 : high]),
            curve,
            len(fragments.overlaps),
            sums if tag == "all" else None,
        )
        for tag, curve in zip(fragments.weights, curves, strict=True)
    }


def _longest_runs(runs: Sequence[tuple[Repetition, Floats]]) -> Integers:
    return np.asarray(np.max([run.lengths for run, _ in runs], axis=0))


def _window_sums(
    sums: Floats,
    weights: Floats,
    sequences: Integers,
    *,
    longest: Integers,
    points: slice,
    without: float,
) -> WindowSums:
    """Add up fragments (F, points of the curve) of the same sequence."""
    member = (np.arange(len(longest))[:, None] == sequences).astype(np.float64)
    reaches = np.arange(sums.shape[1]) < longest[:, None]
    return WindowSums(
        member @ sums[:, points],
        member @ weights[:, points],
        reaches[:, points].astype(np.float64),
        without,
    )


def pysot_fragments(truth: VotTruth, runs: Sequence[tuple[Repetition, Floats]]) -> Fragments:
    """Cut runs at their failures; a row for each sequence and failure, also for forgiven ones."""
    longest = max((int(run.lengths.max()) for run, _ in runs), default=0)
    count = sum(int(run.exists.sum() + run.num_failures.sum()) for run, _ in runs)
    num_runs = np.sum([run.exists for run, _ in runs], axis=0)
    rows = np.full((count, longest), np.nan)
    everywhere = np.ones(len(truth.regions), dtype=np.bool_)
    tags = {"all": everywhere, **truth.tags}
    weights = {tag: np.zeros(count) for tag in tags}
    sequences = np.zeros(count, dtype=np.int64)
    row = 0
    for run, overlaps in runs:
        for index, frames in enumerate(truth.per_sequence()):
            if not run.exists[index]:
                continue
            length, failures = int(run.lengths[index]), run.failures[index]
            values = overlaps[frames][:length]
            for nth, (begin, end) in enumerate(_pysot_stretches(failures, length)):
                part = values[begin : length if end is None else end + 1]
                rows[row + nth, : len(part)] = part if not len(failures) else np.nan_to_num(part)
                if end is not None:
                    rows[row + nth, len(part) :] = 0.0
                for tag, flags in tags.items():
                    share = _tagged_share(flags[frames], (begin, end), length, not len(failures))
                    weights[tag][row + nth] = share / (num_runs[index] + 1e-10)
            sequences[row : row + 1 + len(failures)] = index
            row += 1 + len(failures)
    return Fragments(rows, weights, sequences)


def _pysot_stretches(failures: Integers, length: int) -> Iterator[tuple[int, int | None]]:
    """First and last frame of each fragment, both counted; the last fragment has no last frame."""
    starts = [0, *(int(f) + SKIPPED for f in failures if f + SKIPPED <= length)]
    yield from zip(starts, [*starts[1:], None], strict=True)


def _tagged_share(
    flags: Flags, stretch: tuple[int, int | None], length: int, never_failed: bool
) -> float:
    begin, end = stretch
    if never_failed:
        return float(flags[:length].sum()) / length
    if end is None:
        return float(flags[begin:length].sum()) / (len(flags) - begin + 1e-16)
    return float(flags[begin : end + 1].sum()) / (end - begin + 1)


def toolkit_expected_overlap(
    truth: VotTruth,
    runs: Sequence[tuple[Repetition, Floats]],
    *,
    window: tuple[int, int],
) -> ExpectedOverlap:
    """The VOT toolkit's (and mmtracking's) expected average overlap.

    Args:
        truth: of all sequences.
        runs: repetitions with their overlaps (N,) in the bounds (w, h), without burn-in.
        window: low and high; the mean goes over ``curve[low:high + 1]``.
    """
    parts: list[tuple[Floats, bool]] = []
    sequences: list[int] = []
    for run, overlaps in runs:
        for index, frames in enumerate(truth.per_sequence()):
            length = int(run.lengths[index])
            codes = run.regions.codes[frames][:length]
            parts += _toolkit_stretches(overlaps[frames][:length], codes, run.failures[index])
            sequences += [index] * (len(parts) - len(sequences))
    longest = max((len(values) for values, _ in parts), default=0)
    rows = np.zeros((len(parts), longest))
    reached = np.ones((len(parts), longest), dtype=np.bool_)
    for nth, (values, failed) in enumerate(parts):
        rows[nth, : len(values)] = values
        reached[nth, len(values) :] = failed
    running = np.where(reached, _running_means(rows), 0.0)
    curve = running.sum(axis=0) / np.maximum(reached.sum(axis=0), 1)
    low, high = window
    longest_of = np.zeros(len(truth.names), dtype=np.int64)
    np.maximum.at(
        longest_of, np.array(sequences, dtype=np.int64), [len(values) for values, _ in parts]
    )
    sums = _window_sums(
        running,
        reached.astype(np.float64),
        np.array(sequences, dtype=np.int64),
        longest=longest_of,
        points=slice(low, high + 1),
        without=0.0,
    )
    return ExpectedOverlap(_mean(curve[low : high + 1]), curve, len(parts), sums)


def _toolkit_stretches(
    overlaps: Floats, codes: NDArray[np.uint8], failures: Integers
) -> Iterator[tuple[Floats, bool]]:
    """Overlaps from each start to the failure after it, or to the end; and whether it failed."""
    starts = np.flatnonzero(codes == STARTED)
    for start in starts:
        later = failures[failures > start]
        failed = len(later) > 0 and int(later[0]) < len(overlaps)
        yield overlaps[start : int(later[0]) if failed else len(overlaps)], failed


def _running_means(rows: Floats) -> Floats:
    """Mean of entries 1 to i of each row, for every i; entry 0 stays as it is."""
    means = np.cumsum(rows[:, 1:], axis=1) / np.arange(1, max(rows.shape[1], 1))
    return np.concatenate([rows[:, :1], means], axis=1)


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else float("nan")
