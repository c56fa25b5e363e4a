"""A folder of PNG files, one per frame, with the result drawn in."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from feathertrack.errors import InputError
from feathertrack.results import Result
from feathertrack.video.drawing import Draw
from feathertrack.video.frames import Frame, Image
from feathertrack.video.outfiles import replacing, writing

_COMPRESSION = 3
"""zlib level: a frame is written once and seldom read, so speed counts more than size."""


def write_png(path: Path, image: Image) -> None:
    """Write an RGB image (H, W, 3) as PNG; the file is there whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    ok, data = cv2.imencode(".png", image[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION])
    if not ok:
        raise InputError(f"picture {path} of shape {image.shape} cannot be encoded as PNG")
    with writing(path), replacing(path) as temporary:
        temporary.write_bytes(np.asarray(data).tobytes())


class PictureSink:
    """Frames as PNG files: ``000012.png`` is frame 12 of the source, a picture keeps its name."""

    notes: tuple[str, ...] = ()

    def __init__(self, folder: Path, *, draw: Draw) -> None:
        if folder.exists() and not folder.is_dir():
            raise InputError(f"output {folder} is a file: a folder is needed for PNG files")
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            probe = folder / ".feathertrack.part"
            probe.write_bytes(b"")
            probe.unlink()
        self._folder = folder
        self._draw = draw
        self._names: set[str] = set()

    def write(self, frame: Frame, result: Result | None, *, seconds: float | None = None) -> None:
        """Draw and write one frame."""
        write_png(self._folder / self._name(frame), self._draw(frame, result))

    def close(self) -> None:
        """Every file is complete already."""

    def _name(self, frame: Frame) -> str:
        """Pictures of one stem (``1.jpg``, ``1.png``) get their frame number too."""
        if not frame.name:
            return f"{frame.index:06d}.png"
        stem = Path(frame.name).stem
        if stem in self._names:
            stem = f"{stem}_{frame.index:06d}"
        self._names.add(stem)
        return f"{stem}.png"
