"""Crops that lie as one jpg file each in folders."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from feathertrack.data.cropped.table import TabledSource, TrackTable
from feathertrack.data.sources import Shot
from feathertrack.errors import InputError, SourceError
from feathertrack.paths import cache_dir
from feathertrack.video.outfiles import writing
from feathertrack.video.pictures import read_picture

CropFile = Callable[["CropFolder", int, int], Path]
"""Path of a crop: the set, its track, and the number among the track's crops."""

_VERSION = 1


class CropFolder(TabledSource):
    """A set of crops in folders, with its table in the cache.

    Args:
        root: folder that the crops' paths start from.
        table: folder of the table.
        side: of the crops, pixels.
        file: where a crop lies; a function of a module, as workers must find it.
        name: what the set is called in messages.
    """

    def __init__(self, root: Path, table: Path, *, side: int, file: CropFile, name: str) -> None:
        self.root = root
        self.name = name
        self.table = TrackTable.open(table)
        self.side = side
        self._file = file
        self._folder = table

    def __reduce__(self) -> tuple[Any, ...]:
        given = {"side": self.side, "file": self._file, "name": self.name}
        return _reopen, (self.root, self._folder, given)

    def load(self, track: int, i: int) -> Shot:
        """Read the ``i``-th crop of a track.

        Raises:
            SourceError: it cannot be read, or is no square of the side that all have.
        """
        path = self._file(self, track, i)
        image = read_picture(path)
        if image.shape[:2] != (self.side, self.side):
            height, width = image.shape[:2]
            raise SourceError(
                f"{path} has {width}x{height} pixels, expected {self.side}x{self.side}"
            )
        crop = self.table.crops_of(track)[i]
        box = self.table.box(crop, side=self.side)
        return Shot(image=image, box=box, side=float(self.side))


def cached_table(stamp: str, build: Callable[[], TrackTable], *, cache: Path | None = None) -> Path:
    """Folder of a table that is built when there is none for this ``stamp``.

    Args:
        stamp: everything that the table depends on; another stamp is another table.
        build: makes it.
        cache: folder of such tables, the user's cache if None.

    Raises:
        InputError: it cannot be built or written.
    """
    key = hashlib.sha256(f"{_VERSION} {stamp}".encode("utf-8", "surrogateescape")).hexdigest()[:24]
    folder = (cache or cache_dir() / "crops") / key
    if (folder / "complete").is_file():
        return folder
    table = build()
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        table.save(folder)
        (folder / "complete").write_text(stamp, encoding="utf-8", errors="replace")
    return folder


def stamp_of(path: Path) -> str:
    """Path, size and time of a file: what tells whether it has changed.

    Raises:
        InputError: there is no such file.
    """
    try:
        found = path.stat()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    return f"{path.resolve()} {found.st_size} {found.st_mtime_ns}"


def _reopen(root: Path, table: Path, given: dict[str, object]) -> CropFolder:
    return CropFolder(root, table, **given)  # type: ignore[arg-type]
