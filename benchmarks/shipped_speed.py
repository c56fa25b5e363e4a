r"""Frames per second of the shipped trackers in every engine, beside TrackerNano and FEAR-XS.

    python benchmarks/shipped_speed.py --shared ../shared --output benchmarks/results/NAME.json \\
        --auc feather_small=.63 --auc TrackerNano=.665 --picture docs/images/pareto.png

Contenders take turns as in ``siamfc_speed.py``, and a ratio is to ``cv2.TrackerNano`` in the same
round. With ``--auc`` the accuracy of each model is drawn against its time in a picture: models that
none beats in both are joined by a line.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from machine import load_average
from reports import write_report
from siamfc_speed import BAG_BOX, NANO, Run, Step, answer, describe_runtimes, nano, spread
from turns import Image, decode, runs_by_turns

from feathertrack.engines.support import ENGINES, engine_support

MODELS = ("feather_nano", "feather_small", "feather_base")
FEAR = "FEAR-XS onnx float32"


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A tracker to time: "MODEL ENGINE PRECISION", or one of the peers."""

    name: str
    weights: str
    shared: str
    threads: int


def main() -> None:
    """Run all contenders, write the report and, where accuracy is given, the picture."""
    options = _options()
    report: dict[str, Any] = {"machine": describe_runtimes(options.threads)}
    with tempfile.TemporaryDirectory() as folder:
        frames = Path(folder, "frames.npy")
        np.save(frames, decode(options.shared / "sequences" / "bag.avi")[: options.frames + 1])
        runs = runs_by_turns(contenders(options), frames, rounds=options.rounds, work=work)
    report["trackers"] = summarise(runs)
    report["machine"]["load_at_end"] = load_average()
    write_report(report, options.output)
    print(table(report["trackers"]))
    if options.picture:
        accuracy = {name: float(auc) for name, auc in (one.split("=") for one in options.auc)}
        draw(report["trackers"], accuracy, options.picture)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="speed of the shipped trackers")
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="shared data")
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--models", nargs="+", default=MODELS, help="names, or NAME=WEIGHTS")
    parser.add_argument("--engines", nargs="+", default=ENGINES, choices=ENGINES)
    parser.add_argument("--rounds", type=int, default=5, help="passes of every contender")
    parser.add_argument("--frames", type=int, default=195, help="frames of a pass")
    parser.add_argument("--threads", type=int, default=2, help="threads of every contender")
    parser.add_argument("--auc", action="append", default=[], metavar="MODEL=AUC")
    parser.add_argument("--picture", type=Path, help="PNG of accuracy against time")
    return parser.parse_args()


def contenders(options: argparse.Namespace) -> list[Contender]:
    """Every model in every engine and precision that this machine has, and the peers."""
    named = [(model.partition("=")[0], model.partition("=")[2]) for model in options.models]
    ours = [
        (f"{model} {engine} {precision}", weights)
        for model, weights in named
        for engine in options.engines
        for precision in engine_support(engine).precisions
    ]
    return [
        Contender(name=name, weights=weights, shared=str(options.shared), threads=options.threads)
        for name, weights in ((NANO, ""), *ours, (FEAR, ""))
    ]


def work(entrant: Contender, frames: Path, pipe: Connection) -> None:
    """Body of a contender's process."""
    cv2.setNumThreads(entrant.threads)
    answer(_starter(entrant), np.load(frames), pipe, warm_up=20)


def _starter(entrant: Contender) -> Callable[[Image], Step]:
    """A function that starts the target on a first frame and returns the one for the next."""
    if entrant.name == NANO:
        return nano(Path(entrant.shared, "checkpoints"))
    tracker = _tracker(entrant)

    def start(frame: Image) -> Step:
        tracker.init(frame, np.array(BAG_BOX))
        return lambda image: tracker.update(image).box

    return start


def _tracker(entrant: Contender) -> Any:
    if entrant.name == FEAR:
        from peers.fear_xs import FearEngine, FearXS

        file = Path(entrant.shared, "checkpoints", "fear_xs_tracker.onnx")
        return FearXS(FearEngine(file, threads=entrant.threads))
    from feathertrack.trackers.creation import create_tracker

    model, engine, precision = entrant.name.split()
    return create_tracker(
        model,
        weights=entrant.weights or None,
        engine=engine,  # type: ignore[arg-type]
        precision=precision,  # type: ignore[arg-type]
        threads=entrant.threads,
        device="cpu",
    )


def summarise(runs: Mapping[str, Sequence[Run]]) -> dict[str, Any]:
    """Speed of every contender, and its ratio to TrackerNano by round."""
    fps = {name: [run.fps for run in passes] for name, passes in runs.items()}
    return {
        name: {
            "fps": spread(fps[name]),
            "milliseconds": spread([1e3 / value for value in fps[name]]),
            "ratio_to_TrackerNano": spread(
                [a / b for a, b in zip(fps[name], fps[NANO], strict=True)]
            ),
        }
        for name in runs
    }


def table(summary: Mapping[str, Any]) -> str:
    """The medians as text."""
    lines = [f"{'':34}{'frames/s':>10}{'x TrackerNano':>15}"]
    lines += [
        f"{name:34}{row['fps']['median']:10.1f}{row['ratio_to_TrackerNano']['median']:15.2f}"
        for name, row in summary.items()
    ]
    return "\n".join(lines)


def draw(summary: Mapping[str, Any], accuracy: Mapping[str, float], path: Path) -> None:
    """AUC against milliseconds of a frame, each model at its fastest engine and precision."""
    import matplotlib.pyplot as plt

    points = {}
    for model, auc in accuracy.items():
        times = {
            name: row["milliseconds"]["median"]
            for name, row in summary.items()
            if name.removeprefix("cv2.").split()[0] == model
        }
        if times:
            best = min(times, key=lambda name: times[name])
            points[best.removeprefix("cv2.")] = (times[best], auc)
    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for label, (time, auc) in points.items():
        ours = label.startswith("feather")
        axes.plot(time, auc, "o" if ours else "s", color="tab:red" if ours else "tab:gray")
        axes.annotate(label, (time, auc), textcoords="offset points", xytext=(6, 5), fontsize=8)
    front = pareto(list(points.values()))
    axes.plot(*zip(*front, strict=True), "--", color="tab:blue", linewidth=1, zorder=0)
    axes.margins(x=0.15, y=0.1)
    axes.set(xlabel="milliseconds a frame, median of the rounds", ylabel="AUC")
    axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)
    print(path)


def pareto(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points (time, AUC) that no other beats in both, by time.

    >>> pareto([(2.0, 0.5), (1.0, 0.4), (3.0, 0.45)])
    [(1.0, 0.4), (2.0, 0.5)]
    """
    front: list[tuple[float, float]] = []
    for time, auc in sorted(points, key=lambda point: (point[0], -point[1])):
        if not front or auc > front[-1][1]:
            front.append((time, auc))
    return front


if __name__ == "__main__":
    main()
