"""One-pass evaluation of results: the table of a tracker by any toolkit's convention."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from feathertrack.benchmarks.sequence import Sequence as BenchmarkSequence
from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.gathering import Job
from feathertrack.evaluation.measure_columns import mean_intervals_of, rows_by_name
from feathertrack.evaluation.ope import (
    DISTANCE_THRESHOLDS,
    Convention,
    OpeScore,
    find_convention,
    score_of_tally,
    tally_sequences,
)
from feathertrack.evaluation.otb_robustness import score_pooled
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.result_files.rows import Remarks
from feathertrack.evaluation.score_parts import Curve
from feathertrack.evaluation.scoring import ScoreTable


def score_one_pass(job: Job) -> ScoreTable:
    """Score one pass, or the mean of several runs of it, over every sequence.

    Raises:
        InputError: a result does not fit its sequence and the convention does not tolerate it,
            with file and line.
    """
    rules = find_convention(job.protocol.convention)
    remarks = Remarks()
    tracks: list[Boxes] = []
    truths: list[Boxes] = []
    absent: list[NDArray[np.bool_]] = []
    labels: list[str] = []
    starts: list[int] = []
    for sequence in job.sequences:
        truth = boxes_of_truth(sequence)
        starts.append(len(tracks))
        for run in job.runs(sequence.name):
            check_rows(run, truth, rules, remarks)
            tracks.append(run.boxes)
            truths.append(truth)
            absent.append(sequence.absent)
            labels.append(sequence.name)
    tally, _ = tally_sequences(tracks, truths, convention=rules, absent=absent, names=labels)
    pooled = tally if len(labels) == len(job.names) else tally.pooled(starts)
    score = score_of_tally(pooled, rules, names=job.names)
    return table_of(job, score, notes=(*remarks.sentences(), *rules.notes))


def score_runs(job: Job) -> ScoreTable:
    """Score TRE or SRE: all runs of a sequence as one.

    Raises:
        InputError: as ``score_one_pass``.
    """
    truths = [boxes_of_truth(sequence) for sequence in job.sequences]
    runs = [job.runs(name) for name in job.names]
    for truth, group in zip(truths, runs, strict=True):
        for run in group:
            if run.start + len(run) > len(truth):
                raise InputError(
                    f"{run.where()}: {len(run)} boxes from frame {run.start + 1} on, "
                    f"but {run.sequence} has {len(truth)} frames"
                )
    score = score_pooled(
        [[run.boxes for run in group] for group in runs],
        truths,
        starts=[[run.start for run in group] for group in runs],
        convention=job.protocol.convention,
        names=job.names,
    )
    return table_of(job, score, notes=score.notes)


def boxes_of_truth(sequence: BenchmarkSequence) -> Boxes:
    """The true boxes (n, 4) of a sequence.

    Raises:
        InputError: they are not published, or are polygons.
    """
    if not sequence.complete:
        raise InputError(
            f"{sequence.name} has {len(sequence.truth)} true boxes for {len(sequence)} frames: the "
            "rest is kept by an evaluation server; write an archive for it with --submission FILE"
        )
    if sequence.truth.shape[1] != 4 and not np.isnan(sequence.truth[:, 4:]).all():
        raise InputError(f"{sequence.name} has polygons: score it by one of VOT's protocols")
    return sequence.truth[:, :4]


def check_rows(run: Record, truth: Boxes, rules: Convention, remarks: Remarks) -> None:
    """Refuse, or remark on, a result of another length or with rows that are no boxes.

    Raises:
        InputError: the convention does not tolerate it; with file and line.
    """
    given, expected = len(run), len(truth)
    if given != expected:
        rule = rules.short if given < expected else rules.long
        where = run.where(min(given, expected) - (given < expected))
        what = f"{run.sequence} has {expected} frames, the result {given} rows"
        if rule == "refuse":
            raise InputError(f"{where}: {what}, which {rules.name} does not allow")
        done = {"pad": "the rest counts as 0,0,0,0", "cut": "the longer one is cut"}[rule]
        remarks.add(f"{what}; {done}", where)
    bad = np.isnan(run.boxes).any(axis=1)
    what = "a box with NaN"
    if "bad_track" in rules.refused and not bad.any():
        bad = (run.boxes[:, 2:] < 0).any(axis=1) | np.isinf(run.boxes[:, 2:]).any(axis=1)
        what = "a box of negative or infinite size"
    if bad.any() and "bad_track" in rules.refused:
        raise InputError(f"{run.where(int(bad.argmax()))}: {what}, which {rules.name} refuses")


def table_of(job: Job, score: OpeScore, *, notes: Sequence[str]) -> ScoreTable:
    """The table of a score."""
    per_sequence = score.per_sequence
    attributes = {sequence.name: sequence.attributes for sequence in job.sequences}
    groups = score.by_attribute(attributes)
    here = set(job.names)
    subsets = {
        name: score.select([one for one in job.names if one in part]).headline
        for name, part in job.ground.subsets.items()
        if part <= here
    }
    return ScoreTable(
        tracker=job.results.tracker,
        benchmark=job.ground.benchmark.name,
        protocol=job.protocol.name,
        source=score.convention.source,
        headline=score.headline,
        intervals=mean_intervals_of(per_sequence),
        per_sequence=rows_by_name(job.names, per_sequence),
        per_attribute={name: group.headline for name, group in groups.items()},
        subsets=subsets,
        curves=_curves(score),
        num_frames=job.num_frames,
        frames_per_second=job.frames_per_second,
        notes=(*job.notes, *notes),
    )


def _curves(score: OpeScore) -> dict[str, Curve]:
    rules = score.convention
    share = "share of frames"
    curves = {
        "success": Curve(
            x=rules.success_thresholds.values,
            y=score.mean_success,
            x_label="overlap threshold",
            y_label=share,
        ),
        "precision": Curve(
            x=DISTANCE_THRESHOLDS.values,
            y=score.mean_precision,
            x_label="distance of the centres, pixels",
            y_label=share,
        ),
    }
    normalised = score.mean_norm_precision
    if normalised is not None:
        curves["norm_precision"] = Curve(
            x=rules.normalised_thresholds.values,
            y=normalised,
            x_label="distance of the centres / size of the target",
            y_label=share,
        )
    return curves
