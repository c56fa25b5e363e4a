"""Runs that are started once and only watched (VOT from 2016 on): the mean overlap to the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from feathertrack.evaluation.vot.regions import NO_CODE, Floats, Regions
from feathertrack.evaluation.vot.truth import VotTruth, align, burn_in_mask


@dataclass(frozen=True, kw_only=True, eq=False)
class UnsupervisedScore:
    """What runs without resets score.

    Attributes:
        overlap: mean of the sequences, weighted by their length.
        overlap_per_sequence: (S,) mean over the frames that count; 0 where none does.
        frame_overlaps: (N,) of the first repetition; NaN where a frame does not count.
    """

    overlap: float
    overlap_per_sequence: Floats
    frame_overlaps: Floats


def score_unsupervised(
    truth: VotTruth, runs: Sequence[Sequence[Regions]], *, burn_in: int = 10
) -> UnsupervisedScore:
    """Score as the VOT toolkit does; the start, frames right after it and specials do not count.

    Args:
        truth: of S sequences.
        runs: for each sequence its repetitions.
        burn_in: frames from a start on that do not count: 10 up to VOT2019, 1 from VOT2020 on.

    Raises:
        InputError: results are missing, or of a kind that the toolkit cannot compare.
    """
    per_run, first = [], np.empty(0)
    for run in align(truth, runs):
        counts = run.regions.codes == NO_CODE
        counts &= ~burn_in_mask(truth, run, frames=burn_in)
        overlaps = np.asarray(truth.toolkit.overlaps(run.regions), dtype=np.float64)
        frames = np.where(counts, overlaps, np.nan)
        first = first if len(first) else frames
        sums = np.add.reduceat(np.where(counts, overlaps, 0.0), truth.start[:-1])
        num = np.add.reduceat(counts.astype(np.int64), truth.start[:-1])
        mean = sums / np.maximum(num, 1)
        per_run.append(np.where(run.exists, mean, np.nan))
    per_sequence = np.nanmean(np.stack(per_run), axis=0)
    return UnsupervisedScore(
        overlap=float(np.average(per_sequence, weights=truth.lengths)),
        overlap_per_sequence=per_sequence,
        frame_overlaps=first,
    )
