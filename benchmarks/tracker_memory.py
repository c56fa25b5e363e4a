"""Resident memory of whole trackers: ``init`` and three frames of 1280 x 720, with onnxruntime.

Every tracker has a process of its own, which loads the exported files and tracks noise; its peak
(Linux's VmHWM) is compared with that of a process that has the same packages and frame, but no
tracker. Weights are random: memory does not depend on them.

    python benchmarks/tracker_memory.py --output benchmarks/results/NAME.json
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine
from numpy.typing import NDArray
from reports import write_report

MODELS = (
    "siamrpn_alexnet",
    "siamrpn_mobilenetv2",
    "siamrpn_r50",
    "siamkpn_alexnet",
    "siamkpn_mobilenetv2",
    "siamkpn_r50_3s",
)
WIDTH, HEIGHT, FRAMES = 1280, 720, 3
BOX = (600, 300, 80, 120)


def main() -> None:
    """Measure all models and write the report."""
    options = _options()
    report: dict[str, Any] = {"machine": _machine(options.threads), "models": {}}
    report["without a tracker, MiB"] = alone(no_tracker)
    with tempfile.TemporaryDirectory() as folder:
        for model in options.models:
            place = options.files or Path(folder)
            if options.files is None:
                alone(export, model, place)
            peak = alone(track, place / f"{model}.onnx", options.threads)
            sizes = [path.stat().st_size for path in place.glob(f"{model}.*.onnx")]
            report["models"][model] = {
                "files, MiB": round(sum(sizes) / 2**20, 1),
                "peak, MiB": peak,
                "over a process without, MiB": round(peak - report["without a tracker, MiB"], 1),
            }
            print(model, report["models"][model], flush=True)
            write_report(report, options.output)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="peak resident memory of whole trackers")
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--models", nargs="+", default=MODELS, help="names of models")
    parser.add_argument("--files", type=Path, help="folder of pairs that are exported already")
    parser.add_argument("--threads", type=int, default=2, help="threads of onnxruntime")
    return parser.parse_args()


def alone(job: Callable[..., Any], *arguments: object) -> Any:
    """What a function returns in a new process, which ends then and frees all that it had."""
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(job, arguments)


def export(model: str, folder: Path) -> None:
    """Write a network with random weights as ONNX files."""
    from feathertrack.export import export_onnx
    from feathertrack.models import create_model

    export_onnx(create_model(model).eval(), folder / f"{model}.onnx")


def no_tracker() -> float:
    """Peak of a process that has all but a tracker, in MiB."""
    import onnxruntime  # noqa: F401  (it is there for its size)

    import feathertrack.trackers.creation  # noqa: F401

    noise()
    return peak_mib()


def track(files: Path, threads: int) -> float:
    """Peak of a process that starts on a frame and follows for three, in MiB."""
    from feathertrack.trackers.creation import create_tracker

    frame = noise()
    tracker = create_tracker(
        str(files), engine="onnx", device="cpu", precision="float32", threads=threads
    )
    tracker.init(frame, np.array(BOX))
    for _ in range(FRAMES):
        tracker.update(frame)
    return peak_mib()


def noise() -> NDArray[np.uint8]:
    """A frame, RGB (720, 1280, 3)."""
    return np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)


def peak_mib() -> float:
    """The most that this program had resident so far, in MiB; Linux's figure of it alone.

    getrusage would count what the parent had when it started this process, too.
    """
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
    return round(int(kilobytes) / 2**10, 1)


def _machine(threads: int) -> dict[str, Any]:
    version = metadata.version("onnxruntime")
    return {**describe_machine(), "onnxruntime": version, "threads": threads}


if __name__ == "__main__":
    main()
