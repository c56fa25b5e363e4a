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

Rows = NDArray[np.float64]

LARGEST_FILE = 512 * 2**20
"""Bytes; the longest ground truth of any benchmark has not a hundredth of it."""

_TO_BLANKS = bytes.maketrans(b",;" + bytes(range(32)), b" " * 34)
_BLANKS = b",;" + bytes(range(33))
_BLANK_LINE = re.compile(rb"\n[\x00-\x20,;]*\n")
_FEW = 400  # numbers; below, one by one is as fast
_LONGEST = 16  # digits before the dot, or after it, of a number that is computed with the others
_EXACT = np.power(10.0, np.arange(23), dtype=np.float64)  # powers of ten that float64 holds exactly
_POWERS = 10 ** np.arange(_LONGEST + 1, dtype=np.uint64)
_LOW = np.array([2 ** (8 * n) - 1 for n in range(9)], np.uint64)  # the lowest n bytes
_KEEP = np.array([0x0F0F0F0F0F0F0F0F << 8 * (8 - n) & 2**64 - 1 for n in range(9)], np.uint64)


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
    table = _Table(data, name)
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


class _Table:
    """Where the numbers of a text begin and end, and how many each line has.

    Attributes:
        starts: where each number begins in ``text``.
        ends: where it ends.
        lines: number, from 0, of each line that is not blank.
        widths: how many numbers it has.
    """

    def __init__(self, data: bytes, name: str) -> None:
        refuse_utf16(data, name=name)
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        self.name = name
        self.text = data
        end = b"" if data.endswith(b"\n") else b"\n"
        self.bytes = np.frombuffer(b" " * _LONGEST + data + end, np.uint8)
        blank = self.bytes <= 44  # controls, blank, comma, and "+", which is put right below
        if b"+" in data or b";" in data:
            blank = (blank & (self.bytes != 43)) | (self.bytes == 59)
        self._blank = blank
        blanks = np.flatnonzero(blank)
        line_ends = np.flatnonzero(self.bytes[blanks] == 10)
        self._breaks = blanks[line_ends]
        apart = blanks[1:] - blanks[:-1] > 1
        if apart[_LONGEST - 1 :].all():  # every separator is one letter
            self.starts, self.ends = blanks[_LONGEST - 1 : -1] + 1, blanks[_LONGEST:]
            counts = np.diff(line_ends, prepend=_LONGEST - 1)
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
        values, plain = _decimals(self.bytes, self._blank, self.starts, self.ends)
        others = np.flatnonzero(~plain)
        if 4 * len(others) > len(plain):
            return self._all_one_by_one()
        if len(others):
            places = zip(self.starts[others].tolist(), self.ends[others].tolist(), strict=True)
            words = [self.text[a - _LONGEST : b - _LONGEST] for a, b in places]
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


def _decimals(
    text: NDArray[np.uint8],
    blank: NDArray[np.bool_],
    starts: NDArray[np.intp],
    ends: NDArray[np.intp],
) -> tuple[Rows, NDArray[np.bool_]]:
    """The values of the numbers that are written in digits, and which those are.

    Where all have a dot, or none, as in most files, the look-ups of the mixed case are saved.
    """
    others = np.flatnonzero((text - np.uint8(48) > 9) > blank)  # what is below "0" wraps round
    letters = text[others]
    dots = others[letters == 46]
    middles, regular = _middles(dots, starts, ends)
    if regular and len(dots) == len(others):
        negative, plain, whole = None, np.ones(len(starts), np.bool_), middles - starts
    else:
        negative, plain = _signs(others, letters, starts)
        whole = middles - starts - negative
    part = ends - middles - 1 if regular and len(dots) else np.maximum(ends - middles - 1, 0)
    length = whole + part
    if negative is not None or length.max() > _LONGEST or not length.min():
        plain &= (length - 1 < 18) & (length > 0) & (whole <= _LONGEST) & (part <= _LONGEST)
        whole, part = np.where(plain, whole, 0), np.where(plain, part, 0)
    values, sure = _values(text, middles, ends, whole, part)
    return values if negative is None else np.where(negative, -values, values), plain & sure


def _values(
    text: NDArray[np.uint8],
    middles: NDArray[np.intp],
    ends: NDArray[np.intp],
    whole: NDArray[np.intp],
    part: NDArray[np.intp],
) -> tuple[Rows, NDArray[np.bool_] | bool]:
    """The numbers of so many digits before and after their dots, and where they are sure."""
    if middles is ends:
        return _digits(text, ends, whole).astype(np.float64), True
    first = int(part[0])
    if first <= 8 and (part == first).all():  # the usual "%.4f": what follows is one number for all
        part = np.array(first)
    if int((whole + part).max()) < 8:
        digits = _short(text, ends, middles < ends, whole, part)
        return digits / _EXACT[part], True
    digits = _digits(text, middles, whole) * _POWERS[part] + _digits(text, ends, part)
    return _divide(digits.view(np.int64), part)


