"""Eight letters as one word of 64 bits, and the number that their digits make."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]

LONGEST = 16
"""Digits before the dot, or after it, of a number that is computed with the others."""

EXACT = np.power(10.0, np.arange(23), dtype=np.float64)
"""Powers of ten that float64 holds exactly."""
POWERS = 10 ** np.arange(LONGEST + 1, dtype=np.uint64)
"""Powers of ten that shift digits to the left."""
LOW = np.array([2 ** (8 * n) - 1 for n in range(9)], np.uint64)
"""Masks of the lowest n bytes of a word, its first n letters."""
KEEP = np.array([0x0F0F0F0F0F0F0F0F << 8 * (8 - n) & 2**64 - 1 for n in range(9)], np.uint64)
"""Masks that leave the last n letters, as digits from 0 to 9."""


def words_at(text: NDArray[np.uint8], places: NDArray[np.intp]) -> NDArray[np.uint64]:
    """The 8 letters from each place on, the first in the lowest byte."""
    every: NDArray[np.uint64] = np.ndarray((len(text) - 7,), "<u8", text, 0, (1,))
    return every[places]  # take() would copy all of them first


def join(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
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
