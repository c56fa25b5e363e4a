"""Whatever a user calls a source becomes frames."""

from __future__ import annotations

import difflib
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self, TypeAlias

from feathertrack.errors import SourceError
from feathertrack.video.arrays import array_frames
from feathertrack.video.files import open_file
from feathertrack.video.folders import (
    one_picture,
    pictures_in,
    pictures_listed,
    pictures_matching,
)
from feathertrack.video.frames import Frame, SourceInfo
from feathertrack.video.pictures import is_picture
from feathertrack.video.prefetch import DecodeAhead
from feathertrack.video.reading import Reader, checked_frames
from feathertrack.video.selection import Selection
from feathertrack.video.streams import Camera, is_stream, network_source

SourceSpec: TypeAlias = str | Path | int | Iterable[object]
STANDARD_INPUT = "-"
_LINGER = 2.0  # seconds that closing waits for a camera or a stream that does not answer


def open_source(
    spec: SourceSpec,
    *,
    start: int = 0,
    stop: int | None = None,
    step: int = 1,
    reverse: bool = False,
    prefetch: int = 4,
) -> OpenedSource:
    """Open anything that has frames.

    Args:
        spec: a video file; a folder or glob pattern of pictures; one picture; a camera by its
            number (``0`` or ``"0"``); an address (``rtsp://``, ``http://``, ...); ``"-"`` for
            a list of pictures on standard input, one path a line; an array (N, H, W, 3); an
            iterable of arrays in RGB order, or a list of paths of pictures.
        start: number of the first frame wanted, from 0.
        stop: number of the frame before which reading ends.
        step: distance from one wanted frame to the next.
        reverse: the same frames, the last one first.
        prefetch: how many frames are decoded ahead on a thread, 0 for none. With a camera or a
            live stream, only the newest frame waits, so that one who is slow skips frames; 0
            then means that none is skipped. Arrays are taken as they are, without a thread.

    Returns:
        The source: iterate once; close it, or use it in a ``with`` statement.

    Raises:
        SourceError: there is no such source, or it cannot be read.
        InputError: ``start``, ``stop``, ``step`` or ``prefetch`` makes no sense.
    """
    selection = Selection(start=start, stop=stop, step=step, reverse=reverse)
    if prefetch < 0:
        raise SourceError(f"prefetch is {prefetch}; it is a number of frames, 0 for none")
    reader = _reader(spec)
    if reverse and reader.info.live:
        reader.close()
        raise SourceError(
            f"{reader.info.name} is live and cannot be read backwards; record it to a file first"
        )
    return OpenedSource(reader, selection, prefetch=prefetch)


class OpenedSource:
    """Frames of any source, in order; iterate once, then or before that close it."""

    def __init__(self, reader: Reader, selection: Selection, *, prefetch: int) -> None:
        self._reader = reader
        self._selection = selection
        self._prefetch = prefetch if reader.decodes else 0
        self._closing = Event()
        self._frames: DecodeAhead[Frame] | None = None
        self._begun = False
        self._info = _selected(reader.info, selection)

    @property
    def info(self) -> SourceInfo:
        """What is known before the first frame; ``num_frames`` counts the selected ones."""
        return self._info

    def __iter__(self) -> Iterator[Frame]:
        """Return the frames.

        Raises:
            SourceError: while iterating, where a frame cannot be read, after all before it; at
                once, where the frames have been read already.
        """
        if self._begun:
            raise SourceError(f"the frames of {self.info.name} can be read once; open it again")
        self._begun = True
        if self._prefetch:
            self._frames = DecodeAhead(
                lambda closing: checked_frames(self._reader, self._selection, closing),
                depth=self._prefetch,
                newest_only=self.info.live,
                linger=_LINGER if self.info.live else None,
            )
            return iter(self._frames)
        return self._in_place()

    def close(self) -> None:
        """Free files, devices and the thread; safe to call twice and during iteration."""
        self._begun = True
        self._closing.set()
        if self._frames is not None:
            self._frames.close()
            if self._frames.alive:
                return  # stuck in a device: the thread frees what it holds as soon as it can
        self._reader.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<source {self.info.name}, {self._selection}, reverse={self._selection.reverse}>"

    def _in_place(self) -> Iterator[Frame]:
        for frame in checked_frames(self._reader, self._selection, self._closing):
            yield frame
            if self._closing.is_set():
                return


def _selected(info: SourceInfo, selection: Selection) -> SourceInfo:
    if info.num_frames is None:
        return info
    selected = selection.indices(info.num_frames)
    return replace(info, num_frames=len(selected), selected=selected)


def _reader(spec: SourceSpec) -> Reader:
    """Decide what a source is by what it looks like, a file that exists before a pattern."""
    if isinstance(spec, bool) or not isinstance(spec, (str, Path, int, Iterable)):
        raise SourceError(
            f"{spec!r} is no source; give a path, the number of a camera, an address or arrays"
        )
    if isinstance(spec, int):
        return _camera(spec)
    if isinstance(spec, Path):
        return _stored(spec)
    if not isinstance(spec, str):
        return _in_memory(spec)
    if spec == STANDARD_INPUT:
        return pictures_listed(_lines_of_standard_input(), name="standard input")
    if spec.isdecimal():
        return _camera(int(spec))
    if is_stream(spec):
        return network_source(spec)
    if not spec.strip():
        raise SourceError("the name of the source is empty; give a path, a number or an address")
    if any(sign in spec for sign in "*?[") and not _exists(Path(spec)):
        return pictures_matching(spec)
    return _stored(Path(spec))


def _camera(number: int) -> Camera:
    if number < 0:
        raise SourceError(f"there is no camera {number}; they are counted from 0")
    return Camera(number)


def _in_memory(items: Iterable[object]) -> Reader:
    if isinstance(items, (list, tuple)) and items:
        names = [item for item in items if isinstance(item, (str, Path))]
        if len(names) == len(items):
            return pictures_listed(names, name=f"list of {len(names)} files")
    return array_frames(items)


def _stored(path: Path) -> Reader:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise _nothing_there(path) from None
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"{path} cannot be read: {words}") from error
    if stat.S_ISDIR(status.st_mode):
        return pictures_in(path)
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(f"{path} is neither a file nor a folder; write its data to a file first")
    if is_picture(path):
        return one_picture(path)
    if status.st_size == 0:
        raise SourceError(f"{path} is empty (0 bytes); it was perhaps not written to its end")
    return open_file(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _nothing_there(path: Path) -> SourceError:
    """Say which name is near, in the deepest folder of the path that exists."""
    missing = path.absolute()
    while not _exists(missing.parent) and missing.parent != missing:
        missing = missing.parent
    folder = missing.parent
    try:
        names = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    except OSError:
        names = []
    near = difflib.get_close_matches(missing.name, names, n=1)
    if near:
        hint = f"the nearest name is {folder / near[0]}"
    elif folder.is_dir():
        hint = f"the folder {folder} has no {missing.name}"
    else:
        hint = f"{folder} is no folder"
    return SourceError(f"there is no file or folder {path}: {hint}")


def _lines_of_standard_input() -> list[str]:
    try:
        lines = [line.rstrip("\r\n") for line in sys.stdin]
    except (UnicodeDecodeError, OSError) as error:
        raise SourceError(f"the list on standard input cannot be read: {error}") from error
    return [line.removeprefix("\ufeff") for line in lines]
