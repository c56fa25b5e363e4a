"""Frames per second of the whole SiamFC tracker, beside the reference's algorithm and TrackerNano.

Every contender lives in a process of its own and sleeps while another runs. In every round each
contender tracks the whole video once, in turn, so that what disturbs the machine disturbs all; a
ratio is that of two runs of one round, and its median over the rounds is reported.

    python benchmarks/siamfc_speed.py --shared ../shared --output benchmarks/results/NAME.json

Frames are decoded beforehand. The reference is ``reference_siamfc.py``, in both layouts.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from machine import describe_machine, load_average
from reports import write_report
from turns import Image, decode, runs_by_turns

from feathertrack.engines.cpu import detect_cpu
from feathertrack.engines.support import ENGINES, engine_support

BAG_BOX = (292.23, 128.36, 145.96, 132.47)  # VOT2018, first pixel at 1
MODELS = ("FDSiamfc_30", "FDSiamfc_15", "FDSiamd")
REFERENCES = ("reference contiguous", "reference channels_last_view")
NANO = "cv2.TrackerNano"

Step = Callable[[Image], Any]


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A tracker to time: "reference LAYOUT", "ENGINE PRECISION" or TrackerNano."""

    name: str
    weights: str
    shared: str
    threads: int


@dataclass(frozen=True, kw_only=True)
class Run:
    """One pass over the video: seconds of every update, and the boxes, first pixel at 1."""

    seconds: list[float]
    boxes: list[list[float]]

    @property
    def fps(self) -> float:
        """Frames per second over the whole pass."""
        return len(self.seconds) / sum(self.seconds)


def main() -> None:
    """Run all contenders and write the report."""
    options = _options()
    report: dict[str, Any] = {"machine": describe_runtimes(options.threads), "models": {}}
    with tempfile.TemporaryDirectory() as folder:
        frames = Path(folder, "frames.npy")
        np.save(frames, decode(options.shared / "sequences" / "bag.avi")[: options.frames + 1])
        for weights in options.models:
            print(f"{weights}: {options.rounds} rounds", flush=True)
            entrants = contenders(weights, options)
            runs = runs_by_turns(entrants, frames, rounds=options.rounds, work=work)
            report["models"][weights] = summary = summarise(runs)
            print(table(summary), flush=True)
    report["machine"]["load_at_end"] = load_average()
    write_report(report, options.output)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="speed of the SiamFC tracker")
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="shared data")
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--models", nargs="+", default=MODELS, choices=MODELS)
    parser.add_argument("--rounds", type=int, default=7, help="passes of every contender")
    parser.add_argument("--frames", type=int, default=195, help="frames of a pass")
    parser.add_argument("--threads", type=int, default=2, help="threads of every contender")
    return parser.parse_args()


def contenders(weights: str, options: argparse.Namespace) -> list[Contender]:
    """The references, every engine in every precision that this machine has, and TrackerNano."""
    ours = [
        f"{name} {precision}" for name in ENGINES for precision in engine_support(name).precisions
    ]
    return [
        Contender(name=name, weights=weights, shared=str(options.shared), threads=options.threads)
        for name in (REFERENCES[0], *ours, REFERENCES[1], NANO)
    ]


def work(entrant: Contender, frames: Path, pipe: Connection) -> None:
    """Body of a contender's process."""
    video = np.load(frames)
    start = _starter(entrant)
    answer(start, video, pipe, warm_up=20)


def answer(start: Callable[[Image], Step], video: Image, pipe: Connection, *, warm_up: int) -> None:
    """Track ``warm_up`` frames, and then the whole video as often as asked."""
    _pass(start, video[:warm_up])
    pipe.send("ready")
    while pipe.recv() == "run":
        pipe.send(_pass(start, video))


def _pass(start: Callable[[Image], Step], video: Image) -> Run:
    update = start(video[0])
    seconds, boxes = [], []
    for frame in video[1:]:
        begin = time.perf_counter()
        box = update(frame)
        seconds.append(time.perf_counter() - begin)
        boxes.append([float(number) for number in box])
    return Run(seconds=seconds, boxes=boxes)


def _starter(entrant: Contender) -> Callable[[Image], Step]:
    """A function that starts the target on a first frame and returns the one for the next."""
    cv2.setNumThreads(entrant.threads)
    checkpoints = Path(entrant.shared, "checkpoints")
    if entrant.name == NANO:
        return nano(checkpoints)
    weights = checkpoints / f"{entrant.weights}.pth"
    kind, word = entrant.name.split()
    if kind == "reference":
        return _reference(weights, layout=word, threads=entrant.threads)
    return _ours(weights, engine=kind, precision=word, threads=entrant.threads)


