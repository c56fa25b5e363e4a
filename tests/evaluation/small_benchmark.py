"""Benchmarks in memory and trackers that need no network, for tests of running and scoring."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.benchmarks import Benchmark, FrameList, Sequence
from feathertrack.benchmarks.files import Files
from feathertrack.boxes import Boxes, as_box
from feathertrack.evaluation.records import Record, TrackerRecords

Image = NDArray[np.uint8]
HERE = "tests.evaluation.small_benchmark"


@dataclass(frozen=True)
class Kept:
    """A reader whose sequences are there already."""

    sequences: Mapping[str, Sequence]

    def load(self, name: str) -> Sequence:
        return self.sequences[name]

    def files(self, name: str) -> Files:
        raise NotImplementedError


def benchmark_of(*sequences: Sequence, name: str = "otb100") -> Benchmark:
    names = tuple(one.name for one in sequences)
    reader = Kept({one.name: one for one in sequences})
    return Benchmark(name=name, root=Path(), names=names, reader=reader)


def sequence_of(name: str, truth: ArrayLike, **fields: object) -> Sequence:
    boxes = np.asarray(truth, dtype=np.float64)
    frames: FrameList = [Path(f"{number}.png") for number in range(len(boxes))]
    known = {"origin": 1, "size_wh": (64, 48), "frames": frames, **fields}
    return Sequence(name=name, truth=boxes, **known)  # type: ignore[arg-type]


def moving(count: int, *, x: float = 5, y: float = 6) -> Boxes:
    """Boxes 10 x 8 that go one pixel to the right with every frame."""
    return np.array([[x + step, y, 10, 8] for step in range(count)], dtype=np.float64)


def pictured(folder: Path, name: str, truth: Boxes, **fields: object) -> Sequence:
    """A sequence whose frames are files of 64 x 48 pixels."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    frames = []
    for number in range(len(truth)):
        path = folder / name / f"{number:04d}.png"
        path.write_bytes(cv2.imencode(".png", np.full((48, 64, 3), number, np.uint8))[1].tobytes())
        frames.append(path)
    return sequence_of(name, truth, frames=frames, **fields)


def results_of(name: str, tracks: Mapping[str, Boxes]) -> TrackerRecords:
    records = {key: (Record(sequence=key, boxes=boxes),) for key, boxes in tracks.items()}
    return TrackerRecords(tracker=name, records=records)


class Still:
    """The box that was given."""

    is_deterministic = True

    def init(self, image: Image, box: ArrayLike) -> None:
        self.box = as_box(box)

    def update(self, image: Image) -> Boxes:
        return self.box


class Right(Still):
    """One pixel to the right with every frame, as ``moving`` goes."""

    def update(self, image: Image) -> Boxes:
        self.box = self.box + np.array([1.0, 0, 0, 0])
        return self.box


class Random(Still):
    """Somewhere near; the same for the same seed."""

    is_deterministic = False

    def update(self, image: Image) -> Boxes:
        return self.box + np.random.normal(size=4) * [1, 1, 0, 0]  # noqa: NPY002


class Slow(Right):
    """The same, 20 frames a second at most."""

    def update(self, image: Image) -> Boxes:
        time.sleep(0.05)
        return super().update(image)


class Slower(Right):
    """The same, 10 frames a second at most."""

    def update(self, image: Image) -> Boxes:
        time.sleep(0.1)
        return super().update(image)


class FailsOnTall(Right):
    """Raises on targets that are 9 pixels high."""

    def update(self, image: Image) -> Boxes:
        if self.box[3] == 9:
            raise ZeroDivisionError("a bug of the tracker")
        return super().update(image)


class Exits(Right):
    """Calls exit() where the target is 9 pixels high."""

    def init(self, image: Image, box: ArrayLike) -> None:
        super().init(image, box)
        if self.box[3] == 9:
            raise SystemExit(0)


class DiesOnce(Right):
    """Ends its process the first time that it is given a target 9 pixels high."""

    def init(self, image: Image, box: ArrayLike) -> None:
        super().init(image, box)
        mark = Path(os.environ["FEATHERTRACK_TEST_MARK"])
        if self.box[3] == 9 and not mark.exists():
            mark.touch()
            os._exit(17)


class DiesAlways(Right):
    """Ends its process whenever it is given a target 9 pixels high."""

    def init(self, image: Image, box: ArrayLike) -> None:
        super().init(image, box)
        if self.box[3] == 9:
            os._exit(17)
