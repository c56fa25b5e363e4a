"""Single frames of video files, by number, where pictures by path are expected.

A ``VideoFrame`` only says which frame is meant. Reading it decodes: frames that are asked for one
after the other are decoded once, others from the nearest key frame on. Never more than
``_MOST_OPEN`` videos are open, with one frame each in memory.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import closing as closing_at_end
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from threading import Event, Lock

import av

from feathertrack.errors import SourceError
from feathertrack.video.containers import VideoAddress, reason
from feathertrack.video.files import VideoFile, open_file
from feathertrack.video.frames import Frame, Image, SourceInfo
from feathertrack.video.playback import EarlyEnd, play
from feathertrack.video.seeking import scan
from feathertrack.video.selection import Selection

_MOST_OPEN = 2
_AHEAD = 50  # frames; further ahead, looking for a key frame is quicker than decoding all between


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One frame of a video file.

    Attributes:
        path: the file.
        number: of the frame, from 0.
    """

    path: Path
    number: int

    @property
    def name(self) -> str:
        """What to call it.

        >>> VideoFrame(Path("clips/walk.mp4"), 12).name
        'walk.mp4, frame 12'
        """
        return f"{self.path.name}, frame {self.number}"

    def __str__(self) -> str:
        return f"{self.path}, frame {self.number}"

    def exists(self) -> bool:
        """Whether there is such a file."""
        return self.path.is_file()

    def read(self) -> Image:
        """Decode it: RGB uint8 (H, W, 3).

        Raises:
            SourceError: no such video or frame, or a damaged one.
        """
        with _LOCK:
            return _opened(self.path).image(self.number)


def video_info(path: Path) -> SourceInfo:
    """What is known of a video file before its frames are read.

    Raises:
        SourceError: it is no video, or none of its frames can be decoded.
    """
    with _LOCK:
        return _opened(path).file.info


def count_frames(path: Path) -> int:
    """How many frames a video file has: its packets are read, or, where these do not tell, decoded.

    Raises:
        SourceError: it is no video.
    """
    with _LOCK:
        return _count(path.absolute(), *_stamp(path))


@dataclass
class _Opened:
    """A video with the last frame that was read, and what decodes the following ones."""

    file: VideoFile
    frames: Iterator[Frame] | None = None
    last: Frame | None = None
    closing: Event = field(default_factory=Event)

    def image(self, number: int) -> Image:
        """A copy of a frame, counted from 0.

        Raises:
            SourceError: there is no such frame.
        """
        if self.last is None or self.last.index != number:
            self.last = self._read(number)
        return self.last.image.copy()  # whoever gets it may draw on it

    def _read(self, number: int) -> Frame:
        here, self.last = self.last, None
        if self.frames is None or here is None or not here.index < number <= here.index + _AHEAD:
            self.close()
            self.frames = self.file.read(Selection(start=number), closing=self.closing)
        try:
            for frame in self.frames:
                if frame.index == number:
                    return frame
        except SourceError:
            self.frames = None
            raise
        self.frames = None
        raise SourceError(f"{self.file.info.name} has no frame {number}, counted from 0")

    def close(self) -> None:
        """Let go of the file; a later ``image`` opens it again."""
        close = getattr(self.frames, "close", None)
        if close is not None:
            close()
        self.frames = None


_LOCK = Lock()
_OPEN: OrderedDict[tuple[Path, int, int], _Opened] = OrderedDict()


def _stamp(path: Path) -> tuple[int, int]:
    """What changes when a file is written again."""
    try:
        status = path.stat()
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
    return status.st_mtime_ns, status.st_size


def _opened(path: Path) -> _Opened:
    key = (path.absolute(), *_stamp(path))
    if key not in _OPEN:
        _OPEN[key] = _Opened(open_file(path))
        while len(_OPEN) > _MOST_OPEN:
            _OPEN.popitem(last=False)[1].close()
    _OPEN.move_to_end(key)
    return _OPEN[key]


@lru_cache(maxsize=4096)
def _count(path: Path, modified: int, size: int) -> int:
    address = VideoAddress(url=str(path), name=str(path))
    try:
        index = scan(address, closing=Event())
        if index is not None:
            return len(index.ticks)
        number = 0
        with closing_at_end(play(address)) as played:
            for _ in played:
                number += 1
    except EarlyEnd:
        return number
    except av.error.FFmpegError as error:
        raise SourceError(f"{address.name} cannot be read: {reason(error)}") from error
    return number
