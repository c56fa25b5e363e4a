"""Whether and how the outputs of a teacher are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CachePrecision = Literal["float32", "float16"]


@dataclass(frozen=True, kw_only=True)
class CacheSettings:
    """Whether and how the outputs of a teacher are kept.

    Attributes:
        folder: where; "" keeps none, and the teacher is run for every batch.
        precision: ``float32`` gives the very losses of a run without a cache; ``float16`` takes
            half of the disk and is not exact, neither in the run that fills the cache.
    """

    folder: str = ""
    precision: CachePrecision = "float32"
