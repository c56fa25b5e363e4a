"""Shuffle numbers without writing them down: the n-th of a permutation, in constant memory."""

from __future__ import annotations

from collections.abc import Sequence

_MASK = 2**64 - 1


def shuffled(index: int, size: int, *key: int) -> int:
    """Where ``index`` of 0 .. size - 1 goes in the permutation that belongs to ``key``.

    Four rounds of a Feistel network on the smallest even number of bits that holds ``size``,
    repeated until the number is below ``size``; every key is one permutation, the same for every
    process that asks.

    >>> sorted(shuffled(index, 10, 7) for index in range(10)) == list(range(10))
    True
    """
    if not 0 <= index < size:
        raise ValueError(f"index {index} is not in 0..{size - 1}")
    half = max((size - 1).bit_length() + 1, 2) // 2
    low = (1 << half) - 1
    start = _mix(key)
    while True:
        left, right = index >> half, index & low
        for number in range(4):
            left, right = right, left ^ (_scramble(start + 4 * right + number) & low)
        index = left << half | right
        if index < size:
            return index


def _mix(key: Sequence[int]) -> int:
    state = len(key)
    for number in key:
        state = _scramble(state ^ (number & _MASK))
    return state


def _scramble(value: int) -> int:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014)."""
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ value >> 30) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ value >> 27) * 0x94D049BB133111EB) & _MASK
    return value ^ value >> 31
