"""What a training writes down while it runs: a JSON line at a time, TensorBoard, pictures.

What the lines of ``log.jsonl`` say: ``feathertrack.evaluation.training_log``.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.errors import require
from feathertrack.evaluation.json_numbers import finite
from feathertrack.evaluation.training_log import read_log
from feathertrack.video.outfiles import write_atomically, writing

if TYPE_CHECKING:
    from lightning_fabric import Fabric
    from torch.utils.tensorboard import SummaryWriter

_MIB = 2**20


class RunLog:
    """Writes ``log.jsonl``, ``tensorboard/`` and ``pictures/`` of a run folder.

    Args:
        folder: the run folder.
        step: where the training goes on; what was logged after it is dropped, as it comes again.
    """

    def __init__(self, folder: Path, *, step: int) -> None:
        self._folder = folder
        self._path = folder / "log.jsonl"
        require("tensorboard", extra="torch")
        from torch.utils.tensorboard import SummaryWriter

        with writing(self._path):
            folder.mkdir(parents=True, exist_ok=True)
            self._drop_after(step)
            self._file = self._path.open("a", encoding="utf-8", newline="\n")
            self._board: SummaryWriter = SummaryWriter(
                folder / "tensorboard", purge_step=step + 1 if step else None
            )

    def _drop_after(self, step: int) -> None:
        if self._path.is_file():
            lines = [line for line in read_log(self._path) if line.get("step", 0) <= step]
            write_atomically(self._path, [json.dumps(line) + "\n" for line in lines])

    def write(self, event: str, **values: Any) -> None:
        """Add a line; numbers also go to TensorBoard when ``step`` is among them.

        Raises:
            InputError: the disk is full.
        """
        line = {"event": event, "time": round(time.time(), 3), **finite(values)}
        with writing(self._path):
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()
        if event in ("step", "validation"):
            for name, value in _numbers(values):
                self._board.add_scalar(name, value, values["step"])

    def picture(self, pictures: Sequence[NDArray[np.uint8]], *, step: int) -> None:
        """Write RGB pictures under each other as ``pictures/step-XXXXXXXX.png``."""
        sheet = stacked(pictures)
        path = self._folder / "pictures" / f"step-{step:08d}.png"
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(cv2.imencode(".png", sheet[..., ::-1])[1].tobytes())
        self._board.add_image("pairs", sheet, step, dataformats="HWC")
        self.write("picture", step=step, file=f"pictures/{path.name}")

    def close(self) -> None:
        """Finish the files."""
        self._file.close()
        self._board.close()


def stacked(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Pictures of any size under each other, white where one is narrower."""
    width = max(picture.shape[1] for picture in pictures)
    rows = [
        np.pad(picture, ((0, 0), (0, width - picture.shape[1]), (0, 0)), constant_values=255)
        for picture in pictures
    ]
    return np.concatenate(rows, axis=0)


def _numbers(values: Mapping[str, Any], lead: str = "") -> list[tuple[str, float]]:
    found: list[tuple[str, float]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            found += _numbers(value, f"{lead}{name}/")
        elif isinstance(value, (int, float)) and not isinstance(value, bool) and name != "step":
            found.append((lead + name, float(value)))
    return found


class Window:
    """Means and speeds since the last line of the log."""

    def __init__(self) -> None:
        self._losses: dict[str, Tensor] = {}
        self._norm = 0.0
        self._steps = self._kept = self._pairs = 0
        self._waited = 0.0
        self._began = time.perf_counter()

    def add(
        self, losses: Mapping[str, Tensor], *, norm: float, skipped: bool, pairs: int, waited: float
    ) -> None:
        """Count a step; the losses and the norm of one that was left out do not."""
        self._steps += 1
        self._pairs += pairs
        self._waited += waited
        if skipped:
            return
        self._kept += 1
        self._norm += norm
        for name, value in losses.items():
            self._losses[name] = self._losses[name] + value if name in self._losses else value

    def __len__(self) -> int:
        """Return the number of steps."""
        return self._steps

    def summary(self, fabric: Fabric) -> dict[str, Any]:
        """The line's values; losses are means over all processes, which must call this together."""
        seconds = time.perf_counter() - self._began
        losses: dict[str, float] = {}
        if self._losses:
            values = torch.stack([value.float() for value in self._losses.values()]) / self._kept
            if fabric.world_size > 1:
                values = fabric.all_reduce(values, reduce_op="mean")  # type: ignore[assignment]
            losses = dict(zip(self._losses, values.tolist(), strict=True))
        return {
            "losses": losses,
            "gradient_norm": self._norm / self._kept if self._kept else math.nan,
            "pairs_per_second": self._pairs / max(seconds, 1e-9),
            "data_wait": min(1.0, self._waited / max(seconds, 1e-9)),
            "peak_memory_mib": peak_memory(fabric.device) / _MIB,
        }


def peak_memory(device: torch.device) -> float:
    """Most bytes this process has held: on the GPU, or in main memory; NaN on Windows."""
    if device.type == "cuda":
        return float(torch.cuda.max_memory_allocated(device))
    if sys.platform == "win32":
        return math.nan
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak if sys.platform == "darwin" else peak * 1024)
