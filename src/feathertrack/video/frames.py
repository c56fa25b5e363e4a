"""A frame, and what a source of frames says about itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Frame:
    """One picture of a source.

    Attributes:
        image: RGB uint8 (H, W, 3).
        index: number of the frame in the source, from 0, before any ``start`` or ``step``.
        time: seconds since the first frame of the source, None where it has no clock.
        name: file name of a picture, "" for a frame of a video.
    """

    image: Image
    index: int
    time: float | None = None
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceInfo:
    """What is known of a source before its frames are read.

    Attributes:
        name: what to call it in messages and file names.
        width: pixels, after rotation; 0 where only the first frame tells.
        height: pixels, after rotation; 0 where only the first frame tells.
        fps: nominal frames per second, None for pictures.
        num_frames: frames that will be yielded, None where that is not known (a stream). For a
            video it is what the file announces, or its length times ``fps``: good for showing
            progress, while the frames that come are the truth.
        path: the file or folder, None for cameras, streams and arrays.
        files: the pictures, where the source is made of such.
        selected: numbers of the frames that will be yielded, in their order, as far as
            ``num_frames`` is right; None where that is not known.
        live: frames come in real time and cannot be read again.
        pixel_aspect: width of a pixel divided by its height; frames are not resized by it.
    """

    name: str
    width: int = 0
    height: int = 0
    fps: Fraction | None = None
    num_frames: int | None = None
    path: Path | None = None
    files: tuple[Path, ...] = ()
    selected: range | None = None
    live: bool = False
    pixel_aspect: Fraction = Fraction(1)


class Source(Protocol):
    """Frames in order; iterate once, close when done (a context manager does)."""

    @property
    def info(self) -> SourceInfo:
        """What is known before the first frame."""

    def __iter__(self) -> Iterator[Frame]:
        """Frames; raises ``SourceError`` where one cannot be read, after yielding all before it."""

    def close(self) -> None:
        """Free files, devices and threads; safe to call twice and during iteration."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
