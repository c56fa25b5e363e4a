"""Random numbers that belong to a pair: functions of its seed and a position, nothing else.

A generator per pair would have to be asked pair by pair; these numbers come for a whole batch at
once, and number k of a pair is the same in any batch, in any process (splitmix64, Steele and
others 2014, used as a counter).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def bits(seeds: ArrayLike, *, stream: int, count: int) -> NDArray[np.uint64]:
    """64 random bits for each of ``count`` positions of each seed.

    Args:
        seeds: integers (B,), of any sign.
        stream: separates numbers of different use.
        count: positions.

    Returns:
        uint64 (B, count).
    """
    start = np.asarray(seeds).astype(np.int64).view(np.uint64)
    with np.errstate(over="ignore"):
        start = _mixed(start + np.uint64(stream + 1) * _GOLDEN)
        return _mixed(start[:, None] + np.arange(1, count + 1, dtype=np.uint64) * _GOLDEN)


def uniforms(seeds: ArrayLike, *, stream: int, count: int) -> NDArray[np.float64]:
    """Uniform numbers in [0, 1), float64 (B, count)."""
    return (bits(seeds, stream=stream, count=count) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def normals(seeds: ArrayLike, *, stream: int, count: int) -> NDArray[np.float64]:
    """Standard normal numbers, float64 (B, count), by Box and Muller's transform."""
    pairs = uniforms(seeds, stream=stream, count=2 * count)
    radius = np.sqrt(-2 * np.log1p(-pairs[:, :count]))
    found: NDArray[np.float64] = radius * np.cos(2 * np.pi * pairs[:, count:])
    return found


def subset(
    candidates: NDArray[np.bool_], seeds: ArrayLike, *, stream: int, most: int
) -> NDArray[np.bool_]:
    """Keep at most ``most`` of the candidates of every row, any choice as likely as another.

    Args:
        candidates: (B, N).
        seeds: (B,).
        stream: separates choices of different use.
        most: largest number kept per row.
    """
    if most >= candidates.shape[1]:
        return candidates.copy()
    keys = bits(seeds, stream=stream, count=candidates.shape[1]) >> np.uint64(1)
    keys = np.where(candidates, keys, np.uint64(2**64 - 1))
    kept = np.zeros_like(candidates)
    if most > 0:
        np.put_along_axis(kept, np.argpartition(keys, most - 1, axis=1)[:, :most], True, axis=1)
    return kept & candidates


def _mixed(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
