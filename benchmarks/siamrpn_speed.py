"""Frames per second of the SiamRPN++ and SiamKPN trackers, beside the same written the plain way.

The plain way is what the public code does: eager torch in float32, contiguous, batch norms not
folded, and the template's convolutions of the head on every frame. Tracker and crops are ours in
both, so the ratio is that of the networks within a whole tracker. Weights are random: no published
ones can be had here, and the time does not depend on them.

    python benchmarks/siamrpn_speed.py --shared ../shared --output benchmarks/results/NAME.json
    python benchmarks/siamrpn_speed.py --models siamkpn --shared ../shared --output NAME.json

Contenders take turns in processes of their own, as in ``siamfc_speed.py``.
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
from numpy.typing import NDArray
from reports import write_report
from siamfc_speed import BAG_BOX, Run, Step, answer, describe_runtimes, spread
from turns import Image, decode, runs_by_turns

from feathertrack.engines.support import ENGINES, engine_support

FRAMES = {
    "siamrpn_alexnet": 20,
    "siamrpn_mobilenetv2": 20,
    "siamrpn_r50": 3,
    "siamkpn_alexnet": 20,
    "siamkpn_mobilenetv2": 20,
    "siamkpn_r50_3s": 3,
}
"""Model -> frames of a pass; the large networks need seconds for one on a small machine."""

FAMILIES = ("siamrpn", "siamkpn")
PLAIN = "plain"


@dataclass(frozen=True, kw_only=True)
class Contender:
    """``plain`` or "ENGINE PRECISION", a network of the given name, and its files."""

    name: str
    model: str
    folder: str
    threads: int


class PlainEngine:
    """A network run as the public code runs it."""

    name, device, precision = "torch", "cpu", "float32"

    def __init__(self, model: Any) -> None:
        import torch

        from feathertrack.weights.info import network_info

        self.torch = torch
        self.model = model
        self.info = network_info(model)

    def embed(self, template: Image) -> Any:
        """Features of backbone and neck; the head's convolutions come with every frame."""
        with self.torch.inference_mode():
            return self.model.levels(self._input(template))

    def predict(self, features: Any, search: Image) -> tuple[NDArray[np.float32], ...]:
        """All there is to compute for a frame."""
        head = self.model.head
        with self.torch.inference_mode():
            kernels = head.kernels(features)
            outputs = head(kernels, self.model.levels(self._input(search)))
        return tuple(output.numpy() for output in outputs[-len(head.outputs) :])

    def _input(self, pictures: Image) -> Any:
        return self.torch.from_numpy(pictures.transpose(0, 3, 1, 2).astype(np.float32))


def main() -> None:
    """Run all contenders and write the report."""
    options = _options()
    report: dict[str, Any] = {"machine": describe_runtimes(options.threads), "models": {}}
    with tempfile.TemporaryDirectory() as folder:
        video = decode(options.shared / "sequences" / "bag.avi")
        for model in _models(options.models):
            frames, count = Path(folder, "frames.npy"), options.frames or FRAMES[model]
            np.save(frames, video[: count + 1])
            make_files(model, Path(folder))
            entrants = contenders(model, folder, options)
            print(f"{model}: {options.rounds} rounds of {count} frames", flush=True)
            runs = runs_by_turns(entrants, frames, rounds=options.rounds, work=work)
            report["models"][model] = summarise(runs)
            print(table(report["models"][model]), flush=True)
            report["machine"]["load_at_end"] = load_average()
            write_report(report, options.output)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="speed of the SiamRPN++ and SiamKPN trackers")
    parser.add_argument("--shared", type=Path, default=Path("../shared"), help="shared data")
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    names = (*FAMILIES, *FRAMES)
    parser.add_argument("--models", nargs="+", default=FAMILIES[:1], choices=names)
    parser.add_argument("--frames", type=int, default=0, help="of a pass; 0 for the model's own")
    parser.add_argument("--rounds", type=int, default=5, help="passes of every contender")
    parser.add_argument("--threads", type=int, default=2, help="threads of every contender")
    return parser.parse_args()


def _models(words: Sequence[str]) -> list[str]:
    """The models that were asked for; a family stands for all of its own."""
    return [name for name in FRAMES if name in words or name.partition("_")[0] in words]


def make_files(model: str, folder: Path) -> None:
    """A network with random weights, as torch weights and as a pair of ONNX files."""
    import torch

    from feathertrack.export import export_onnx
    from feathertrack.models import create_model
    from feathertrack.weights.saving import save_model

    torch.manual_seed(0)
    made = create_model(model).eval()
    save_model(made, folder / f"{model}.safetensors")
    export_onnx(made, folder / f"{model}.onnx")


def contenders(model: str, folder: str, options: argparse.Namespace) -> list[Contender]:
    """The plain tracker, and every engine in every precision that this machine has."""
    ours = [
        f"{name} {precision}" for name in ENGINES for precision in engine_support(name).precisions
    ]
    return [
        Contender(name=name, model=model, folder=folder, threads=options.threads)
        for name in (PLAIN, *ours)
    ]


def work(entrant: Contender, frames: Path, pipe: Connection) -> None:
    """Body of a contender's process."""
    cv2.setNumThreads(entrant.threads)
    answer(_starter(entrant), np.load(frames), pipe, warm_up=3)


def _starter(entrant: Contender) -> Callable[[Image], Step]:
    from feathertrack.engines import create_engine
    from feathertrack.trackers.creation import tracker_for

    weights = Path(entrant.folder, f"{entrant.model}.safetensors")
    engine: Any
    if entrant.name == PLAIN:
        import torch

        from feathertrack.weights import load_model

        torch.set_num_threads(entrant.threads)
        engine = PlainEngine(load_model(weights))
    else:
        kind, precision = entrant.name.split()
        files = weights if kind == "torch" else weights.with_suffix(".onnx")
        engine = create_engine(
            files,
            engine=kind,  # type: ignore[arg-type]
            precision=precision,  # type: ignore[arg-type]
            threads=entrant.threads,
        )
    tracker = tracker_for(engine)

    def start(frame: Image) -> Step:
        tracker.init(frame, np.array(BAG_BOX))
        return lambda image: tracker.update(image).box

    return start


def summarise(runs: Mapping[str, Sequence[Run]]) -> dict[str, Any]:
    """Speed of every contender, its ratio to the plain one by round, and how far boxes differ."""
    fps = {name: [run.fps for run in passes] for name, passes in runs.items()}
    expected = np.array(runs[PLAIN][0].boxes)
    return {
        name: {
            "fps": spread(fps[name]),
            "ratio_to_plain": spread(
                [ours / plain for ours, plain in zip(fps[name], fps[PLAIN], strict=True)]
            ),
            "largest_difference_to_plain_px": round(
                float(np.abs(np.array(passes[0].boxes) - expected).max()), 6
            ),
        }
        for name, passes in runs.items()
    }


def table(summary: Mapping[str, Any]) -> str:
    """The medians as text: frames/s and the ratio."""
    lines = [f"{'':22}{'frames/s':>10}{'x plain':>9}{'off by px':>11}"]
    for name, row in summary.items():
        lines.append(
            f"{name:22}{row['fps']['median']:10.2f}{row['ratio_to_plain']['median']:9.2f}"
            f"{row['largest_difference_to_plain_px']:11.4f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
