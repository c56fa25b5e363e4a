"""Tables whose numbers all have the same number of decimals: what programs write."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from feathertrack.textdecimals.digits import EXACT, KEEP, LONGEST, LOW, POWERS, Rows, join, words_at

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
    values /= EXACT[part]
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
    word = words_at(text, ends)
    scratch = np.empty_like(word)
    if longest + part >= 8:
        word &= KEEP[part]
        before = words_at(text, dots - 8)
        before &= KEEP.take(whole, out=scratch, mode="clip")
        before = join(before)
        before *= POWERS[part]
        before += join(word)
        return before
    low = LOW[8 - part]
    np.bitwise_and(word, low >> np.uint64(8), out=scratch)  # what is before the dot
    word &= ~low
    scratch <<= np.uint64(8)
    word |= scratch
    whole += part
    word &= KEEP.take(whole, out=scratch, mode="clip")
    return join(word)


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
