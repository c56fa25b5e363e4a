"""The pictures of a sequence, decoded on a thread while the tracker works on the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from types import TracebackType

from feathertrack.benchmarks import FrameList
from feathertrack.trackers.tracker import Image
from feathertrack.video.pictures import read_picture
from feathertrack.video.prefetch import DecodeAhead

DEPTH = 2
"""Pictures that wait."""


class Pictures:
    """Reads the pictures of a sequence and counts them.

    Args:
        frames: of the sequence.
        moved: told how many pictures were read for the tracker, after each.
    """

    def __init__(self, frames: FrameList, *, moved: Callable[[int], None] | None = None) -> None:
        self._frames = frames
        self._moved = moved
        self._count = 0

    def read(self, index: int) -> Image:
        """One picture, decoded now.

        Raises:
            SourceError: it cannot be read.
        """
        image = self.decode(index)
        self.count()
        return image

    def ahead(self, order: Iterable[int]) -> PicturesAhead:
        """The pictures of these frames, decoded ahead; a context manager."""
        return PicturesAhead(self, order)

    def decode(self, index: int) -> Image:
        """As ``read``, without counting it."""
        return read_picture(self._frames[index])

    def count(self) -> None:
        """Say that one more frame is done."""
        self._count += 1
        if self._moved is not None:
            self._moved(self._count)


class PicturesAhead:
    """Numbers and pictures of frames in their order; leaving the ``with`` block ends the thread."""

    def __init__(self, pictures: Pictures, order: Iterable[int]) -> None:
        self._pictures = pictures
        self._ahead: DecodeAhead[tuple[int, Image]] = DecodeAhead(
            lambda closing: ((index, pictures.decode(index)) for index in order), depth=DEPTH
        )
        self._waiting = iter(self._ahead)

    def __enter__(self) -> PicturesAhead:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._ahead.close()

    def __iter__(self) -> Iterator[tuple[int, Image]]:
        for pair in self._waiting:
            yield pair
            self._pictures.count()

    def frame(self, index: int) -> Image:
        """The picture of a later frame; those before it are passed over.

        Raises:
            SourceError: it cannot be read.
        """
        for number, image in self:
            if number == index:
                self._pictures.count()
                return image
        raise AssertionError(f"frame {index} was passed over before")
