"""The picture files of a sequence, named without looking at the disk."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import overload

from feathertrack.benchmarks.numbering import with_missing

FrameList = abc.Sequence[Path]
"""Picture files in order. Building one opens nothing; see the classes of this file."""


class _Frames(abc.Sequence[Path]):
    """Indexing and slicing over ``_path``; a slice is a list of paths."""

    def _path(self, index: int) -> Path:
        raise NotImplementedError

    @overload
    def __getitem__(self, index: int) -> Path: ...
    @overload
    def __getitem__(self, index: slice) -> list[Path]: ...
    def __getitem__(self, index: int | slice) -> Path | list[Path]:
        place = range(len(self))[index]
        return [self._path(i) for i in place] if isinstance(place, range) else self._path(place)


@dataclass(frozen=True, eq=False)
class NumberedFrames(_Frames):
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
class NamedFrames(_Frames):
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
class FolderFrames(_Frames):
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
class FirstFrames(_Frames):
    """The beginning of a list.

    Attributes:
        frames: the whole list.
        length: how many of them.
    """

    frames: FrameList
    length: int

    def __len__(self) -> int:
        return self.length

    def _path(self, index: int) -> Path:
        return self.frames[index]


@dataclass(frozen=True, eq=False)
class LaterFrames(_Frames):
    """A list without its beginning.

    Attributes:
        frames: the whole list.
        start: how many are left out.
    """

    frames: FrameList
    start: int

    def __len__(self) -> int:
        return len(self.frames) - self.start

    def _path(self, index: int) -> Path:
        return self.frames[self.start + index]
