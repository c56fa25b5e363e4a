"""Where a study is kept: a journal file that survives kill -9, or any database of SQLAlchemy's."""

from __future__ import annotations

import contextlib
import os
import re
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from feathertrack.errors import InputError, require
from feathertrack.lock import exclusive
from feathertrack.tuning.places import is_url, without_secrets

_PAUSE = 0.005
_TRIES = 8
_BETWEEN_TRIES = 0.25
_CREATED_ELSEWHERE = re.compile(
    r"IntegrityError|UniqueViolation|already exists|database is locked"
    r"|alembic_version|no such table",
    re.IGNORECASE,
)
"""What databases say where another process is making the same tables."""
_HEAD = b'{"op_code":0,"worker_id":"'
"""How every journal begins: its first line makes a study."""
_LINE = (b'{"op_code":', b"}\n")
"""How every line begins and ends."""
_NO_JOURNAL = "study {} is no journal of a study: name another file"


@contextlib.contextmanager
def waiting_for(lock: Path) -> Iterator[None]:
    """Wait for a lock that the system releases however a process ends, and hold it."""
    with contextlib.ExitStack() as held:
        while not held.enter_context(exclusive(lock)):
            held.close()
            time.sleep(_PAUSE)
        yield


class JournalLock:
    """Optuna's lock for a journal, released by the system however a process ends.

    Whoever takes it first cuts off a line that another process was killed in the middle of: lines
    end with a line feed, and half a line would spoil the next one.

    Args:
        path: of the journal.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held = contextlib.ExitStack()

    def acquire(self) -> bool:
        """Wait for the lock."""
        self._held.enter_context(waiting_for(self._path.with_name(f"{self._path.name}.lock")))
        _cut_torn_line(self._path)
        return True

    def release(self) -> None:
        """Let the next one have it."""
        self._held.close()


def _cut_torn_line(path: Path) -> None:
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        end = size
        while end:
            start = max(0, end - 4096)
            file.seek(start)
            at = file.read(end - start).rfind(b"\n")
            if at >= 0:
                end = start + at + 1
                break
            end = start
        if end < size:
            file.truncate(end)


def open_storage(place: str) -> Any:
    """Optuna's storage of a study.

    Args:
        place: of ``split_place``.

    Raises:
        InputError: the file or database cannot be opened, or holds something else.
        MissingExtra: optuna is not installed.
    """
    optuna: Any = require("optuna", extra="tune")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    if is_url(place):
        return _database(optuna, place)
    path = Path(place).expanduser()
    if path.is_dir():
        raise InputError(f"study {path} is a folder: name a file in it, as {path / 'tune.journal'}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _refuse_strangers(path)
        backend = optuna.storages.journal.JournalFileBackend(str(path), lock_obj=JournalLock(path))
        return optuna.storages.JournalStorage(backend)
    except InputError:  # which is a ValueError too
        raise
    except OSError as error:
        raise InputError(f"study {path} cannot be opened: {error.strerror or error}") from error
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        raise InputError(_NO_JOURNAL.format(path)) from error


def _refuse_strangers(path: Path) -> None:
    """A file that somebody names by mistake must not be written to.

    Raises:
        InputError: the file does not begin as a journal does, or a line of it is none of a journal;
            half a line at the end, of a process that was killed, may be anything.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        head = file.read(len(_HEAD))
        if head not in (b"", _HEAD):
            raise InputError(_NO_JOURNAL.format(path))
        file.seek(0)
        for number, line in enumerate(file, start=1):
            if line.endswith(b"\n") and not (line.startswith(_LINE[0]) and line.endswith(_LINE[1])):
                raise InputError(f"{_NO_JOURNAL.format(path)} (line {number} is none of a journal)")


def _database(optuna: Any, url: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for left in reversed(range(_TRIES)):
            try:
                # A connection that the server closed overnight is opened again.
                return optuna.storages.RDBStorage(url, engine_kwargs={"pool_pre_ping": True})
            except Exception as error:  # every driver has errors of its own
                if left and _CREATED_ELSEWHERE.search(str(error)):
                    time.sleep(_BETWEEN_TRIES)
                    continue
                shown = without_secrets(url)
                text = " ".join(str(error).replace(url, shown).split())[:200]
                raise InputError(f"study {shown} cannot be opened: {text}") from error
    raise AssertionError("the last try returns or raises")
