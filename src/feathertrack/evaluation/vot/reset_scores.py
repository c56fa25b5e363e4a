"""Accuracy, robustness and expected average overlap of reset-based runs, by four toolkits.

A run is started at frame 0, watched, and started again five frames after each failure. Accuracy is
the mean overlap while tracking, robustness counts the failures. What the toolkits make of the same
raw results differs; each function says how it counts, ``docs/protocols.md`` by how much.

Shapes: N frames of S sequences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from feathertrack.evaluation.vot.eao import (
    ExpectedOverlap,
    pysot_expected_overlap,
    toolkit_expected_overlap,
)
from feathertrack.evaluation.vot.exact_overlap import exact_overlaps
from feathertrack.evaluation.vot.regions import FAILED, NO_CODE, Floats, Regions
from feathertrack.evaluation.vot.truth import Repetition, VotTruth, align, burn_in_mask

SENSITIVITY = 30.0
"""Frames of a stretch, for the share of stretches without a failure."""

BURN_IN = 10
"""Frames after a start, the start included, that do not count for accuracy."""


@dataclass(frozen=True, kw_only=True)
class TagScore:
    """What the frames of one tag score.

    Attributes:
        accuracy: mean overlap over them.
        lost: failures in them, mean over repetitions.
        eao: expected average overlap weighted by the tag; None where the protocol has none.
        num_frames: how many they are.
    """

    accuracy: float
    lost: float
    eao: float | None
    num_frames: int


@dataclass(frozen=True, kw_only=True, eq=False)
class ResetScore:
    """What reset-based runs score; the functions say how each number is counted.

    Attributes:
        accuracy: mean overlap, 0 to 1.
        robustness: failures, per 100 frames or weighted: lower is better.
        lost: failures of all sequences, mean over repetitions.
        expected: expected average overlap and curve; None without a window.
        accuracy_per_sequence: (S,), NaN where no frame counts.
        lost_per_sequence: (S,) failures, mean over repetitions.
        frame_overlaps: (N,) overlap of each frame that counts, mean over repetitions, else NaN.
        per_tag: what the frames of each tag score.
        extra: further numbers of the toolkit, by name.
        overlap_sums: (S, 2) sum and number of the overlaps that count, over all repetitions.
        tag_sums: (T, S, 4) what each sequence adds to each tag of got10k: sum and number of the
            overlaps, failures, frames; None for the others.
    """

    accuracy: float
    robustness: float
    lost: float
    expected: ExpectedOverlap | None
    accuracy_per_sequence: Floats
    lost_per_sequence: Floats
    frame_overlaps: Floats
    per_tag: Mapping[str, TagScore] = field(default_factory=dict)
    extra: Mapping[str, float] = field(default_factory=dict)
    overlap_sums: Floats | None = None
    tag_sums: Floats | None = None

    @property
    def eao(self) -> float | None:
        """Expected average overlap."""
        return None if self.expected is None else self.expected.eao


def score_pysot(
    truth: VotTruth,
    runs: Sequence[Sequence[Regions]],
    *,
    window: tuple[int, int] | None = None,
    burn_in: int = BURN_IN,
) -> ResetScore:
    """Score as pysot does.

    Overlaps by pysot's pixels; accuracy is the mean over all frames of all sequences together,
    ``robustness`` is failures per 100 frames, the expected overlap is averaged over
    ``curve[low - 1:high]`` and forgives failures in the last four frames.

    Args:
        truth: of S sequences.
        runs: for each sequence its repetitions.
        window: of the expected average overlap, one of ``eao.WINDOWS``.
        burn_in: frames after a start that do not count for accuracy.

    Raises:
        InputError: results are missing, or of a kind that pysot cannot compare.
    """
    repetitions = align(truth, runs)
    kept, without = [], []
    for run in repetitions:
        whole, less = truth.pysot.overlaps_twice(run.regions)
        kept.append(np.where(burn_in_mask(truth, run, frames=burn_in), np.nan, whole))
        without.append((run, less.astype(np.float64)))
    frames = _nanmean(np.stack(kept), axis=0)
    lost = _lost_per_sequence(repetitions)
    compared = np.max([run.lengths for run in repetitions], axis=0).sum()
    expected = None
    if window is not None:
        expected = pysot_expected_overlap(truth, without, window=window)
    return ResetScore(
        accuracy=float(_nanmean(frames)),
        robustness=float(lost.sum() / compared * 100),
        lost=float(lost.sum()),
        expected=None if expected is None else expected["all"],
        accuracy_per_sequence=_per_sequence(truth, frames),
        lost_per_sequence=lost,
        frame_overlaps=frames,
        per_tag=_per_tag(truth, repetitions, frames, expected or {}),
    )


def score_toolkit(
    truth: VotTruth,
    runs: Sequence[Sequence[Regions]],
    *,
    window: tuple[int, int] | None = None,
    burn_in: int = BURN_IN,
    sensitivity: float = SENSITIVITY,
) -> ResetScore:
    """Score as the VOT toolkit does.

    Overlaps by the toolkit's pixels; accuracy and ``robustness`` are the means over sequences of
    accuracy and of the number of failures, weighted by length; a sequence without a frame that
    counts has accuracy 0; the expected overlap is averaged over ``curve[low:high + 1]``.
    ``extra``: ``accuracy_pooled`` (all frames together), ``reliability`` (horizontal axis of the
    accuracy-robustness plot: share of stretches of ``sensitivity`` frames without a failure) and
    ``failures_per_100_frames``.

    Raises:
        InputError: results are missing, or of a kind that the toolkit cannot compare.
    """
    repetitions = align(truth, runs)
    kept, without, accuracies = [], [], []
    for run in repetitions:
        whole = np.asarray(truth.toolkit.overlaps(run.regions), dtype=np.float64)
        counts = run.regions.codes == NO_CODE
        counts &= ~burn_in_mask(truth, run, frames=burn_in)
        kept.append(np.where(counts, whole, np.nan))
        accuracy = np.nan_to_num(_per_sequence(truth, kept[-1]))
        accuracies.append(np.where(run.exists, accuracy, np.nan))
        without.append((run, whole))
    per_sequence, lost = _nanmean(np.stack(accuracies), axis=0), _lost_per_sequence(repetitions)
    weights = truth.lengths / truth.lengths.sum()
    failures = float(lost @ weights)
    return ResetScore(
        accuracy=float(per_sequence @ weights),
        robustness=failures,
        lost=float(lost.sum()),
        expected=window and toolkit_expected_overlap(truth, without, window=window),
        accuracy_per_sequence=per_sequence,
        lost_per_sequence=lost,
        frame_overlaps=_nanmean(np.stack(kept), axis=0),
        per_tag=_per_tag(truth, repetitions, _nanmean(np.stack(kept), axis=0), {}),
        extra={
            "accuracy_pooled": float(_nanmean(np.stack(kept))),
            "reliability": float(np.exp(-sensitivity * failures / truth.lengths.mean())),
            "failures_per_100_frames": float(lost.sum() / truth.lengths.sum() * 100),
        },
        overlap_sums=_overlap_sums(truth, np.stack(kept)),
    )


def score_mmtracking(
    truth: VotTruth,
    runs: Sequence[Sequence[Regions]],
    *,
    window: tuple[int, int] | None = None,
) -> ResetScore:
    """Score as mmtracking does: the VOT toolkit's numbers, ``robustness`` per 100 frames.

    Raises:
        InputError: as ``score_toolkit``.
    """
    score = score_toolkit(truth, runs, window=window)
    return replace(score, robustness=score.extra["failures_per_100_frames"])


def score_got10k(
    truth: VotTruth, runs: Sequence[Sequence[Regions]], *, burn_in: int = BURN_IN
) -> ResetScore:
    """Score as the got10k toolkit does.

    Overlaps by exact area; frames are grouped by tag, with ``empty`` for those of no tag (a frame
    of two tags counts in both); accuracy is the mean over tags of their mean overlap and
    ``robustness`` that of their number of failures, both weighted by the tags' numbers of frames.

    Raises:
        InputError: results are missing, or of a kind that has no area.
    """
    repetitions = align(truth, runs)
    kept = []
    for run in repetitions:
        overlaps = exact_overlaps(run.regions, truth.regions, size_wh=truth.frame_sizes)
        kept.append(np.where(burn_in_mask(truth, run, frames=burn_in), np.nan, overlaps))
    frames = _nanmean(np.stack(kept), axis=0)
    untagged = ~np.any([np.zeros(len(frames), dtype=np.bool_), *truth.tags.values()], axis=0)
    tagged = replace(truth, tags={**truth.tags, "empty": untagged})
    per_tag = _per_tag(tagged, repetitions, frames, {})
    weights = np.array([tag.num_frames for tag in per_tag.values()])
    accuracy = np.nan_to_num([tag.accuracy for tag in per_tag.values()])
    lost = _lost_per_sequence(repetitions)
    return ResetScore(
        accuracy=float(np.average(accuracy, weights=weights)),
        robustness=float(np.average([tag.lost for tag in per_tag.values()], weights=weights)),
        lost=float(lost.sum()),
        expected=None,
        accuracy_per_sequence=_per_sequence(truth, frames),
        lost_per_sequence=lost,
        frame_overlaps=frames,
        per_tag=per_tag,
        tag_sums=_tag_sums(tagged, repetitions, frames),
    )


def _overlap_sums(truth: VotTruth, overlaps_RN: Floats) -> Floats:
    known = ~np.isnan(overlaps_RN)
    sums = np.stack([np.where(known, overlaps_RN, 0.0).sum(axis=0), known.sum(axis=0)], axis=1)
    return np.asarray(np.add.reduceat(sums, truth.start[:-1], axis=0), dtype=np.float64)


def _tag_sums(truth: VotTruth, runs: Sequence[Repetition], frames: Floats) -> Floats:
    failed = np.mean([run.regions.codes == FAILED for run in runs], axis=0)
    known = ~np.isnan(frames)
    columns = np.stack([np.where(known, frames, 0.0), known, failed, np.ones(len(frames))], axis=1)
    return np.stack(
        [
            np.add.reduceat(columns * flags[:, None], truth.start[:-1], axis=0)
            for flags in truth.tags.values()
        ]
    )


def _lost_per_sequence(runs: Sequence[Repetition]) -> Floats:
    failures = np.sum([run.num_failures for run in runs], axis=0)
    return np.asarray(failures / np.sum([run.exists for run in runs], axis=0))


def _per_tag(
    truth: VotTruth,
    runs: Sequence[Repetition],
    frames: Floats,
    expected: Mapping[str, ExpectedOverlap],
) -> dict[str, TagScore]:
    failed = np.mean([run.regions.codes == FAILED for run in runs], axis=0)
    return {
        tag: TagScore(
            accuracy=float(_nanmean(frames[flags])),
            lost=float(failed[flags].sum()),
            eao=expected[tag].eao if tag in expected else None,
            num_frames=int(flags.sum()),
        )
        for tag, flags in truth.tags.items()
    }


def _per_sequence(truth: VotTruth, frames: Floats) -> Floats:
    return np.array([_nanmean(frames[part]) for part in truth.per_sequence()])


def _nanmean(values: Floats, axis: int | None = None) -> Floats:
    """Mean of what is no NaN; NaN, without a warning, where there is nothing else."""
    known = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=axis) / known.sum(axis=axis)
    return np.asarray(mean, dtype=np.float64)
