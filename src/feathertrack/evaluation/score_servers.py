"""GOT-10k and TrackingNet: results scored as the code behind their evaluation servers does."""

from __future__ import annotations

import numpy as np

from feathertrack.errors import InputError
from feathertrack.evaluation.gathering import Job
from feathertrack.evaluation.got10k import OVERLAP_THRESHOLDS, score_got10k
from feathertrack.evaluation.measure_columns import intervals_of, mean_intervals_of, rows_by_name
from feathertrack.evaluation.result_files.reading import concatenated_times
from feathertrack.evaluation.result_files.rows import Remarks
from feathertrack.evaluation.score_ope import boxes_of_truth
from feathertrack.evaluation.score_parts import Curve
from feathertrack.evaluation.scoring import ScoreTable
from feathertrack.evaluation.significance import pooled_statistic
from feathertrack.evaluation.trackingnet import (
    NORM_PRECISION_THRESHOLDS,
    PRECISION_THRESHOLDS,
    SUCCESS_THRESHOLDS,
    score_trackingnet,
)


def score_pooled_overlap(job: Job) -> ScoreTable:
    """GOT-10k: average overlap and success rates, pooled over the frames of all runs.

    Raises:
        InputError: a result has another number of rows than its sequence, with file and line.
    """
    sequences = job.sequences
    truths = [boxes_of_truth(sequence) for sequence in sequences]
    for sequence, truth in zip(sequences, truths, strict=True):
        for run in job.runs(sequence.name):
            if len(run) != len(truth):
                row = min(len(run), len(truth)) - (len(run) < len(truth))
                raise InputError(
                    f"{run.where(row)}: {sequence.name} has {len(truth)} frames, the result "
                    f"{len(run)} rows, which GOT-10k does not allow"
                )
    everything = np.full(1, 8, dtype=np.uint8)
    score = score_got10k(
        [[run.boxes for run in job.runs(name)] for name in job.names],
        truths,
        covers=[
            one.cover if one.cover is not None else np.repeat(everything, len(one.truth))
            for one in sequences
        ],
        sizes_wh=[one.image_size() for one in sequences],
        names=job.names,
        times=[concatenated_times(job.results)],
    )
    frames = score.frames.astype(np.float64)
    return ScoreTable(
        tracker=job.results.tracker,
        benchmark=job.ground.benchmark.name,
        protocol=job.protocol.name,
        source="got10k toolkit, experiments/got10k.py",
        headline=score.headline,
        intervals=intervals_of(
            {name: pooled_statistic(sums, frames) for name, sums in score.pooled_sums.items()},
            num_sequences=len(job.names),
        ),
        per_sequence=rows_by_name(job.names, score.per_sequence),
        curves={
            "success": Curve(
                x=OVERLAP_THRESHOLDS.values,
                y=score.success_curve,
                x_label="overlap threshold",
                y_label="share of frames",
            )
        },
        num_frames=int(score.frames.sum()),
        frames_per_second=score.frames_per_second,
        notes=(*job.notes, "the first frame and frames without the target do not count"),
    )


def score_areas(job: Job) -> ScoreTable:
    """TrackingNet: areas under three curves, in shares where the devkit prints percent.

    Raises:
        InputError: the ground truth is not published.
    """
    remarks = Remarks()
    truths = [boxes_of_truth(sequence) for sequence in job.sequences]
    tracks = []
    for name, truth in zip(job.names, truths, strict=True):
        run = next(iter(job.runs(name)), None)
        tracks.append(None if run is None else run.boxes)
        if run is None:
            remarks.add("no result: every box counts as 0,0,0,0", name)
        elif len(run) != len(truth):
            last = min(len(run), len(truth)) - (len(run) < len(truth))
            remarks.add(
                f"{len(run)} rows for {len(truth)} frames: missing ones are misses, others cut",
                run.where(last),
            )
    score = score_trackingnet(tracks, truths, names=job.names)
    per_sequence = score.per_sequence
    share = "share of frames"
    return ScoreTable(
        tracker=job.results.tracker,
        benchmark=job.ground.benchmark.name,
        protocol=job.protocol.name,
        source="TrackingNet-devkit, metrics.py",
        headline={**score.headline, "coverage": score.coverage},
        intervals=mean_intervals_of(per_sequence),
        per_sequence=rows_by_name(job.names, per_sequence),
        curves={
            "success": Curve(
                x=SUCCESS_THRESHOLDS.values,
                y=score.success.mean(axis=0),
                x_label="overlap threshold",
                y_label=share,
            ),
            "precision": Curve(
                x=PRECISION_THRESHOLDS.values,
                y=score.precision.mean(axis=0),
                x_label="distance of the centres, pixels",
                y_label=share,
            ),
            "norm_precision": Curve(
                x=NORM_PRECISION_THRESHOLDS.values,
                y=score.norm_precision.mean(axis=0),
                x_label="distance of the centres / size of the target",
                y_label=share,
            ),
        },
        num_frames=job.num_frames,
        frames_per_second=job.frames_per_second,
        notes=(*job.notes, *remarks.sentences()),
    )