def _reference(weights: Path, *, layout: Any, threads: int) -> Callable[[Image], Step]:
    import torch
    from reference_siamfc import ReferenceSiamFC

    from feathertrack.models.siamfc import SiamFC
    from feathertrack.weights import load_model

    torch.set_num_threads(threads)
    model = load_model(weights)
    assert isinstance(model, SiamFC), "the three checkpoints are of this family"
    tracker = ReferenceSiamFC(model, layout=layout)

    def start(frame: Image) -> Step:
        tracker.init(frame, np.array(BAG_BOX))
        return lambda image: tracker.update(image)

    return start


def _ours(weights: Path, *, engine: Any, precision: Any, threads: int) -> Callable[[Image], Step]:
    from feathertrack.boxes import one_based, zero_based
    from feathertrack.engines import create_engine
    from feathertrack.trackers.creation import tracker_for

    tracker = tracker_for(
        create_engine(weights, engine=engine, precision=precision, threads=threads)
    )

    def start(frame: Image) -> Step:
        tracker.init(frame, zero_based(np.array(BAG_BOX)))
        return lambda image: one_based(tracker.update(image).box)

    return start


def nano(checkpoints: Path) -> Callable[[Image], Step]:
    """Starts OpenCV's TrackerNano with NanoTrack v2 on ``BAG_BOX``."""
    parameters = cv2.TrackerNano_Params()  # type: ignore[attr-defined]
    parameters.backbone = str(checkpoints / "nanotrackv2_backbone.onnx")
    parameters.neckhead = str(checkpoints / "nanotrackv2_head.onnx")

    def start(frame: Image) -> Step:
        tracker = cv2.TrackerNano_create(parameters)  # type: ignore[attr-defined]
        tracker.init(frame, tuple(round(number) for number in BAG_BOX))
        return lambda image: tracker.update(image)[1]

    return start


def summarise(runs: Mapping[str, Sequence[Run]]) -> dict[str, Any]:
    """Speed of every contender, and its ratio to the references and to TrackerNano by round."""
    fps = {name: [run.fps for run in passes] for name, passes in runs.items()}
    expected = np.array(runs[REFERENCES[0]][0].boxes)
    return {
        name: {
            "fps": spread(fps[name]),
            "milliseconds": {
                "p50": round(1e3 * float(np.percentile(_pooled(passes), 50)), 3),
                "p95": round(1e3 * float(np.percentile(_pooled(passes), 95)), 3),
            },
            "ratio_to": {
                other: spread([a / b for a, b in zip(fps[name], fps[other], strict=True)])
                for other in (*REFERENCES, NANO)
                if other != name
            },
            "largest_difference_to_reference_px": None
            if name == NANO
            else round(float(np.abs(np.array(passes[0].boxes) - expected).max()), 6),
        }
        for name, passes in runs.items()
    }


def _pooled(passes: Sequence[Run]) -> list[float]:
    return [seconds for run in passes for seconds in run.seconds]


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Median, smallest and largest, and every value."""
    return {
        "median": round(statistics.median(values), 3),
        "min": round(min(values), 3),
        "max": round(max(values), 3),
        "all": [round(value, 3) for value in values],
    }


def table(summary: Mapping[str, Any]) -> str:
    """The medians as text: frames/s and the ratios."""
    lines = [f"{'':30}{'frames/s':>10}{'x contig.':>11}{'x view':>9}{'x Nano':>9}{'p95 ms':>9}"]
    for name, row in summary.items():
        ratios = [
            row["ratio_to"].get(other, {"median": 1.0})["median"] for other in (*REFERENCES, NANO)
        ]
        lines.append(
            f"{name:30}{row['fps']['median']:10.1f}{ratios[0]:11.2f}{ratios[1]:9.2f}{ratios[2]:9.2f}"
            f"{row['milliseconds']['p95']:9.1f}"
        )
    return "\n".join(lines)


def describe_runtimes(threads: int) -> dict[str, Any]:
    """What the numbers depend on besides the code: the machine, and the versions of runtimes."""
    cpu = detect_cpu()
    packages = ("torch", "onnxruntime", "openvino", "numpy", "opencv-contrib-python-headless")
    return {
        **describe_machine(),
        "architecture": cpu.architecture,
        "features": sorted(cpu.features),
        "threads": threads,
        "versions": {name: metadata.version(name) for name in packages},
        "has_bfloat16": cpu.has_bfloat16,
    }


if __name__ == "__main__":
    main()
