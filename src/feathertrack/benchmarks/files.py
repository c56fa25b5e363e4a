"""Where the files of a sequence are to be found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Files:
    """Where a sequence lies, or should lie.

    Attributes:
        truth: the file of ground truth.
        frames: the folder of its pictures.
        pattern: how they are called, as ``%04d.jpg``.
        numbers: of all its frames; None where only the folder tells.
        extra: further files that belong to it.
    """

    truth: Path
    frames: Path
    pattern: str = "%08d.jpg"
    numbers: range | None = None
    extra: tuple[Path, ...] = ()
