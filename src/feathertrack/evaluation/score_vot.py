"""VOT: tables of reset-based, multi-start and long-term runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import cast

import numpy as np

from feathertrack.benchmarks.sequence import Sequence
from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.gathering import Job, ignored_regions, true_regions
from feathertrack.evaluation.measure_columns import intervals_of, rows_by_name
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.result_files.rows import Remarks
from feathertrack.evaluation.score_parts import Curve
from feathertrack.evaluation.scoring import ScoreTable
from feathertrack.evaluation.significance import (
    Statistic,
    mean_statistic,
    pooled_statistic,
)
from feathertrack.evaluation.vot import reset_scores
from feathertrack.evaluation.vot.eao import WINDOWS
from feathertrack.evaluation.vot.longterm import LongtermRule, LongtermRun, score_longterm
from feathertrack.evaluation.vot.multistart import (
    WINDOW,
    MultistartScore,
    anchor_run,
    anchors_of,
    score_multistart,
    score_sequence,
)
from feathertrack.evaluation.vot.regions import STARTED, Regions
from feathertrack.evaluation.vot.reset_scores import ResetScore
from feathertrack.evaluation.vot.reset_statistics import reset_statistics

_RESET: Mapping[str, Callable[..., ResetScore]] = {
    "pysot": reset_scores.score_pysot,
    "toolkit": reset_scores.score_toolkit,
    "mmtracking": reset_scores.score_mmtracking,
    "got10k": reset_scores.score_got10k,
}
_SOURCES = {
    "pysot": "pysot toolkit, evaluation/ar_benchmark.py and eao_benchmark.py",
    "toolkit": "VOT toolkit 0.8, analysis of the supervised experiment",
    "mmtracking": "mmtracking, core/evaluation/eval_sot_vot.py",
    "got10k": "got10k toolkit, experiments/vot.py",
}
_ROBUSTNESS_UNIT = {
    "pysot": "lost/100 frames",
    "mmtracking": "lost/100 frames",
    "toolkit": "lost, weighted",
    "got10k": "lost, weighted by tag",
}


def score_reset(job: Job) -> ScoreTable:
    """Accuracy, robustness, lost number and expected average overlap of reset-based runs.

    Raises:
        InputError: a result is no run of this experiment, or is too short; with its file.
    """
    rule = job.protocol.convention
    remarks = Remarks()
    truth = job.ground.vot_truth(job.names)
    for name, length in zip(job.names, truth.lengths.tolist(), strict=True):
        for run in job.runs(name):
            _check_reset(run, length, remarks)
    runs = [[run.regions for run in job.runs(name)] for name in job.names]
    window = WINDOWS.get(job.ground.benchmark.name)
    score = (
        _RESET[rule](truth, runs) if rule == "got10k" else _RESET[rule](truth, runs, window=window)
    )
    headline: dict[str, float] = {} if score.eao is None else {"eao": score.eao}
    headline |= {"accuracy": score.accuracy, "robustness": score.robustness, "lost": score.lost}
    notes = [*remarks.sentences()]
    if window is None and rule != "got10k":
        notes.append(f"no expected average overlap: {job.ground.benchmark.name} has no window")
    if score.eao is not None and window is not None and np.isnan(score.eao):
        notes.append(
            f"no expected average overlap: no run is as long as its window, {window[0]} to "
            f"{window[1]} frames"
        )
    measures = {"accuracy": score.accuracy_per_sequence, "lost": score.lost_per_sequence}
    curves = {}
    if score.expected is not None:
        curve = np.asarray(score.expected.curve, dtype=np.float64)
        curves["eao"] = Curve(
            x=np.arange(len(curve), dtype=np.float64),
            y=curve,
            x_label="length of the sequence, frames",
            y_label="expected average overlap",
        )
    return ScoreTable(
        tracker=job.results.tracker,
        benchmark=job.ground.benchmark.name,
        protocol=job.protocol.name,
        source=_SOURCES[rule],
        headline=headline | dict(score.extra),
        lower_is_better=frozenset({"robustness", "lost", "failures_per_100_frames"}),
        units={"robustness": _ROBUSTNESS_UNIT[rule], "lost": "failures"},
        intervals=intervals_of(
            reset_statistics(rule, score, truth), num_sequences=len(truth.names)
        ),
        per_sequence=rows_by_name(job.names, measures),
        per_attribute={
            tag: {"accuracy": part.accuracy, "lost": part.lost}
            | ({} if part.eao is None else {"eao": part.eao})
            for tag, part in score.per_tag.items()
        },
        curves=curves,
        num_frames=job.num_frames,
        frames_per_second=job.frames_per_second,
        notes=(*job.notes, *notes, *_repetitions(job)),
    )


def _check_reset(run: Record, length: int, remarks: Remarks) -> None:
    if not len(run) or run.codes is None or run.codes[0] != STARTED:
        raise InputError(
            f"{run.where(0)}: a reset-based run begins with the code 1; this may be a result of "
            "another experiment"
        )
    if len(run) != length:
        row = min(len(run), length) - 1
        remarks.add(
            f"{len(run)} rows for {length} frames: only the frames of both are compared",
            run.where(row),
        )


def _repetitions(job: Job) -> tuple[str, ...]:
    most = max(len(job.runs(name)) for name in job.names)
    return (f"{most} repetitions" if most > 1 else "1 repetition",)


def score_anchors(job: Job) -> ScoreTable:
    """VOT from 2020 on: accuracy, robustness and expected average overlap of multi-start runs.

    Raises:
        InputError: a run from an anchor is missing or of another length; with its file.
    """
    scores = [_score_runs(job, sequence) for sequence in job.sequences]
    total = score_multistart(scores, window=WINDOW)
    per_sequence = {
        "accuracy": np.array([score.accuracy for score in scores]),
        "robustness": np.array([score.robustness for score in scores]),
    }
    weights = {
        "accuracy": np.array([score.accuracy_weight for score in scores]),
        "robustness": np.array([score.robustness_weight for score in scores]),
    }
    statistics = {
        name: pooled_statistic(values * weights[name], weights[name])
        for name, values in per_sequence.items()
    } | {"eao": _eao_statistic(scores)}
    curve = np.asarray(total.curve, dtype=np.float64)
    return ScoreTable(
        tracker=job.results.tracker,
        benchmark=job.ground.benchmark.name,
        protocol=job.protocol.name,
        source="VOT toolkit 0.8, analysis of the multistart experiment",
        headline={
            "eao": total.eao,
            "accuracy": total.accuracy,
            "robustness": total.robustness,
        },
        intervals=intervals_of(statistics, num_sequences=len(scores)),
        per_sequence=rows_by_name(job.names, per_sequence),
        curves={
            "eao": Curve(
                x=np.arange(len(curve), dtype=np.float64),
                y=curve,
                x_label="length of the run, frames",
                y_label="expected average overlap",
            )
        },
        num_frames=job.num_frames,
        frames_per_second=job.frames_per_second,
        notes=job.notes,
    )


def _score_runs(job: Job, sequence: Sequence) -> MultistartScore:
    """The runs of one sequence, from each of its anchors."""
    if sequence.anchors is None or not sequence.anchors.any():
        raise InputError(f"{sequence.name} has no anchors: it is of no VOT from 2020 on")
    truth, ignored = true_regions(sequence), ignored_regions(sequence)
    runs = {run.anchor: run for run in job.runs(sequence.name)}
    found = []
    for anchor in anchors_of(sequence.anchors):
        run = runs.get(anchor.frame)
        if run is None:
            raise InputError(
                f"{job.results.place or job.results.tracker}: {sequence.name} has no run from "
                f"frame {anchor.frame} ({sequence.name}_{anchor.frame:08d})"
            )
        expected = len(anchor.frames(len(truth)))
        if len(run) != expected:
            raise InputError(f"{run.where()} has {len(run)} rows, the run {expected} frames")
        size = sequence.image_size()
        found.append(anchor_run(run.regions, truth, anchor, size_wh=size, ignore=ignored))
    return score_sequence(found, length=len(truth), window=WINDOW)


def _eao_statistic(scores: list[MultistartScore]) -> Statistic:
    """Expected average overlap of the drawn sequences: curves weighted by their active runs."""
    low, high = WINDOW
    active = np.stack([score.active for score in scores])
    total = np.stack([score.curve for score in scores]) * active

    def statistic(draws_BS: Floats) -> Floats:
        weight = draws_BS @ active
        curves = np.divide(draws_BS @ total, weight, out=np.zeros_like(weight), where=weight > 0)
        return np.asarray(curves[:, low : high + 1].mean(axis=1))

    return statistic


def score_confident(job: Job) -> ScoreTable:
    """VOT-LT: precision, recall and F at the best threshold of the confidences.

    Raises:
        InputError: a result has no confidences, or another number of rows; with its file.
    """
    runs = []
    for sequence in job.sequences:
        run = job.runs(sequence.name)[0]
        truth = true_regions(sequence)
        if run.scores is None:
            raise InputError(f"{run.where()}: no file of confidences beside it")
        scores = _confidences(run)
        if len(run) != len(truth) or len(scores) != len(truth):
            raise InputError(
                f"{run.where()} has {len(run)} rows and {len(scores)} confidences, "
                f"{sequence.name} has {len(truth)} frames"
            )
        started = Regions.concatenate([Regions.specials(1, STARTED), run.regions[1:]])
        runs.append(LongtermRun(started, truth, scores, sequence.image_size()))
    score = score_longterm(runs, rule=cast(LongtermRule, job.protocol.convention))
    measures = {
        "precision": score.precision_curves[:, score.best],
        "recall": score.recall_curves[:, score.best],
    }
    precision = score.precision_curves.mean(axis=0)
    return ScoreTable(
        tracker=job.results.tracker,
        benchmark=job.ground.benchmark.name,
        protocol=job.protocol.name,
        source=f"long-term evaluation of {job.protocol.convention}",
        headline={"f": score.f, "precision": score.precision, "recall": score.recall},
        intervals=intervals_of(
            {"f": _f_statistic(score.precision_curves, score.recall_curves)}
            | {name: mean_statistic(values) for name, values in measures.items()},
            num_sequences=len(runs),
        ),
        per_sequence=rows_by_name(job.names, measures),
        curves={
            "precision_recall": Curve(
                x=score.recall_curves.mean(axis=0),
                y=precision,
                x_label="recall",
                y_label="precision",
            )
        },
        num_frames=job.num_frames,
        frames_per_second=job.frames_per_second,
        notes=(*job.notes, "intervals of precision and recall keep the best threshold fixed"),
    )


def _confidences(run: Record) -> Floats:
    """One a row; pysot's file may lack the last line end of a blank first line."""
    scores = np.array(run.scores, dtype=np.float64)
    scores[:1] = np.nan
    return scores


def _f_statistic(precision: Floats, recall: Floats) -> Statistic:
    def statistic(draws_BS: Floats) -> Floats:
        count = draws_BS.sum(axis=1, keepdims=True)
        p, r = draws_BS @ precision / count, draws_BS @ recall / count
        f = np.divide(2 * p * r, p + r, out=np.zeros_like(p), where=p + r > 0)
        return np.asarray(f.max(axis=1))

    return statistic
