"""Frames per second of the ATOM tracker and its worst frames, beside its plain form.

    python benchmarks/atom_speed.py --output benchmarks/results/NAME.json
    python benchmarks/atom_speed.py --threads 1 --output benchmarks/results/NAME.json

The memory of samples is full from the start: this is the steady state of a long stream. In every
round each contender tracks the same frames once, in turn, in a process of its own; a ratio is that
of two runs of one round. Weights are random, so thresholds are set such that every frame is
learnt from and every tenth updates the filter, as in a run where the target is always found; a
frame of a double of the target costs as much as one with an update.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from machine import describe_machine, load_average
from reports import write_report
from turns import Image, decode, runs_by_turns

BOX = (291.23, 127.36, 145.96, 132.47)
PLAIN = "plain"


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A tracker to time: an engine's name, or the plain form."""

    name: str
    model: str
    threads: int
    one_core: bool


@dataclass(frozen=True, kw_only=True)
class Run:
    """Seconds of ``init``, and of every update; which of them learnt."""

    first: float
    seconds: list[float]
    learnt: list[bool]


def main() -> None:
    """Time all contenders and write the report."""
    options = _options()
    report: dict[str, Any] = {
        "machine": describe_machine(),
        "threads": options.threads,
        "one_core": options.threads == 1,
        "frames": options.frames,
        "models": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        frames = Path(folder, "frames.npy")
        np.save(frames, decode(options.shared / "sequences" / "bag.avi", options.frames + 1))
        for model in options.models:
            entrants = [
                Contender(
                    name=name, model=model, threads=options.threads, one_core=options.threads == 1
                )
                for name in (PLAIN, *options.engines)
            ]
            runs = runs_by_turns(entrants, frames, rounds=options.rounds, work=work)
            report["models"][model] = {name: summarise(runs, name) for name in runs}
            print(model, json.dumps(report["models"][model], indent=1), flush=True)
    report["machine"]["load_at_end"] = load_average()
    write_report(report, options.output)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="speed of the ATOM tracker")
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="shared data")
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--models", nargs="+", default=("atom_r18", "atom_mobilenetv2"))
    parser.add_argument("--engines", nargs="+", default=("torch", "openvino"))
    parser.add_argument("--rounds", type=int, default=5, help="passes of every contender")
    parser.add_argument("--frames", type=int, default=60, help="frames of a pass")
    parser.add_argument("--threads", type=int, default=2, help="1 also keeps to one core")
    return parser.parse_args()


def work(entrant: Contender, frames: Path, pipe: Connection) -> None:
    """Body of a contender's process."""
    import torch

    if entrant.one_core and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(entrant.threads)
    cv2.setNumThreads(entrant.threads)
    video = np.load(frames)
    tracker = make(entrant)
    track(tracker, video[:12])
    pipe.send("ready")
    while pipe.recv() == "run":
        pipe.send(track(tracker, video))


def make(entrant: Contender) -> Any:
    """A tracker with random weights that always finds its target."""
    import torch
    from reference_atom import plain_tracker

    from feathertrack.engines import create_engine
    from feathertrack.models import create_model
    from feathertrack.models.atom import Atom
    from feathertrack.trackers.atom import AtomSettings, AtomTracker
    from feathertrack.trackers.presets import DEFAULTS

    torch.manual_seed(0)
    model = create_model(entrant.model).eval()
    given = DEFAULTS[entrant.model]
    assert isinstance(model, Atom)
    assert isinstance(given, AtomSettings)
    settings = replace(
        given, not_found_below=-1.0, distractor_above=1000.0, hard_negative_above=1000.0
    )
    if entrant.name == PLAIN:
        return plain_tracker(model, settings)
    weights: Any = model
    if entrant.name != "torch":
        weights = exported(model)
    engine = create_engine(
        weights,
        engine=entrant.name,  # type: ignore[arg-type]
        precision="float32",
        threads=entrant.threads,
    )
    return AtomTracker(engine, settings)


def exported(model: Any) -> Path:
    """The network as files that the other runtimes read."""
    from feathertrack.export import export_onnx

    stem = Path(tempfile.mkdtemp(), "atom")
    export_onnx(model, stem.with_suffix(".onnx"))
    return stem.with_suffix(".onnx")


def track(tracker: Any, video: Image) -> Run:
    """One pass: the first frame, a memory that is filled, and the frames."""
    begin = time.perf_counter()
    tracker.init(video[0], BOX)
    first = time.perf_counter() - begin
    tracker.update(video[1])
    fill_memory(tracker.classifiers[0])
    seconds, learnt = [], []
    for frame in video[2:]:
        begin = time.perf_counter()
        tracker.update(frame)
        seconds.append(time.perf_counter() - begin)
        learnt.append((tracker.frame - 1) % tracker.settings.update_every == 0)
    return Run(first=first, seconds=seconds, learnt=learnt)


def fill_memory(classifier: Any) -> None:
    """Remember the last sample until no slot is empty."""
    label = np.zeros(classifier.memory.labels_Mnm.shape[1:], np.float32)
    while classifier.memory.filled < classifier.settings.memory:
        classifier.add(label, rate=classifier.settings.learning_rate)


def summarise(runs: dict[str, list[Run]], name: str) -> dict[str, Any]:
    """Medians over the rounds, and ratios to the plain form in the same round."""
    own, plain = runs[name], runs[PLAIN]
    every = [second for run in own for second in run.seconds]

    def middle(learnt: bool) -> float:
        chosen = [
            second
            for run in own
            for second, did in zip(run.seconds, run.learnt, strict=True)
            if did == learnt
        ]
        return round(1000 * statistics.median(chosen), 2)

    faster = [sum(other.seconds) / sum(run.seconds) for run, other in zip(own, plain, strict=True)]
    first = [other.first / run.first for run, other in zip(own, plain, strict=True)]
    return {
        "frames_per_second": round(
            statistics.median(len(run.seconds) / sum(run.seconds) for run in own), 2
        ),
        "ms_without_update": middle(False),
        "ms_with_update": middle(True),
        "ms_p95": round(1000 * float(np.percentile(every, 95)), 2),
        "ms_p99": round(1000 * float(np.percentile(every, 99)), 2),
        "ms_worst": round(1000 * max(every), 2),
        "first_frame_ms": round(1000 * statistics.median(run.first for run in own), 1),
        "times_as_fast": round(statistics.median(faster), 2),
        "times_as_fast_by_round": [round(number, 2) for number in faster],
        "first_frame_times_as_fast": round(statistics.median(first), 2),
        "first_frame_times_as_fast_by_round": [round(number, 2) for number in first],
    }


if __name__ == "__main__":
    main()
