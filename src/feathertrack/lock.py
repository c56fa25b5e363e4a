"""One process at a time, by a lock that the system releases however a process ends."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_LOG = logging.getLogger(__name__)

if sys.platform == "win32":
    import msvcrt

    def _acquire(file: BinaryIO) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _acquire(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def exclusive(path: Path) -> Iterator[bool]:
    """Hold the lock file ``path`` for the length of a ``with`` block.

    Yields False where another process, or another block of this one, holds it. The empty file
    stays: to remove it would let two processes hold locks on two files of one name.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        try:
            _acquire(file)
        except (BlockingIOError, PermissionError):
            yield False
            return
        except OSError as error:  # some network file systems have no locks
            _LOG.warning("%s cannot be locked: %s", path, error)
        yield True
