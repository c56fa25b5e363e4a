"""Is an index still that of the files it was made from?

Every annotation file (of sets with a file per picture: every folder of them) and every folder of
pictures has its time of change and size kept. Opening an index looks at a sample of them, so that
it stays a matter of milliseconds for any set; ``feathertrack data index`` looks at all.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feathertrack.data.index.columns import StringTable, Writers, read_column

_SAMPLE = 256
_GONE = (-1, -1)


def write_sources(folder: Path, root: Path, sources: Sequence[str]) -> None:
    """Keep the state of the files and folders that an index was made from."""
    with Writers() as writers:
        writers.strings(folder, "source").append(sources)
        column = writers.column(folder / "source.state.npy", np.int64, width=2)
        column.append(_states(root, sources))


def changed_source(folder: Path, root: Path, *, every: bool = False) -> str | None:
    """The first source that is not as it was when the index was made; None where all are.

    Args:
        folder: of the index.
        root: of the training set.
        every: look at all, not at a sample spread over them.

    Raises:
        OSError, ValueError: the files of the index are gone or damaged.
    """
    table, states = StringTable(folder, "source"), read_column(folder / "source.state.npy")
    count = len(table)
    chosen = np.arange(count)
    if not every and count > _SAMPLE:
        chosen = np.linspace(0, count - 1, _SAMPLE).astype(np.intp)
    names = [table[int(number)] for number in chosen]
    different = np.flatnonzero((_states(root, names) != states[chosen]).any(1))
    return names[int(different[0])] if len(different) else None


def _states(root: Path, sources: Sequence[str]) -> NDArray[np.int64]:
    states = np.empty((len(sources), 2), np.int64)
    base = str(root)
    for row, source in enumerate(sources):
        states[row] = _state(f"{base}/{source}" if source else base)
    return states


def _state(path: str) -> tuple[int, int]:
    """Time of change and size; of a folder the time alone, as its size tells nothing."""
    try:
        about = os.stat(path)  # noqa: PTH116 (several times faster than Path.stat)
    except OSError:
        return _GONE
    is_folder = (about.st_mode & 0o170000) == 0o040000
    return about.st_mtime_ns, 0 if is_folder else about.st_size
