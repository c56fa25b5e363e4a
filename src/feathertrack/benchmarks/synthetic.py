"""A tiny benchmark that needs no data: four sequences of 40 frames, made on first use."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.framelist import NumberedFrames
from feathertrack.benchmarks.rendering import HEIGHT, LENGTH, SCENES, WIDTH, boxes, render
from feathertrack.benchmarks.sequence import Sequence
from feathertrack.errors import InputError
from feathertrack.paths import cache_dir

ATTRIBUTES = {
    "BC": "Background Clutter",
    "CM": "Camera Motion",
    "FM": "Fast Motion",
    "IV": "Illumination Variation",
    "OCC": "Occlusion",
    "OV": "Out-of-View",
    "SV": "Scale Variation",
}
_EDITION = "synthetic-1"  # another number where a picture changes
_PATTERN = "%04d.png"


@dataclass(frozen=True)
class SyntheticReader:
    """Knows the boxes; the pictures are in a folder.

    Attributes:
        root: the folder of the sequences.
    """

    root: Path

    def files(self, name: str) -> Files:
        """Where the sequence lies; its boxes are in no file."""
        numbers = range(1, LENGTH + 1)
        folder = self.root / name
        return Files(truth=folder, frames=folder, pattern=_PATTERN, numbers=numbers)

    def load(self, name: str) -> Sequence:
        """The boxes of a scene."""
        scene = next(one for one in SCENES if one.name == name)
        truth = boxes(scene)
        return Sequence(
            name=name,
            frames=NumberedFrames(self.root / name, range(1, LENGTH + 1), _PATTERN),
            truth=truth,
            absent=np.isnan(truth[:, 0]),
            attributes=scene.attributes,
            size_wh=(WIDTH, HEIGHT),
            fps=30.0,
            object_class="texture",
        )


def open_synthetic(root: str | Path | None = None) -> Benchmark:
    """The benchmark; its pictures are made where they are not there yet.

    Args:
        root: where to keep them; None takes the user's cache.

    Raises:
        InputError: the folder cannot be written.
    """
    folder = Path(root) if root is not None else cache_dir() / "benchmarks" / _EDITION
    try:
        for scene in SCENES:
            if not (folder / scene.name).is_dir():
                _make(folder, scene.name)
    except OSError as error:
        raise InputError(
            f"the pictures of 'synthetic' cannot be written to {folder}: {error.strerror or error}"
        ) from error
    return Benchmark(
        name="synthetic",
        tree="<sequence>/0001.png, made where it is missing",
        root=folder,
        names=tuple(scene.name for scene in SCENES),
        reader=SyntheticReader(folder),
        attributes=ATTRIBUTES,
    )


def _make(folder: Path, name: str) -> None:
    """Write a sequence beside its place and move it there whole; another process may be first."""
    folder.mkdir(parents=True, exist_ok=True)
    scene = next(one for one in SCENES if one.name == name)
    growing = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder))
    try:
        for frame in range(LENGTH):
            done, data = cv2.imencode(".png", render(scene, frame)[..., ::-1])
            assert done, "OpenCV writes PNG"
            (growing / (_PATTERN % (frame + 1))).write_bytes(data.tobytes())
        try:
            os.replace(growing, folder / name)  # noqa: PTH105 (a folder)
        except OSError:
            if not (folder / name).is_dir():
                raise
    finally:
        shutil.rmtree(growing, ignore_errors=True)
