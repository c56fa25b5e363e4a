"""Where result files lie: a folder, or a zip archive that is read in place and never unpacked."""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from pathlib import Path
from typing import Protocol

from feathertrack.errors import InputError
from feathertrack.textrows import read_bytes

LARGEST_MEMBER = 128 * 2**20
"""Bytes of one file of an archive; the longest sequence of any benchmark needs a few."""
LARGEST_ARCHIVE = 2 * 2**30
"""Bytes that are read from one archive altogether."""
MOST_FILES = 300_000
_DEEPEST = 8
_MAC = "__MACOSX"  # what the Finder adds; only this, as a sequence may be called __WaG8fRMto_0
_BOM = b"\xef\xbb\xbf"


class ResultFiles(Protocol):
    """Files under one place; names are relative, with slashes."""

    place: Path
    names: tuple[str, ...]

    def read(self, name: str) -> bytes:
        """The bytes of a file, without a byte order mark."""

    def label(self, name: str) -> str:
        """What to call the file in messages."""


def open_files(place: str | Path) -> ResultFiles:
    """The files of a folder or a zip archive.

    Raises:
        InputError: it is neither, or an archive that cannot be trusted.
    """
    path = Path(place)
    if path.is_dir():
        return FolderFiles(path)
    if not path.exists():
        raise InputError(f"results {path} do not exist: name a folder or a zip archive")
    if not zipfile.is_zipfile(path):
        if _begins_as_zip(path):
            raise InputError(f"{path} is a damaged zip archive, most likely cut off: copy it again")
        raise InputError(f"results {path} are neither a folder nor a zip archive")
    return ZipFiles(path)


class FolderFiles:
    """The files of a folder and the folders in it; links to folders are not followed."""

    def __init__(self, place: Path) -> None:
        self.place = place
        names: list[str] = []
        for folder, below, files in os.walk(place):
            inside = Path(folder).relative_to(place)
            below[:] = sorted(n for n in below if not n.startswith(".") and n != _MAC)
            if len(inside.parts) >= _DEEPEST:
                below.clear()
            names += [(inside / name).as_posix() for name in files if not name.startswith(".")]
            if len(names) > MOST_FILES:
                raise InputError(f"{place} holds over {MOST_FILES} files: name the results' folder")
        self.names = tuple(sorted(names))

    def read(self, name: str) -> bytes:
        """The bytes of a file, without a byte order mark."""
        return read_bytes(self.place / name)

    def label(self, name: str) -> str:
        """Its path."""
        return str(self.place / name)


class ZipFiles:
    """The files of a zip archive, read into memory one by one; nothing is ever unpacked to disk."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._read = 0
        try:
            self._archive = zipfile.ZipFile(place)
            entries = [entry for entry in self._archive.infolist() if not entry.is_dir()]
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise InputError(f"{place} is no zip archive that can be read: {error}") from error
        if len(entries) > MOST_FILES:
            raise InputError(f"{place} holds over {MOST_FILES} files")
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            name = entry.filename
            if _points_outside(name):
                raise InputError(f"{place} holds {name!r}, which points out of it: refused")
            if name in self._entries:
                raise InputError(f"{place} holds {name!r} twice")
            if not any(part.startswith(".") or part == _MAC for part in name.split("/")):
                self._entries[name] = entry
        self.names = tuple(sorted(self._entries))

    def read(self, name: str) -> bytes:
        """The bytes of a file, without a byte order mark.

        Raises:
            InputError: it is damaged, encrypted, or larger than any result.
        """
        try:
            # What the archive says about a size may be a lie: what comes out is what is counted.
            with self._archive.open(self._entries[name]) as file:
                data = file.read(LARGEST_MEMBER + 1)
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError) as error:
            raise InputError(f"{self.label(name)} cannot be read: {error}") from error
        self._read += len(data)
        if len(data) > LARGEST_MEMBER or self._read > LARGEST_ARCHIVE:
            raise InputError(f"{self.label(name)} is larger than results can be: not read")
        return data.removeprefix(_BOM)

    def close(self) -> None:
        """Let go of the archive; on Windows it can be neither moved nor removed before."""
        self._archive.close()

    def label(self, name: str) -> str:
        """The archive and the name in it."""
        return f"{self.place}:{name}"


def _begins_as_zip(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError as error:
        raise InputError(f"results {path} cannot be read: {error.strerror or error}") from error


def _points_outside(name: str) -> bool:
    parts = re.split(r"[/\\]", name)
    return ".." in parts or name.startswith(("/", "\\")) or bool(re.match(r"[A-Za-z]:", name))
