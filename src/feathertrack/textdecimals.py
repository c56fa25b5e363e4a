"""Decimals in a text computed all at once, each bit for bit what ``float`` would make of it.

``rows_alike`` takes the usual file, whose numbers all have the same number of decimals;
``decimals`` any text whose words have been found. Texts begin with ``LONGEST`` blanks, so that the
eight letters before any place can be taken as one word.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]

LONGEST = 16
"""Digits before the dot, or after it, of a number that is computed with the others."""

_EXACT = np.power(10.0, np.arange(23), dtype=np.float64)  # powers of ten that float64 holds exactly
_POWERS = 10 ** np.arange(LONGEST + 1, dtype=np.uint64)
_LOW = np.array([2 ** (8 * n) - 1 for n in range(9)], np.uint64)  # the lowest n bytes
_KEEP = np.array([0x0F0F0F0F0F0F0F0F << 8 * (8 - n) & 2**64 - 1 for n in range(9)], np.uint64)

_CHUNK = 64_000
"""Bytes that are computed at once: their arrays stay in the cache, and in memory that the process
keeps, where larger ones would be handed to the system and back for every file."""


def rows_alike(data: bytes) -> Rows | None:
    r"""Rows of equally many numbers that all have a dot and the same number of decimals after it.

    Args:
        data: the text, in lines that end in a line feed; the last may do without.

    Returns:
        The numbers (rows, columns), or None for a text of any other form, right or wrong.

    >>> rows_alike(b"1.50,-2.25\n10.00,.75")
    array([[ 1.5 , -2.25],
           [10.  ,  0.75]])
    >>> rows_alike(b"1.50,2.2\n")
    """
    parts: list[Rows] = []
    begin = 0
    while begin < len(data):
        end = len(data)
        if end - begin > _CHUNK:
            end = data.rfind(b"\n", begin, begin + _CHUNK) + 1
        rows = _rows_of_chunk(data[begin:end]) if end else None
        if rows is None or rows.shape[1] != (parts or [rows])[0].shape[1]:
            return None
        parts.append(rows)
        begin = end
    return np.concatenate(parts) if parts else None


def _rows_of_chunk(data: bytes) -> Rows | None:
    """As ``rows_alike``, for a few thousand numbers; arrays are used again instead of new ones.

    Every letter is accounted for by counting: one dot and one separator for each number, the signs
    that lead numbers, and digits.
    """
    end = b"" if data.endswith(b"\n") else b"\n"
    text = np.frombuffer(b" " * LONGEST + data + end, np.uint8)
    codes = text - np.uint8(48)  # digits become 0 to 9, what is below "0" wraps round
    dots = np.flatnonzero(codes == 254)
    part = _decimals_of_first(text, dots)
    if part is None or dots[-1] + part + 1 >= len(text):
        return None
    ends = dots + (part + 1)
    separators = text[ends]
    columns = int((separators == 10).argmax()) + 1
    whole = np.empty_like(dots)  # digits before the dot, and the sign
    whole[0] = dots[0] - LONGEST
    np.subtract(dots[1:], ends[:-1] + 1, out=whole[1:])
    negative = text[dots - whole] == 45 if b"-" in data else None
    num_others = LONGEST + 2 * len(dots)
    if negative is not None:
        whole -= negative
        num_others += int(np.count_nonzero(negative))
    if (
        whole.min() < 0  # a dot that is not in the number that it is counted for
        or whole.max() > 8
        or np.count_nonzero(codes > 9) != num_others
        or not ((separators <= 32) | (separators == 44)).all()
        or not _is_table(separators, columns)
    ):
        return None
    digits = _digits_around(text, dots, ends, whole, part)
    if digits is None:
        return None
    values = digits.view(np.int64).astype(np.float64)
    values /= _EXACT[part]
    if negative is not None:
        np.negative(values, out=values, where=negative)
    return values.reshape(-1, columns)


def _digits_around(
    text: NDArray[np.uint8],
    dots: NDArray[np.intp],
    ends: NDArray[np.intp],
    whole: NDArray[np.intp],
    part: int,
) -> NDArray[np.uint64] | None:
    """``whole`` digits before each dot and ``part`` after it as one number; None if too long.

    ``ends`` and ``whole`` are used up.
    """
    longest = int(whole.max())
    if longest + part > 15:  # beyond, a float64 cannot hold all digits
        return None
    ends -= 8
    word = _words(text, ends)
    scratch = np.empty_like(word)
    if longest + part >= 8:
        word &= _KEEP[part]
        before = _words(text, dots - 8)
        before &= _KEEP.take(whole, out=scratch, mode="clip")
        before = _join(before)
        before *= _POWERS[part]
        before += _join(word)
        return before
    low = _LOW[8 - part]
    np.bitwise_and(word, low >> np.uint64(8), out=scratch)  # what is before the dot
    word &= ~low
    scratch <<= np.uint64(8)
    word |= scratch
    whole += part
    word &= _KEEP.take(whole, out=scratch, mode="clip")
    return _join(word)


def _decimals_of_first(text: NDArray[np.uint8], dots: NDArray[np.intp]) -> int | None:
    """Digits after the first dot, 1 to 8; None where there is no such number."""
    if not len(dots):
        return None
    after = text[dots[0] + 1 : dots[0] + 10] <= 44
    return int(after.argmax()) or None if after.any() else None


def _is_table(separators: NDArray[np.uint8], columns: int) -> bool:
    """Whether line feeds, and only they, end every row of so many numbers."""
    if len(separators) % columns:
        return False
    feeds = separators.reshape(-1, columns) == 10
    return bool(feeds[:, -1].all()) and not feeds[:, :-1].any()


def decimals(
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
    if negative is not None or length.max() > LONGEST or not length.min():
        plain &= (length - 1 < 18) & (length > 0) & (whole <= LONGEST) & (part <= LONGEST)
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
    word = _words(text, ends - 8)
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
    return _join(_words(text, ends - 8) & _KEEP[lengths])


def _words(text: NDArray[np.uint8], places: NDArray[np.intp]) -> NDArray[np.uint64]:
    """The 8 letters from each place on, the first in the lowest byte."""
    every: NDArray[np.uint64] = np.ndarray((len(text) - 7,), "<u8", text, 0, (1,))
    return every[places]  # take() would copy all of them first


def _join(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The number of 8 digits, one a byte, the last in the top byte; in place.

    Neighbours, then pairs, then fours are joined by one multiplication each.
    """
    word *= np.uint64(1 + 10 * 2**8)
    word >>= np.uint64(8)
    word &= np.uint64(0x00FF00FF00FF00FF)
    word *= np.uint64(1 + 100 * 2**16)
    word >>= np.uint64(16)
    word &= np.uint64(0x0000FFFF0000FFFF)
    word *= np.uint64(1 + 10000 * 2**32)
    word >>= np.uint64(32)
    return word


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
