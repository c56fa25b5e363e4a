"""The state of every random generator, and arithmetic that repeats itself."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch


def random_state() -> dict[str, Any]:
    """The generators of Python, NumPy, torch and the CUDA device in use, as plain values."""
    version, numbers, gauss = random.getstate()
    _, keys, position, has_gauss, cached = np.random.get_state(legacy=True)  # noqa: NPY002
    state: dict[str, Any] = {
        "python": [version, list(numbers), gauss],
        "numpy": [np.asarray(keys).tolist(), int(position), int(has_gauss), float(cached)],
        "torch": torch.get_rng_state(),
    }
    if torch.cuda.is_available() and torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Put back what ``random_state`` returned."""
    version, numbers, gauss = state["python"]
    random.setstate((version, tuple(numbers), gauss))
    keys, position, has_gauss, cached = state["numpy"]
    legacy = ("MT19937", np.array(keys, dtype=np.uint32), position, has_gauss, cached)
    np.random.set_state(legacy)  # noqa: NPY002
    torch.set_rng_state(state["torch"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Whatever is drawn inside the block, the training's random numbers stay the same."""
    state = random_state()
    try:
        yield
    finally:
        set_random_state(state)


def seed_generators(seed: int, *, rank: int = 0) -> None:
    """Seed Python, NumPy and torch; each process of a training gets numbers of its own."""
    own = (seed * 1_000_003 + rank) % 2**32
    random.seed(own)
    np.random.seed(own)  # noqa: NPY002
    torch.manual_seed(own)


@contextlib.contextmanager
def arithmetic(*, deterministic: bool) -> Iterator[None]:
    """Refuse operations that may differ between runs, or let cuDNN find the fastest ones.

    The settings before the block come back after it.
    """
    cudnn = torch.backends.cudnn
    before = (torch.are_deterministic_algorithms_enabled(), cudnn.deterministic, cudnn.benchmark)
    if deterministic:
        # cuBLAS reads this when it starts; without it, it refuses to promise anything.
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True)
    cudnn.deterministic, cudnn.benchmark = deterministic, not deterministic
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        cudnn.deterministic, cudnn.benchmark = before[1:]
