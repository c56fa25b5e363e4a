"""Where indexes are kept: a folder per training set, and in it one generation of files.

A generation is complete before a file says that it is the current one, so that a build that is
killed leaves the last index as it was, and one that others have open is never written to.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from feathertrack.errors import InputError
from feathertrack.lock import exclusive
from feathertrack.paths import cache_dir

_CURRENT = "current.json"
_WAIT = 0.2  # seconds between two looks at a lock that another process holds


def indexes_dir(cache: str | Path | None) -> Path:
    """The folder of all indexes: ``cache``, else ``indexes`` in the user's cache."""
    return Path(cache).expanduser() if cache is not None else cache_dir() / "indexes"


@dataclass(frozen=True)
class Store:
    """The place of one index.

    Attributes:
        folder: holds its generations.
    """

    folder: Path

    @classmethod
    def of(cls, cache: str | Path | None, *, reader: str, root: Path, split: str) -> Store:
        """The place of the index of a part of a training set."""
        key = json.dumps([reader, str(root), split])
        digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:12]
        readable = re.sub(r"[^A-Za-z0-9]+", "-", f"{reader}-{split}").strip("-")[:40]
        return cls(indexes_dir(cache) / f"{readable}-{digest}")

    def current(self) -> Path | None:
        """The folder of the complete index, None where there is none."""
        try:
            name = json.loads((self.folder / _CURRENT).read_text(encoding="utf-8"))["generation"]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        folder = self.folder / str(name)
        return folder if folder.parent == self.folder and folder.is_dir() else None

    @contextlib.contextmanager
    def building(self) -> Iterator[None]:
        """Be the only one that builds; waits while another does.

        Raises:
            InputError: the folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            while True:
                with exclusive(self.folder / "lock") as held:
                    if held:
                        yield
                        return
                time.sleep(_WAIT)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(
                f"the index cannot be written to {self.folder}: {reason}; "
                "name another folder with --output or FEATHERTRACK_CACHE"
            ) from error

    @contextlib.contextmanager
    def new_generation(self) -> Iterator[Path]:
        """An empty folder that becomes the current index if nothing fails; older ones go.

        Raises:
            OSError: it cannot be written.
        """
        self._clean(keep=self.current())
        name = f"g{time.time_ns():x}{secrets.token_hex(2)}"
        folder = self.folder / name
        folder.mkdir()
        try:
            yield folder
            _sync(folder)
            self._make_current(name)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self._clean(keep=folder)

    def _make_current(self, name: str) -> None:
        temporary = self.folder / f"{_CURRENT}.{secrets.token_hex(4)}.tmp"
        temporary.write_text(json.dumps({"generation": name}), encoding="utf-8")
        temporary.replace(self.folder / _CURRENT)

    def _clean(self, *, keep: Path | None) -> None:
        """Remove what builds left that were killed, and indexes that were replaced.

        Windows keeps files that are open: those go the next time.
        """
        with os.scandir(self.folder) as entries:
            old = [Path(e.path) for e in entries if e.is_dir() and re.match(r"g[0-9a-f]+$", e.name)]
        for folder in old:
            if folder != keep:
                shutil.rmtree(folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    """Have the files on the disk before they are called complete."""
    for path in folder.iterdir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
