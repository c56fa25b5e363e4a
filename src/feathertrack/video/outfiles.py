"""Files that are written beside their name and put in place whole.

While an output grows it is called ``PATH.part``; what is under ``PATH`` is always complete.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from feathertrack.errors import InputError


def part_of(path: Path) -> Path:
    """What a growing output is called: ``boxes.csv`` -> ``boxes.csv.part``."""
    return path.with_name(path.name + ".part")


def prepare(path: Path) -> Path:
    """Make the folder of an output and its empty ``.part`` file, so that trouble shows at once.

    What a run that was killed left in a ``.part`` file is kept as ``.part.old``, in place of an
    older one; nothing removes it, as the new run may be about other frames.

    Returns:
        The ``.part`` file.

    Raises:
        InputError: the path is a folder or a device, cannot be written, or is far from any folder.
    """
    if path.is_dir():
        raise InputError(f"output {path} is a folder: name a file in it")
    if path.exists() and not path.is_file():
        raise InputError(f"output {path} is not a regular file: name another")
    part = part_of(path)
    with writing(path):
        make_folder(path.parent)
        if part.is_file() and part.stat().st_size:
            part.replace(part.with_name(part.name + ".old"))
        part.write_bytes(b"")
    return part


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing.

    Raises:
        InputError: several are missing, down from the root of the disk: most likely a misspelt or
            unmounted place, that nobody wants to be made there.
        OSError: it cannot be made.
    """
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    if len(missing) > 1 and missing[-1].parent == Path(folder.anchor) and folder.is_absolute():
        raise InputError(f"there is no folder {missing[-1]}: make {folder} first, if it is right")
    folder.mkdir(parents=True, exist_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name the output in the errors of the operating system.

    Raises:
        InputError: in place of any OSError.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"output {path} cannot be written: {reason}") from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary name in the same folder; the file there becomes ``path`` if nothing fails."""
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(path: Path, pieces: Iterable[str]) -> None:
    """Write text as UTF-8 with line feeds; ``path`` is replaced only when all of it is on disk.

    What cannot be said in UTF-8, as in odd names of files, becomes a question mark.
    """
    with (
        replacing(path) as temporary,
        temporary.open("w", encoding="utf-8", errors="replace", newline="\n") as file,
    ):
        file.writelines(pieces)
        file.flush()
        os.fsync(file.fileno())
