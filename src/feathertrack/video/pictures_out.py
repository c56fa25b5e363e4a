"""A folder of PNG files, one per frame, with the result drawn in.

Each file says in its text chunk ``Software`` that it was drawn here. That tells pictures of an
earlier run, which the next one replaces, from all others, which are never touched.
"""

from __future__ import annotations

import zlib
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np

from feathertrack.errors import InputError
from feathertrack.results import Result
from feathertrack.video.drawing import Draw
from feathertrack.video.frames import Frame, Image
from feathertrack.video.outfiles import make_folder, replacing, writing
from feathertrack.video.pictures import is_picture

_COMPRESSION = 3
"""zlib level: a frame is written once and seldom read, so speed counts more than size."""

_HEADER = 33  # bytes of a PNG up to the end of its first chunk, IHDR
_TEXT = b"tEXtSoftware\0feathertrack track"
_MARK = (len(_TEXT) - 4).to_bytes(4, "big") + _TEXT + zlib.crc32(_TEXT).to_bytes(4, "big")


def write_png(path: Path, image: Image, *, mark: bool = False) -> None:
    """Write an RGB image (H, W, 3) as PNG; the file is there whole or not at all.

    Args:
        path: the file.
        image: RGB uint8.
        mark: say in the file that ``PictureSink`` may replace it.

    Raises:
        InputError: the file cannot be written.
    """
    ok, data = cv2.imencode(".png", image[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, _COMPRESSION])
    if not ok:
        raise InputError(f"picture {path} of shape {image.shape} cannot be encoded as PNG")
    with writing(path), replacing(path) as temporary:
        png = np.asarray(data).tobytes()
        temporary.write_bytes(png[:_HEADER] + _MARK + png[_HEADER:] if mark else png)


def is_marked(path: Path) -> bool:
    """Whether a file is a picture that ``PictureSink`` wrote."""
    try:
        with path.open("rb") as file:
            return file.read(_HEADER + len(_MARK))[_HEADER:] == _MARK
    except OSError:
        return False


class PictureSink:
    """Frames as PNG files: ``000012.png`` is frame 12 of the source, a picture keeps its name.

    Pictures of an earlier run are replaced, and those that are left over are removed at the end.

    Raises:
        InputError: the folder cannot be written, or holds pictures of another origin.
    """

    def __init__(self, folder: Path, *, draw: Draw) -> None:
        self.notes: tuple[str, ...] = ()
        if folder.exists() and not folder.is_dir():
            raise InputError(f"output {folder} is a file: a folder is needed for PNG files")
        self._is_ours = not folder.exists()
        with writing(folder):
            make_folder(folder)
            probe = folder / ".feathertrack.part"
            probe.write_bytes(b"")
            probe.unlink()
        self._earlier = _earlier_pictures(folder)
        self._folder = folder
        self._draw = draw
        self._names: set[str] = set()
        self._has_written = False

    def write(self, frame: Frame, result: Result | None, *, seconds: float | None = None) -> None:
        """Draw and write one frame."""
        path = self._folder / self._name(frame)
        if path.exists() and not is_marked(path):
            raise InputError(f"output {path} was put there by somebody else: name another folder")
        write_png(path, self._draw(frame, result), mark=True)
        self._has_written = True

    def close(self) -> None:
        """Remove what an earlier run wrote and this one did not; without a frame leave all."""
        if not self._has_written:
            if self._is_ours:
                with suppress(OSError):
                    self._folder.rmdir()  # only an empty folder goes
            return
        leftover = [path for path in self._earlier if _key(path.stem) not in self._names]
        self._earlier = ()
        with writing(self._folder):
            for path in leftover:
                path.unlink(missing_ok=True)
        if leftover:
            self.notes += (f"{self._folder}: removed {len(leftover)} pictures of an earlier run",)

    def _name(self, frame: Frame) -> str:
        """Pictures of one stem (``1.jpg``, ``1.png``) get their frame number too."""
        stem = Path(frame.name).stem if frame.name else f"{frame.index:06d}"
        if _key(stem) in self._names:
            stem = f"{stem}_{frame.index:06d}"
        self._names.add(_key(stem))
        return f"{stem}.png"


def _key(stem: str) -> str:
    """A name as file systems that do not tell capitals apart compare it."""
    return stem.casefold()


def _earlier_pictures(folder: Path) -> tuple[Path, ...]:
    """The pictures of an earlier run.

    Raises:
        InputError: there are others too.
    """
    with writing(folder):
        pictures = [p for p in folder.iterdir() if is_picture(p) and not p.name.startswith(".")]
    foreign = [path for path in pictures if not is_marked(path)]
    if foreign:
        raise InputError(
            f"output folder {folder} holds pictures that no run of track wrote, as "
            f"{min(foreign).name}: name another folder"
        )
    return tuple(pictures)
