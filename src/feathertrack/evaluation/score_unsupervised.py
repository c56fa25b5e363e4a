"""VOT: tables of runs that start once and are left alone, by the rules of two challenges."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from feathertrack.benchmarks.sequence import Sequence
from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.gathering import Job, ignored_regions, true_regions
from feathertrack.evaluation.measure_columns import intervals_of, rows_by_name
from feathertrack.evaluation.scoring import ScoreTable
from feathertrack.evaluation.significance import mean_statistic, pooled_statistic
from feathertrack.evaluation.vot.masked_overlap import overlaps_without
from feathertrack.evaluation.vot.region_overlap import region_overlaps
from feathertrack.evaluation.vot.regions import NO_CODE, Regions
from feathertrack.evaluation.vot.vots import mean_score, score_object


def score_unsupervised(job: Job) -> ScoreTable:
    """The VOT toolkit's unsupervised experiment: mean overlap of one pass, weighted by length.

    Raises:
        InputError: a result has another number of rows than the sequence, with its file.
    """
    burn_in = 10 if job.ground.benchmark.protocol == "vot" else 1
    values, lengths = [], []
    for sequence in job.sequences:
        results, truth, overlaps = _compared(job, sequence)
        counts = results.codes == NO_CODE
        counts[:burn_in] = False
        values.append(float(overlaps[counts].mean()) if counts.any() else 0.0)
        lengths.append(len(truth))
    overlap, weight = np.array(values), np.array(lengths, dtype=np.float64)
    return ScoreTable(
        tracker=job.results.tracker,
        benchmark=job.ground.benchmark.name,
        protocol=job.protocol.name,
        source="VOT toolkit 0.8, average accuracy of the unsupervised experiment",
        headline={"overlap": float(np.average(overlap, weights=weight))},
        intervals=intervals_of(
            {"overlap": pooled_statistic(overlap * weight, weight)}, num_sequences=len(overlap)
        ),
        per_sequence=rows_by_name(job.names, {"overlap": overlap}),
        num_frames=job.num_frames,
        frames_per_second=job.frames_per_second,
        notes=job.notes,
    )


def score_vots(job: Job) -> ScoreTable:
    """VOTS, VOT from 2023 on, for sequences of one object: five cases of a frame.

    Raises:
        InputError: a result has another number of rows than the sequence, with its file.
    """
    scores = []
    for sequence in job.sequences:
        results, truth, overlaps = _compared(job, sequence)
        scores.append(
            score_object(overlaps, truth_empty=truth.is_empty(), result_empty=results.is_empty())
        )
    rows = [asdict(score) for score in scores]
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    total = {name: value for name, value in asdict(mean_score(scores)).items() if value == value}
    return ScoreTable(
        tracker=job.results.tracker,
        benchmark=job.ground.benchmark.name,
        protocol=job.protocol.name,
        source="VOT toolkit 0.8, VOTS measures",
        headline=total,
        lower_is_better=frozenset({"not_reported", "drift"}),
        intervals=intervals_of(
            {n: mean_statistic(v) for n, v in columns.items() if np.isfinite(v).all()},
            num_sequences=len(scores),
        ),
        per_sequence=rows_by_name(job.names, columns),
        num_frames=job.num_frames,
        frames_per_second=job.frames_per_second,
        notes=job.notes,
    )


def _compared(job: Job, sequence: Sequence) -> tuple[Regions, Regions, Floats]:
    """What a tracker said, what is true, and their overlaps by the toolkit's pixels.

    Raises:
        InputError: the result is shorter than the truth.
    """
    run, truth = job.runs(sequence.name)[0], true_regions(sequence)
    if len(run) < len(truth):
        raise InputError(f"{run.where()} has {len(run)} rows for {len(truth)} frames")
    results = run.regions[: len(truth)]
    size, ignored = sequence.image_size(), ignored_regions(sequence)
    if ignored is None:
        overlaps = region_overlaps(results, truth, size_wh=size, rule="toolkit")
    else:
        overlaps = overlaps_without(results, truth, ignored[: len(truth)], size_wh=size)
    return results, truth, np.asarray(overlaps, dtype=np.float64)
