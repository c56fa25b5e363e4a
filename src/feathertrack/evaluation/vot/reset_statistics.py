"""Every headline number of a reset-based run as a statistic of the sequences that were drawn.

Each is the number that ``reset_scores`` computes, of a sample in which sequences may come twice.

Shapes: S sequences, B samples.
"""

from __future__ import annotations

import numpy as np

from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.significance import Statistic, pooled_statistic
from feathertrack.evaluation.vot.reset_scores import SENSITIVITY, ResetScore
from feathertrack.evaluation.vot.truth import VotTruth


def reset_statistics(rule: str, score: ResetScore, truth: VotTruth) -> dict[str, Statistic]:
    """Statistics by the name of the measure.

    Args:
        rule: ``pysot``, ``toolkit``, ``mmtracking`` or ``got10k``.
        score: by that rule.
        truth: of the same sequences.
    """
    lengths = truth.lengths.astype(np.float64)
    lost = score.lost_per_sequence
    found: dict[str, Statistic] = {"lost": lambda draws_BS: np.asarray(draws_BS @ lost)}
    if score.expected is not None and score.expected.window is not None:
        found["eao"] = score.expected.window.of_samples
    if score.tag_sums is not None:
        return found | _by_tag(score.tag_sums)
    per_100 = pooled_statistic(lost * 100, lengths)
    if rule == "pysot":
        frames = score.frame_overlaps
        known = ~np.isnan(frames)
        sums = np.add.reduceat(np.where(known, frames, 0.0), truth.start[:-1])
        counts = np.add.reduceat(known.astype(np.float64), truth.start[:-1])
        return found | {"accuracy": pooled_statistic(sums, counts), "robustness": per_100}
    weighted = pooled_statistic(lost * lengths, lengths)
    accuracy = np.nan_to_num(score.accuracy_per_sequence)
    found |= {
        "accuracy": pooled_statistic(accuracy * lengths, lengths),
        "robustness": per_100 if rule == "mmtracking" else weighted,
        "reliability": _reliability(weighted, lengths),
        "failures_per_100_frames": per_100,
    }
    if score.overlap_sums is not None:
        found["accuracy_pooled"] = pooled_statistic(*score.overlap_sums.T)
    return found


def _reliability(failures: Statistic, lengths: Floats) -> Statistic:
    def statistic(draws_BS: Floats) -> Floats:
        mean_length = draws_BS @ lengths / draws_BS.sum(axis=1)
        return np.asarray(np.exp(-SENSITIVITY * failures(draws_BS) / mean_length))

    return statistic


def _by_tag(sums_TS4: Floats) -> dict[str, Statistic]:
    """Accuracy and robustness of got10k: means over tags, weighted by their frames."""

    def accuracy(draws_BS: Floats) -> Floats:
        total, known, _, frames = np.moveaxis(draws_BS @ sums_TS4, 2, 0)
        means = np.divide(total, known, out=np.zeros_like(total), where=known > 0)
        return np.asarray((means * frames).sum(axis=0) / frames.sum(axis=0))

    def robustness(draws_BS: Floats) -> Floats:
        _, _, failed, frames = np.moveaxis(draws_BS @ sums_TS4, 2, 0)
        return np.asarray((failed * frames).sum(axis=0) / frames.sum(axis=0))

    return {"accuracy": accuracy, "robustness": robustness}
