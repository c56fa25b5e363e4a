"""One process at a time, by a lock that the system releases however a process ends.

So a lock also tells whether the process that made something is still there.
"""

from __future__ import annotations

import contextlib
import logging
import secrets
import shutil
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


@contextlib.contextmanager
def work_folder(parent: Path, *, prefix: str) -> Iterator[Path]:
    """An empty folder in ``parent`` for the length of a ``with`` block; it may be moved away.

    Folders of that prefix whose process was killed are removed. Beside each lies a lock file,
    ``<folder>.lock``, which tells them from those at work.

    Raises:
        OSError: the folder cannot be made.
    """
    with contextlib.ExitStack() as held:
        lock = parent / f"{prefix}{secrets.token_hex(6)}.lock"
        # Who looks for leftovers may take, and remove, a lock in the moment before it is held.
        while not (held.enter_context(exclusive(lock)) and lock.is_file()):
            lock = parent / f"{prefix}{secrets.token_hex(6)}.lock"
        folder = lock.with_suffix("")
        try:
            _remove_leftovers(parent, prefix, own=lock)
            folder.mkdir()
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            held.close()
            _unlink(lock)


def _remove_leftovers(parent: Path, prefix: str, *, own: Path) -> None:
    """Remove the work folders whose lock nobody holds."""
    with exclusive(own) as free:
        if free:  # locks do nothing here: all would look abandoned
            return
    for lock in parent.glob(f"{prefix}*.lock"):
        with contextlib.suppress(OSError):
            with exclusive(lock) as free:
                if free:
                    shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            if free:
                _unlink(lock)


def _unlink(lock: Path) -> None:
    with contextlib.suppress(OSError):  # Windows keeps it while another process looks at it
        lock.unlink()
