"""What points of a search save by sharing passes of the network, beside running each point alone.

Grids of SIZE^3 points of two trackers, FDSiamFC_30 with its released weights and SiamRPN++ on
AlexNet with weights of the official shape that are random: no trained ones can be had here, and
how far its points drift apart is not that of trained ones.

    python benchmarks/tuning_reuse.py --shared ../shared --output benchmarks/results/NAME.json

``--plain N`` runs only N of the points alone, spread evenly over the grid: all boxes and scores of
these are compared, and the time of all is that of these, scaled up.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from machine import describe_machine
from numpy.typing import NDArray
from reports import write_report
from siamrpn_speed import make_files

from feathertrack.boxes import iou
from feathertrack.engines import create_engine
from feathertrack.trackers.changing import with_settings
from feathertrack.trackers.creation import tracker_for
from feathertrack.trackers.settings import override
from feathertrack.tuning.replay import Memo, Statistics, run_points

Boxes = NDArray[np.float64]
Point = Mapping[str, object]

SEQUENCES = (
    "UAV123/car16_1",
    "DTB70/Surfing06",
    "OTB/Dog",
    "OTB/Soccer",
    "UAVDT/S1301",
)
"""Of the fold ``dev``: a car of 6 pixels, two small targets, a large one, one in a crowd."""

GRIDS = {
    "fdsiamfc_30": {
        "scale_step": (1.02, 1.06),
        "scale_rate": (0.35, 0.75),
        "window_weight": (0.1, 0.3),
    },
    "siamrpn_alexnet": {
        "size_penalty": (0.02, 0.2),
        "window_weight": (0.3, 0.5),
        "size_rate": (0.2, 0.5),
    },
}
"""Model -> axes of the grid, their lowest and highest values."""

THRESHOLDS = np.linspace(0, 1, 21)


@dataclass(frozen=True, kw_only=True, eq=False)
class Clip:
    """Frames of a sequence with their true boxes, 0-based."""

    name: str
    frames: list[NDArray[np.uint8]]
    truth: Boxes


def main() -> None:
    """Run both trackers over all sequences and write the report as it grows."""
    options = _options()
    cv2.setNumThreads(options.threads)
    report: dict[str, Any] = {
        "machine": describe_machine(),
        "options": {key: getattr(options, key) for key in ("size", "plain", "engine", "threads")},
        "models": {},
    }
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models:
            weights = options.shared / "checkpoints" / "FDSiamfc_30.pth"
            if model != "fdsiamfc_30":
                make_files(model, Path(folder))
                weights = Path(folder, f"{model}.onnx")
            engine = create_engine(
                weights, engine=options.engine, precision="float32", threads=options.threads
            )
            rows = report["models"][model] = {}
            for name in options.sequences:
                clip = read_clip(options.shared / "sequences", name, options.frames)
                rows[name] = measure(tracker_for(engine), grid(model, options.size), clip, options)
                print(line(f"{model} {name}", rows[name]), flush=True)
                write_report(report, options.output)
            rows["all"] = together(list(rows.values()))
            print(line(f"{model} all", rows["all"]), flush=True)
            write_report(report, options.output)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="passes and time that points of a search save")
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="shared data")
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--models", nargs="+", default=list(GRIDS), choices=list(GRIDS))
    parser.add_argument("--sequences", nargs="+", default=list(SEQUENCES), help="SOURCE/NAME")
    parser.add_argument("--frames", type=int, default=1000, help="frames of a sequence, at most")
    parser.add_argument("--size", type=int, default=5, help="values on each of the three axes")
    parser.add_argument("--plain", type=int, default=0, help="points also run alone; 0 for all")
    parser.add_argument("--engine", default="onnx", help="what runs the networks")
    parser.add_argument("--threads", type=int, default=1, help="threads of network and crops")
    return parser.parse_args()


def read_clip(folder: Path, name: str, num_frames: int) -> Clip:
    """The first frames of a sequence of the fold ``dev``."""
    if name not in json.loads((folder / "folds.json").read_text())["dev"]:
        raise SystemExit(f"{name} is not of the fold dev")
    root = folder / "train" / name
    files = sorted((root / "img").glob("*.jpg"))[:num_frames]
    frames = [cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB) for file in files]
    text = (root / "groundtruth_rect.txt").read_text().replace("\t", ",")
    truth = np.loadtxt(text.splitlines(), delimiter=",", ndmin=2)[: len(frames), :4]
    truth[:, :2] -= name.startswith("OTB/")  # the only source here that counts from 1
    return Clip(name=name, frames=frames, truth=truth)


def grid(model: str, size: int) -> list[Point]:
    """All points of a model's grid."""
    axes = {key: np.linspace(*ends, size).tolist() for key, ends in GRIDS[model].items()}
    return [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]