def _middles(
    dots: NDArray[np.intp], starts: NDArray[np.intp], ends: NDArray[np.intp]
) -> tuple[NDArray[np.intp], bool]:
    """Where the digits before the dot end, and whether all numbers have one dot, or none has."""
    if not len(dots):
        return ends, True
    if len(dots) == len(starts) and (dots >= starts).all() and (dots < ends).all():
        return dots, True
    middles = ends.copy()
    middles[np.searchsorted(starts, dots, side="right") - 1] = dots
    return middles, False


def _signs(
    others: NDArray[np.intp], letters: NDArray[np.uint8], starts: NDArray[np.intp]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which numbers begin with a minus; which hold nothing else but digits and at most a dot."""
    owners = np.searchsorted(starts, others, side="right") - 1
    dotted = letters == 46
    leading = (letters == 45) & (others == starts[owners])
    negative = np.zeros(len(starts), np.bool_)
    negative[owners[leading]] = True
    plain = np.bincount(owners[dotted], minlength=len(starts)) <= 1
    plain[owners[~(dotted | leading)]] = False
    return negative, plain


def _short(
    text: NDArray[np.uint8],
    ends: NDArray[np.intp],
    dotted: NDArray[np.bool_],
    whole: NDArray[np.intp],
    part: NDArray[np.intp],
) -> NDArray[np.uint64]:
    """The digits of numbers of at most 8 characters, whose dot is taken out of the word."""
    word = _words(text)[ends - 8]
    before = _LOW[8 - part]
    without_dot = (word & ~before) | ((word << np.uint64(8)) & before)
    return _join(np.where(dotted, without_dot, word) & _KEEP[whole + part])


def _digits(
    text: NDArray[np.uint8], ends: NDArray[np.intp], lengths: NDArray[np.intp]
) -> NDArray[np.uint64]:
    """The whole numbers whose digits, at most 16, end before ``ends``."""
    value = _eight_digits(text, ends, np.minimum(lengths, 8))
    if lengths.max() > 8:
        value += _eight_digits(text, ends - 8, np.maximum(lengths - 8, 0)) * np.uint64(10**8)
    return value


def _eight_digits(
    text: NDArray[np.uint8], ends: NDArray[np.intp], lengths: NDArray[np.intp]
) -> NDArray[np.uint64]:
    """As ``_digits`` for at most 8."""
    return _join(_words(text)[ends - 8] & _KEEP[lengths])


def _words(text: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """The 8 letters from each place on, the first in the lowest byte."""
    return np.ndarray((len(text) - 7,), "<u8", text, 0, (1,))


def _join(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The number of 8 digits, one a byte, the last in the top byte.

    Neighbours, then pairs, then fours are joined by one multiplication each.
    """
    word = (word * np.uint64(1 + 10 * 2**8)) >> np.uint64(8) & np.uint64(0x00FF00FF00FF00FF)
    word = (word * np.uint64(1 + 100 * 2**16)) >> np.uint64(16) & np.uint64(0x0000FFFF0000FFFF)
    joined: NDArray[np.uint64] = (word * np.uint64(1 + 10000 * 2**32)) >> np.uint64(32)
    return joined


def _divide(
    digits: NDArray[np.int64], decimals: NDArray[np.intp]
) -> tuple[Rows, NDArray[np.bool_]]:
    """``digits / 10**decimals`` rounded once, and where that is sure.

    Below 2**53 one division of two exact numbers is rounded correctly (Clinger 1990). Above, the
    quotient is carried to twice the precision (Dekker 1971) and rounded at the end; it is not sure
    within a millionth of the middle between two floats.
    """
    power = _EXACT[decimals]
    high = digits.astype(np.float64)
    quotient = high / power
    if not (digits >= 2**53).any():
        return quotient, np.ones(len(digits), np.bool_)
    low = (digits - high.astype(np.int64)).astype(np.float64)
    product, error = _exact_product(quotient, power)
    rest = (((high - product) - error) + low) / power
    value = quotient + rest
    left_over = np.abs(rest - (value - quotient)) / np.spacing(value)
    sure = (np.abs(left_over - 0.5) > 1e-6) & (np.abs(left_over - 0.25) > 1e-6)
    exact = digits < 2**53
    return np.where(exact, quotient, value), exact | sure


def _exact_product(a: Rows, b: Rows) -> tuple[Rows, Rows]:
    """``a * b`` and what rounding took away from it (Dekker 1971)."""
    product = a * b
    a_high, a_low = _halves(a)
    b_high, b_low = _halves(b)
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def _halves(a: Rows) -> tuple[Rows, Rows]:
    scaled = a * 134217729.0  # 2**27 + 1
    high = scaled - (scaled - a)
    return high, a - high
