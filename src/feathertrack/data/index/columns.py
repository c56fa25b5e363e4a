"""Columns of numbers that grow on disk, row by row, and tables of strings; opened memory-mapped."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

_HEADER = 128  # bytes; a whole number of 64, as the format asks
_UTF8 = "utf-8"
_ODD_NAMES = "surrogatepass"  # names of files need not be valid text


class Column:
    """An ``.npy`` file of a length that is known only when it is closed.

    Args:
        path: the file.
        dtype: of the numbers.
        width: numbers in a row; None for a plain vector.
    """

    def __init__(self, path: Path, dtype: DTypeLike, *, width: int | None = None) -> None:
        self._dtype = np.dtype(dtype)
        self._width = width
        self._length = 0
        self._file = path.open("wb", buffering=1 << 18)
        self._file.write(b" " * _HEADER)

    def __len__(self) -> int:
        return self._length

    def append(self, rows: NDArray[Any] | Iterable[int]) -> None:
        """Add rows at the end."""
        shape = (-1,) if self._width is None else (-1, self._width)
        array = np.asarray(rows, self._dtype).reshape(shape)
        self._file.write(array.tobytes())
        self._length += len(array)

    def close(self) -> None:
        """Write the header: from now on ``numpy.load`` reads the file."""
        if self._file.closed:
            return
        columns = f"{self._width}" if self._width is not None else ""
        about = (
            f"{{'descr': '{self._dtype.str}', 'fortran_order': False, "
            f"'shape': ({self._length}, {columns})}}"
        )
        start = b"\x93NUMPY\x01\x00" + (_HEADER - 10).to_bytes(2, "little")
        self._file.seek(0)
        self._file.write(start + about.encode("ascii").ljust(_HEADER - 11) + b"\n")
        self._file.close()


class Strings:
    """A growing table of strings: all their bytes in a row, and where each begins.

    Args:
        folder: where the two files are.
        name: of the table.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._bytes = Column(folder / f"{name}.text.npy", np.uint8)
        self._starts = Column(folder / f"{name}.start.npy", np.int64)

    def __len__(self) -> int:
        return len(self._starts)

    def append(self, strings: Iterable[str]) -> None:
        """Add strings at the end."""
        coded = [text.encode(_UTF8, _ODD_NAMES) for text in strings]
        lengths = np.fromiter(map(len, coded), np.int64, len(coded))
        self._starts.append(len(self._bytes) + np.cumsum(lengths) - lengths)
        self._bytes.append(np.frombuffer(b"".join(coded), np.uint8))

    def close(self) -> None:
        """Finish both files."""
        self._starts.append([len(self._bytes)])
        self._bytes.close()
        self._starts.close()


class StringTable:
    """Strings of a closed table by number; nothing is read but what is asked for.

    Args:
        folder: where the two files are.
        name: of the table.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._bytes = read_column(folder / f"{name}.text.npy")
        self._starts = read_column(folder / f"{name}.start.npy")

    def __len__(self) -> int:
        return len(self._starts) - 1

    def __getitem__(self, index: int) -> str:
        start, end = self._starts[index : index + 2].tolist()
        return self._bytes[start:end].tobytes().decode(_UTF8, _ODD_NAMES)


def read_column(path: Path) -> NDArray[Any]:
    """Map a column into memory, read-only; processes that map the same file share its pages.

    Raises:
        OSError: there is no such file.
        ValueError: it is damaged.
    """
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    return np.asarray(mapped)  # a plain view is sliced several times faster


class Writers:
    """Closes several columns and tables together, also after an error."""

    def __init__(self) -> None:
        self._all: list[Column | Strings] = []

    def column(self, path: Path, dtype: DTypeLike, *, width: int | None = None) -> Column:
        """Open a column that is closed with the others."""
        made = Column(path, dtype, width=width)
        self._all.append(made)
        return made

    def strings(self, folder: Path, name: str) -> Strings:
        """Open a table that is closed with the others."""
        made = Strings(folder, name)
        self._all.append(made)
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for one in self._all:
            one.close()
