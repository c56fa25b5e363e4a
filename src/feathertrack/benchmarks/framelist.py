"""The pictures of a sequence, named without looking at the disk."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar, overload

from feathertrack.benchmarks.numbering import with_missing
from feathertrack.video.pictures import StoredPicture
from feathertrack.video.single_frames import VideoFrame, count_frames

FrameList = abc.Sequence[Path | StoredPicture]
"""Pictures in order, each for ``read_picture``: files, or frames of a video.

Building a list opens nothing; see the classes of this file.
"""

Picture = TypeVar("Picture", covariant=True)


class _Frames(abc.Sequence[Picture]):
    """Indexing and slicing over ``_path``; a slice is a list."""

    def _path(self, index: int) -> Picture:
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> list[Picture]: ...
    def __getitem__(self, index: int | slice) -> Picture | list[Picture]:
        place = range(len(self))[index]
        return [self._path(i) for i in place] if isinstance(place, range) else self._path(place)


@dataclass(frozen=True, eq=False)
class NumberedFrames(_Frames[Path]):
    """Files whose names count.

    Attributes:
        folder: where they are.
        numbers: the numbers in their names, in order.
        pattern: printf pattern of the names, as ``%04d.jpg``.
    """

    folder: Path
    numbers: range
    pattern: str = "%08d.jpg"

    def __len__(self) -> int:
        return len(self.numbers)

    def _path(self, index: int) -> Path:
        return self.folder / (self.pattern % self.numbers[index])


@dataclass(frozen=True, eq=False)
class NamedFrames(_Frames[Path]):
    """Files by name, in the order given.

    Attributes:
        folder: where they are.
        names: their names relative to it.
    """

    folder: Path
    names: abc.Sequence[str]

    def __len__(self) -> int:
        return len(self.names)

    def _path(self, index: int) -> Path:
        return self.folder / self.names[index]


@dataclass(frozen=True, eq=False)
class FolderFrames(_Frames[Path]):
    """All pictures of a folder in natural order; it is listed when first asked.

    A picture that is missing between numbered ones keeps its place and its name.

    Attributes:
        folder: where they are.
    """

    folder: Path

    @cached_property
    def _names(self) -> list[str]:
        return with_missing(self.there)

    @cached_property
    def there(self) -> list[str]:
        """Names of the pictures that are in the folder."""
        from feathertrack.video.folders import pictures_in

        return [path.name for path in pictures_in(self.folder).paths]

    def __len__(self) -> int:
        return len(self._names)

    def _path(self, index: int) -> Path:
        return self.folder / self._names[index]


@dataclass(frozen=True, eq=False)
class VideoFrames(_Frames[VideoFrame]):
    """The frames of a video file, which are counted when first asked for.

    Attributes:
        path: the file.
    """

    path: Path

    @cached_property
    def _length(self) -> int:
        return count_frames(self.path)

    def __len__(self) -> int:
        return self._length

    def _path(self, index: int) -> VideoFrame:
        return VideoFrame(self.path, index)


@dataclass(frozen=True, eq=False)
class FirstFrames(_Frames[Path | StoredPicture]):
    """The beginning of a list.

    Attributes:
        frames: the whole list.
        length: how many of them.
    """

    frames: FrameList
    length: int

    def __len__(self) -> int:
        return self.length

    def _path(self, index: int) -> Path | StoredPicture:
        return self.frames[index]


@dataclass(frozen=True, eq=False)
class LaterFrames(_Frames[Path | StoredPicture]):
    """A list without its beginning.

    Attributes:
        frames: the whole list.
        start: how many are left out.
    """

    frames: FrameList
    start: int

    def __len__(self) -> int:
        return len(self.frames) - self.start

    def _path(self, index: int) -> Path | StoredPicture:
        return self.frames[self.start + index]
