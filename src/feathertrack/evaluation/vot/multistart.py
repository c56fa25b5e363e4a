"""Multi-start runs of VOT2020 to 2022: a tracker starts at anchors and is never started again.

A run from an anchor goes to the end of the sequence, or backwards to its begin, and has failed when
the overlap stays at or below 0.1 for ten frames. Accuracy is the mean overlap before the failure,
robustness the share of frames before it. Source of the rules: VOT toolkit 0.8.

Shapes: L frames of one run, in the order they were run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.masked_overlap import overlaps_without
from feathertrack.evaluation.vot.region_overlap import region_overlaps
from feathertrack.evaluation.vot.regions import Flags, Floats, Integers, Regions

WINDOW = (115, 755)
"""Shortest and longest run length that count for the expected average overlap."""
FAILURE_OVERLAP = 0.1
"""A frame with at most this overlap counts towards a failure."""
GRACE = 10
"""So many of them in a row are a failure."""


@dataclass(frozen=True)
class Anchor:
    """Where a run starts and which way it goes.

    Attributes:
        frame: 0-based.
        backwards: down to frame 0 rather than up to the last.
    """

    frame: int
    backwards: bool

    def frames(self, length: int) -> Integers:
        """Frames of the run in the order they are shown, in a sequence of ``length`` frames.

        >>> Anchor(2, backwards=True).frames(5)
        array([2, 1, 0])
        """
        if self.backwards:
            return np.arange(self.frame, -1, -1)
        return np.arange(self.frame, length)


def anchors_of(values: ArrayLike) -> list[Anchor]:
    """Anchors of a sequence from its ``anchor`` value per frame: above 0 forwards, below backwards.

    >>> anchors_of([1, 0, -1])
    [Anchor(frame=0, backwards=False), Anchor(frame=2, backwards=True)]
    """
    rows = np.asarray(values).reshape(-1)
    return [Anchor(int(frame), bool(rows[frame] < 0)) for frame in np.flatnonzero(rows)]


@dataclass(frozen=True, eq=False)
class AnchorRun:
    """One run from an anchor.

    Attributes:
        overlaps: (L,); the anchor's own frame is a special region, so its overlap is 0.
        truth_empty: (L,) True where the target is absent.
    """

    overlaps: Floats
    truth_empty: Flags

    @property
    def progress(self) -> int:
        """Frames before the failure; all L without one."""
        bad = (self.overlaps <= FAILURE_OVERLAP) & ~self.truth_empty
        sums = np.concatenate([[0], np.cumsum(bad)])
        failed = np.flatnonzero(sums[GRACE:] - sums[:-GRACE] == GRACE)
        return int(failed[0]) if len(failed) else len(self.overlaps)

    @property
    def succeeded(self) -> bool:
        """It came to the end of its frames."""
        return self.progress == len(self.overlaps)


@dataclass(frozen=True, kw_only=True, eq=False)
class MultistartScore:
    """What one sequence or all of them score.

    Attributes:
        accuracy: mean overlap before failures.
        robustness: share of frames before failures.
        accuracy_weight: of the sequence in the mean: frames before failures.
        robustness_weight: its number of frames.
        curve: expected average overlap of runs of each length.
        active: how many runs entered each entry of the curve.
        eao: mean of the curve over the window; NaN for one sequence.
    """

    accuracy: float
    robustness: float
    accuracy_weight: float
    robustness_weight: float
    curve: Floats
    active: Floats
    eao: float = float("nan")


def anchor_run(
    results: Regions,
    truth: Regions,
    anchor: Anchor,
    *,
    size_wh: tuple[int, int],
    ignore: Regions | None = None,
) -> AnchorRun:
    """Compare a run with the truth by the toolkit's pixels.

    Args:
        results: L regions in the order they were run; the first is a special.
        truth: of the whole sequence, in the order of its frames.
        anchor: where it started.
        size_wh: of the images.
        ignore: regions of the whole sequence whose pixels do not count.

    Raises:
        InputError: the run has more or fewer frames than lie between anchor and end.
    """
    order = anchor.frames(len(truth))
    if len(results) != len(order):
        raise InputError(
            f"the run from frame {anchor.frame} has {len(results)} regions, expected {len(order)}"
        )
    wanted = truth[order]
    if ignore is None:
        overlaps = region_overlaps(results, wanted, size_wh=size_wh, rule="toolkit")
    else:
        overlaps = overlaps_without(results, wanted, ignore[order], size_wh=size_wh)
    return AnchorRun(np.asarray(overlaps, dtype=np.float64), wanted.is_empty())


def score_sequence(
    runs: Sequence[AnchorRun], *, length: int, window: tuple[int, int] = WINDOW
) -> MultistartScore:
    """Score the runs of one sequence of ``length`` frames.

    Raises:
        InputError: there is no run.
    """
    if not runs:
        raise InputError("a sequence without any run from an anchor cannot be scored")
    progress = np.array([run.progress for run in runs])
    good = sum(float(run.overlaps[:end].sum()) for run, end in zip(runs, progress, strict=True))
    curve, active = _curve(runs, high=window[1])
    return MultistartScore(
        accuracy=good / float(progress.sum()) if progress.any() else 0.0,
        robustness=float(progress.sum() / sum(len(run.overlaps) for run in runs)),
        accuracy_weight=float(progress.sum()),
        robustness_weight=float(length),
        curve=curve,
        active=active,
    )


def score_multistart(
    sequences: Sequence[MultistartScore], *, window: tuple[int, int] = WINDOW
) -> MultistartScore:
    """Combine sequences: each measure is a mean with the weights that the sequences carry.

    Raises:
        InputError: there is no sequence.
    """
    if not sequences:
        raise InputError("no sequence was scored, so there is no mean")
    active = np.sum([score.active for score in sequences], axis=0)
    total = np.sum([score.curve * score.active for score in sequences], axis=0)
    curve = np.divide(total, active, out=np.zeros_like(total), where=active > 0)
    accuracy_weight = np.array([score.accuracy_weight for score in sequences])
    robustness_weight = np.array([score.robustness_weight for score in sequences])
    accuracy = np.array([score.accuracy for score in sequences])
    low, high = window
    return MultistartScore(
        accuracy=float(accuracy @ accuracy_weight / max(accuracy_weight.sum(), 1.0)),
        robustness=float(
            np.average([score.robustness for score in sequences], weights=robustness_weight)
        ),
        accuracy_weight=float(accuracy_weight.sum()),
        robustness_weight=float(robustness_weight.sum()),
        curve=curve,
        active=active,
        eao=float(curve[low : high + 1].mean()),  # the curve ends at high - 1
    )


def _curve(runs: Sequence[AnchorRun], *, high: int) -> tuple[Floats, Floats]:
    """Mean expected overlap of runs of each length below ``high``, and how many there are."""
    total, active = np.zeros(high), np.zeros(high)
    lengths = np.arange(high)
    for run in runs:
        end = run.progress
        overlaps = np.where(np.arange(len(run.overlaps)) < end, run.overlaps, 0.0)
        sums = np.cumsum(overlaps[1:high])
        reached = min(len(overlaps), high)
        total[1:reached] += sums[: reached - 1] / lengths[1:reached]
        active[1:reached] += 1
        if not run.succeeded and reached < high:
            # The toolkit divides by one less here than before the end of the run.
            total[reached:] += overlaps[1:].sum() / np.maximum(lengths[reached:] - 1, 1)
            active[reached:] += 1
    return np.divide(total, active, out=np.zeros(high), where=active > 0), active
