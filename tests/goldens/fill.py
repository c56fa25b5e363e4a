# ruff: noqa  -- a copy of the shared rule, kept as it is
"""Deterministic weights for comparing two implementations of one network.

Shipping reference weights would take hundreds of megabytes, so a reference and an
implementation under test are both filled by this rule instead. It depends on the
*official* parameter name and shape alone, so the two agree bit for bit once the
implementation has loaded the filled state dict through its checkpoint converter.
"""

from __future__ import annotations

import zlib
from typing import Mapping, Sequence

import numpy as np


def fill_array(name: str, shape: Sequence[int], salt: int = 0) -> np.ndarray:
    """float32 (int64 for counters) array of `shape` that depends on `name` and `salt` alone."""
    shape = tuple(int(s) for s in shape)
    # RandomState: the one NumPy generator whose stream is frozen across versions.
    rng = np.random.RandomState((zlib.crc32(name.encode()) + 7919 * salt) & 0xFFFFFFFF)
    leaf = name.rsplit(".", 1)[-1]
    if leaf == "num_batches_tracked":
        return np.ones(shape, np.int64)
    if leaf == "running_var":
        return rng.uniform(0.8, 1.2, shape).astype(np.float32)
    z = rng.standard_normal(shape)
    if leaf == "running_mean":
        return (0.1 * z).astype(np.float32)
    if leaf == "bias":
        return (0.05 * z).astype(np.float32)
    if len(shape) >= 2:
        fan_in = int(np.prod(shape[1:])) or 1
        return (z * np.sqrt(1.5 / fan_in)).astype(np.float32)
    return (1.0 + 0.1 * z).astype(np.float32)


def fill_state_dict(shapes: Mapping[str, Sequence[int]], salt: int = 0) -> dict[str, np.ndarray]:
    """A full state dict for `shapes` (official parameter name -> shape)."""
    return {name: fill_array(name, shape, salt) for name, shape in shapes.items()}


def fill_image(name: str, shape: Sequence[int], salt: int = 0) -> np.ndarray:
    """A smooth, image-like float32 array in [0, 255]; the last two axes are height and width."""
    shape = tuple(int(s) for s in shape)
    rng = np.random.RandomState((zlib.crc32(name.encode()) + 7919 * salt) & 0xFFFFFFFF)
    h, w = shape[-2:]
    coarse = rng.uniform(0, 255, shape[:-2] + (h // 8 + 2, w // 8 + 2))
    y, x = np.arange(h) / 8.0, np.arange(w) / 8.0
    y0, x0 = y.astype(int), x.astype(int)
    fy, fx = (y - y0)[:, None], (x - x0)[None, :]
    a = coarse[..., y0[:, None], x0[None, :]]
    b = coarse[..., y0[:, None], x0[None, :] + 1]
    c = coarse[..., y0[:, None] + 1, x0[None, :]]
    d = coarse[..., y0[:, None] + 1, x0[None, :] + 1]
    return ((a * (1 - fx) + b * fx) * (1 - fy) + (c * (1 - fx) + d * fx) * fy).astype(np.float32)
