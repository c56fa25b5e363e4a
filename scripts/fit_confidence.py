"""Fit the score of a tracker from raw results that hold scores, as long-term runs write them.

    feathertrack evaluate votlt2018 --data VOT --tracker siamrpn_r50_lt --output results
    python scripts/fit_confidence.py votlt2018 VOT results/votlt2018/siamrpn_r50_lt
        --midpoint 0.5 --slope 10

Give the midpoint and slope that the scores were made with; what is printed takes their place:
``--settings.confidence.midpoint``, ``--settings.confidence.slope``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from feathertrack.benchmarks import open_benchmark
from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.boxes import iou
from feathertrack.errors import FeathertrackError, InputError
from feathertrack.evaluation.result_files import read_results
from feathertrack.trackers.confidence import ConfidenceSettings, fit_confidence


def frames_of(results: Path, benchmark: Benchmark) -> tuple[np.ndarray, np.ndarray]:
    """Scores and overlaps of all frames of all runs that have both.

    Raises:
        InputError: the results hold no scores.
    """
    scores, overlaps = [], []
    kept = [runs for each in read_results(results, benchmark) for runs in each.records.items()]
    for name, runs in kept:
        truth = benchmark[name].truth
        for run in runs:
            if run.scores is None or truth.shape[1] != 4:
                continue
            count = min(len(run), len(truth) - run.start)
            true_boxes = truth[run.start : run.start + count]
            overlap = iou(run.boxes[:count], true_boxes)
            started = run.codes[:count] != 0 if run.codes is not None else np.arange(count) == 0
            overlap[started | (true_boxes[:, 2:] <= 0).any(axis=1)] = np.nan
            scores.append(run.scores[:count])
            overlaps.append(overlap)
    if not scores:
        raise InputError(f"{results} holds no scores: long-term and unsupervised runs write them")
    return np.concatenate(scores), np.concatenate(overlaps)


def main() -> None:
    """Parse the words, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("benchmark")
    parser.add_argument("data", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--midpoint", type=float, default=ConfidenceSettings().midpoint)
    parser.add_argument("--slope", type=float, default=ConfidenceSettings().slope)
    words = parser.parse_args()
    try:
        made_with = ConfidenceSettings(midpoint=words.midpoint, slope=words.slope)
        scores, overlaps = frames_of(words.results, open_benchmark(words.benchmark, words.data))
        fitted = fit_confidence(scores, overlaps, made_with=made_with)
    except FeathertrackError as error:
        parser.error(str(error))
    print(f"midpoint {fitted.midpoint:.3f}, slope {fitted.slope:.2f}, {len(scores)} frames")


if __name__ == "__main__":
    main()
