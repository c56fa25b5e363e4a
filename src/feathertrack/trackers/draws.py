"""All that is random about the trackers that learn online, from one seed for each target."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Draws:
    """Random numbers of one target; the same seed draws the same ones."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)

    def uniform(self, *shape: int) -> Array:
        """Numbers from 0 to 1."""
        return self._generator.random(shape)

    def normal(self, what: str, *shape: int, deviation: float) -> Array:
        """Gaussian numbers to begin learning from; ``what`` they are for is of no account here."""
        return self._generator.normal(0.0, deviation, shape)

    def kept_channels(self, channels: int, *, dropped: float) -> NDArray[np.float32]:
        """Factors that drop channels at random and make up for it, (channels,)."""
        kept = self._generator.random(channels) >= dropped
        return (kept / (1 - dropped)).astype(np.float32)
