"""What every kind of source has to offer, and what is checked for all of them alike."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Protocol

from feathertrack.errors import SourceError
from feathertrack.video.frames import Frame, SourceInfo
from feathertrack.video.selection import Selection


class Reader(Protocol):
    """Frames of one kind of source."""

    @property
    def info(self) -> SourceInfo:
        """What is known of the whole source."""

    @property
    def decodes(self) -> bool:
        """Whether reading is work that another thread can take over."""

    def read(self, selection: Selection, *, closing: Event) -> Iterator[Frame]:
        """Yield the selected frames; ends soon after ``closing`` is set."""

    def close(self) -> None:
        """Free what the reader holds outside ``read``."""


def checked_frames(reader: Reader, selection: Selection, closing: Event) -> Iterator[Frame]:
    """Yield the frames of a reader as long as they are of one size.

    Raises:
        SourceError: a frame of another size than those before it, or no frame at all.
    """
    name, size = reader.info.name, None
    for frame in reader.read(selection, closing=closing):
        height, width = frame.image.shape[:2]
        if size not in (None, (width, height)):
            raise _another_size(frame, size, name=name)
        size = (width, height)
        yield frame
    if size is None and not closing.is_set():
        raise SourceError(
            f"{name} has no frame that {selection} selects; start must lie before its end"
        )


def _another_size(frame: Frame, size: tuple[int, int] | None, *, name: str) -> SourceError:
    width, height = size or (0, 0)
    which = f"frame {frame.index}{f' ({frame.name})' if frame.name else ''} of {name}"
    return SourceError(
        f"{which} has {frame.image.shape[1]}x{frame.image.shape[0]} pixels, the frames before it "
        f"{width}x{height}; a target is followed at one size only: scale the frames to the same "
        f"size, or read the parts apart with stop={frame.index} and start={frame.index}"
    )
