"""Numbers of any length, with and without a dot, whose places in the text are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from feathertrack.textdecimals.digits import EXACT, KEEP, LONGEST, LOW, POWERS, Rows, join, words_at
from feathertrack.textdecimals.division import divide


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
        return digits / EXACT[part], True
    digits = _digits(text, middles, whole) * POWERS[part] + _digits(text, ends, part)
    return divide(digits.view(np.int64), part)


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
    word = words_at(text, ends - 8)
    before = LOW[8 - part]
    without_dot = (word & ~before) | ((word << np.uint64(8)) & before)
    return join(np.where(dotted, without_dot, word) & KEEP[whole + part])


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
    return join(words_at(text, ends - 8) & KEEP[lengths])