def measure(
    tracker: Any, points: Sequence[Point], clip: Clip, options: argparse.Namespace
) -> dict[str, Any]:
    """Both ways through a clip: counts, seconds, and how far boxes and scores differ."""
    run, ours = timed(lambda: run_points(tracker, points, clip.frames, clip.truth[0], memo=Memo()))
    count = options.plain or len(points)
    chosen = np.unique(np.linspace(0, len(points) - 1, count).round().astype(int))
    alone, plain = timed(lambda: [_alone(tracker, points[number], clip) for number in chosen])
    scale = len(points) / len(chosen)
    scores = [success(boxes, clip.truth) for boxes in run.boxes]
    differences = [
        abs(success(boxes, clip.truth) - scores[number])
        for boxes, number in zip(alone, chosen, strict=True)
    ]
    return {
        "points": len(points),
        "points_run_alone": len(chosen),
        "frames": len(clip.frames),
        "statistics": asdict(run.statistics),
        "cpu_seconds": {"plain": plain["cpu"] * scale, "ours": ours["cpu"]},
        "wall_seconds": {"plain": plain["wall"] * scale, "ours": ours["wall"]},
        "largest_box_difference_px": float(np.abs(np.array(alone) - run.boxes[chosen]).max()),
        "largest_score_difference": max(differences),
        "scores": {"lowest": min(scores), "highest": max(scores)},
        "spread_px_by_frame": np.ptp(run.boxes, axis=0).max(axis=1).round(2).tolist(),
    } | ratios(run.statistics, plain["cpu"] * scale, ours["cpu"])


def _alone(tracker: Any, point: Point, clip: Clip) -> list[Boxes]:
    one: Any = with_settings(tracker, override(tracker.settings, point))
    one.init(clip.frames[0], clip.truth[0])
    return [clip.truth[0], *(one.update(frame).box for frame in clip.frames[1:])]


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """What some work gives, and its seconds: of the processor, and by the clock."""
    clock, processor = time.perf_counter(), time.process_time()
    done = work()
    seconds = {"cpu": time.process_time() - processor, "wall": time.perf_counter() - clock}
    return done, seconds


def success(boxes: Any, truth: Boxes) -> float:
    """Area under the success curve over the frames after the first."""
    overlap = iou(np.asarray(boxes, np.float64)[1:], truth[1:])
    return float((overlap[:, None] > THRESHOLDS).mean())


def ratios(counts: Statistics, plain: float, ours: float) -> dict[str, float]:
    """What a reader looks for."""
    return {
        "hit_rate": round(counts.hit_rate, 4),
        "times_fewer_regions": round(counts.fewer, 2),
        "times_less_cpu": round(plain / ours, 2),
    }


def together(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The rows of all sequences as one."""
    counts = sum((Statistics(**row["statistics"]) for row in rows), Statistics())
    plain, ours = (sum(row["cpu_seconds"][way] for row in rows) for way in ("plain", "ours"))
    worst = ("largest_box_difference_px", "largest_score_difference")
    return {
        "statistics": asdict(counts),
        "cpu_seconds": {"plain": plain, "ours": ours},
        **{key: max(row[key] for row in rows) for key in worst},
    } | ratios(counts, plain, ours)


def line(name: str, row: Mapping[str, Any]) -> str:
    """A row as text."""
    return (
        f"{name:32} hit rate {row['hit_rate']:.3f}, {row['times_fewer_regions']:6.2f} x fewer "
        f"regions, {row['times_less_cpu']:5.2f} x less CPU time, "
        f"scores differ by {row['largest_score_difference']:.1e}"
    )


if __name__ == "__main__":
    main()
