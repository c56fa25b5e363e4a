"""Tables of numbers in text files: ground truth and results, read fast and strictly.

Numbers may be separated by commas, semicolons, tabs or blanks, lines by any line end; blank lines
are passed over. Every number comes out as ``float`` would make it, bit for bit: decimals of up to
18 digits are computed for the whole file at once, the others one by one.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feathertrack.errors import InputError
from feathertrack.textdecimals import LONGEST, decimals, rows_alike

Rows = NDArray[np.float64]

LARGEST_FILE = 512 * 2**20
"""Bytes; the longest ground truth of any benchmark has not a hundredth of it."""

_TO_BLANKS = bytes.maketrans(b",;" + bytes(range(32)), b" " * 34)
_BLANKS = b",;" + bytes(range(33))
_BLANK_LINE = re.compile(rb"\n[\x00-\x20,;]*\n")
_FEW = 400  # numbers; below, one by one is as fast


def parse_rows(path: str | Path, *, columns: int | tuple[int, ...] | None = None) -> Rows:
    """Read a file of rows of equally many numbers as float64 (rows, columns).

    NaN and infinity, in any letter case, are numbers.

    Args:
        path: the file.
        columns: how many numbers a row may have; None takes what the first row has.

    Raises:
        InputError: no such file, an empty one, a word that is no number, or a row with another
            number of numbers, with the file and the line.
    """
    return rows_of(read_bytes(path), name=str(path), columns=columns)


def rows_of(data: bytes, *, name: str, columns: int | tuple[int, ...] | None = None) -> Rows:
    """As ``parse_rows``, from the bytes of a file that is called ``name`` in errors."""
    data = _unix_lines(data, name)
    if len(data) > 4 * _FEW:
        usual = rows_alike(data)
        if usual is not None and (columns is None or usual.shape[1] in _allowed(columns)):
            return usual
    table = _Table(data, name)
    if not len(table.starts):
        raise InputError(f"{name} is empty: expected rows of numbers, as x,y,w,h")
    allowed = _allowed(columns) or (int(table.widths[0]),)
    wrong = np.flatnonzero(table.widths != table.widths[0])
    first = 0 if table.widths[0] not in allowed else int(wrong[0]) if len(wrong) else -1
    if first >= 0:
        expected = " or ".join(map(str, allowed if first == 0 else (table.widths[0],)))
        raise InputError(
            f"{name}, line {table.lines[first] + 1}: "
            f"there are {table.widths[first]} numbers, expected {expected}"
        )
    return table.numbers().reshape(len(table.widths), -1)


def parse_ragged(
    path: str | Path, *, columns: tuple[int, ...] | None = None
) -> tuple[Rows, NDArray[np.intp]]:
    """Read a file whose rows differ in length, as VOT's regions do.

    Args:
        path: the file.
        columns: how many numbers a row may have; None takes any number.

    Returns:
        The numbers, float64 (rows, longest row) with NaN where a row is shorter, and how many
        numbers each row has.

    Raises:
        InputError: as ``parse_rows``.
    """
    return ragged_of(read_bytes(path), name=str(path), columns=columns)


def ragged_of(
    data: bytes, *, name: str, columns: tuple[int, ...] | None = None
) -> tuple[Rows, NDArray[np.intp]]:
    """As ``parse_ragged``, from the bytes of a file that is called ``name`` in errors."""
    table = _Table(_unix_lines(data, name), name)
    if not len(table.starts):
        raise InputError(f"{name} is empty: expected rows of numbers")
    if columns is not None:
        wrong = np.flatnonzero(~np.isin(table.widths, columns))
        if len(wrong):
            raise InputError(
                f"{name}, line {table.lines[wrong[0]] + 1}: there are {table.widths[wrong[0]]} "
                f"numbers, expected {' or '.join(map(str, columns))}"
            )
    rows = np.full((len(table.widths), int(table.widths.max())), np.nan)
    rows[np.arange(rows.shape[1]) < table.widths[:, None]] = table.numbers()
    return rows, table.widths


def read_bytes(path: str | Path) -> bytes:
    """The bytes of a text file without a byte order mark.

    Raises:
        InputError: it cannot be read, or is too large for a table of numbers.
    """
    path = Path(path)
    try:
        with path.open("rb", buffering=0) as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise InputError(f"{path} is no file")
            if about.st_size > LARGEST_FILE:
                raise InputError(f"{path} is over {LARGEST_FILE >> 20} MiB, too large for boxes")
            data = file.read()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from error
    return data.removeprefix(b"\xef\xbb\xbf")


def refuse_utf16(data: bytes, *, name: str) -> None:
    """Say so where a text is in UTF-16, as some editors and shells of Windows write it.

    Raises:
        InputError: it is.
    """
    begins = data[:4]
    if begins[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0\0" in (begins[::2], begins[1::2]):
        raise InputError(f"{name} is written in UTF-16: save it as UTF-8 or ASCII")


def inner_blank_line(data: bytes) -> int | None:
    r"""Number, from 1, of the first blank line between two that are not; None without.

    >>> inner_blank_line(b"1,2\n\n3,4\n"), inner_blank_line(b"\n1,2\n3,4\n\n")
    (2, None)
    """
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    end = len(data.rstrip(_BLANKS))
    begin = len(data) - len(data.lstrip(_BLANKS))
    found = _BLANK_LINE.search(data, begin, end)
    return None if found is None else data.count(b"\n", 0, found.start()) + 2


def _allowed(columns: int | tuple[int, ...] | None) -> tuple[int, ...]:
    return (columns,) if isinstance(columns, int) else columns or ()


def _unix_lines(data: bytes, name: str) -> bytes:
    """The text with lines that end in a line feed alone.

    Raises:
        InputError: it is in UTF-16.
    """
    refuse_utf16(data, name=name)
    return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in data else data


class _Table:
    """Where the numbers of a text begin and end, and how many each line has.

    Attributes:
        starts: where each number begins in ``text``.
        ends: where it ends.
        lines: number, from 0, of each line that is not blank.
        widths: how many numbers it has.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self.text = data
        end = b"" if data.endswith(b"\n") else b"\n"
        self.bytes = np.frombuffer(b" " * LONGEST + data + end, np.uint8)
        blank = (self.bytes <= 32) | (self.bytes == 44)  # controls, blank, comma
        if b";" in data:
            blank |= self.bytes == 59
        self._blank = blank
        blanks = np.flatnonzero(blank)
        line_ends = np.flatnonzero(self.bytes[blanks] == 10)
        self._breaks = blanks[line_ends]
        apart = blanks[1:] - blanks[:-1] > 1
        if apart[LONGEST - 1 :].all():  # every separator is one letter
            self.starts, self.ends = blanks[LONGEST - 1 : -1] + 1, blanks[LONGEST:]
            counts = np.diff(line_ends, prepend=LONGEST - 1)
        else:
            between = np.flatnonzero(apart)
            self.starts, self.ends = blanks[between] + 1, blanks[between + 1]
            counts = np.diff(np.searchsorted(self.starts, self._breaks), prepend=0)
        self.lines = np.flatnonzero(counts)
        self.widths = counts[self.lines]

    def numbers(self) -> Rows:
        """All numbers in order."""
        if len(self.starts) < _FEW:
            return self._all_one_by_one()
        values, plain = decimals(self.bytes, self._blank, self.starts, self.ends)
        others = np.flatnonzero(~plain)
        if 4 * len(others) > len(plain):
            return self._all_one_by_one()
        if len(others):
            places = zip(self.starts[others].tolist(), self.ends[others].tolist(), strict=True)
            words = [self.text[a - LONGEST : b - LONGEST] for a, b in places]
            values[others] = self._one_by_one(words, others)
        return values

    def _all_one_by_one(self) -> Rows:
        words = self.text.translate(_TO_BLANKS).split()
        return self._one_by_one(words, np.arange(len(words)))

    def _one_by_one(self, words: list[bytes], which: NDArray[np.intp]) -> Rows:
        try:
            if b"_" in self.text:  # Python would take 1_0 for 10
                raise ValueError
            return np.array(list(map(float, words)), np.float64)
        except ValueError:
            raise self._complaint(words, which) from None

    def _complaint(self, words: list[bytes], which: NDArray[np.intp]) -> InputError:
        for word, place in zip(words, which, strict=True):
            if not _is_number(word):
                line = int(np.searchsorted(self._breaks, self.starts[place])) + 1
                shown = word[:40].decode("utf-8", "replace")
                return InputError(f"{self.name}, line {line}: {shown!r} is not a number")
        raise AssertionError("every word is a number")


def _is_number(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return b"_" not in word
