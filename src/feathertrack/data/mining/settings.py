"""What all tracks of a mined set have in common."""

from __future__ import annotations

from dataclasses import dataclass

from feathertrack.errors import InputError

_RANGES: dict[str, tuple[float, float]] = {
    "seed": (0, 2**63 - 1),
    "starts": (1, 100_000),
    "moving": (0, 1),
    "frames": (8, 1000),
    "stride": (1, 100),
    "size": (64, 1920),
    "overlap": (0, 1),
    "still": (0, 1),
}


@dataclass(frozen=True, kw_only=True)
class MiningSettings:
    """The numbers on which tracks depend, besides the clips and the tracker.

    Attributes:
        seed: of all random numbers, 0 or more.
        starts: boxes per clip from which the tracker starts, if so many things are found.
        moving: share of them that should move by themselves, 0 to 1; where less moves, more are
            regions that only look like things, and the other way round.
        frames: longest track, 8 to 1000 frames.
        stride: every so many frames of the clip are used.
        size: longer side of the frames in pixels at most, 64 to 1920.
        overlap: that the way back must have with the way there, 0 to 1.
        still: share that is kept of the tracks on which nothing changes, 0 to 1.
    """

    seed: int = 0
    starts: int = 40
    moving: float = 0.5
    frames: int = 40
    stride: int = 1
    size: int = 480
    overlap: float = 0.6
    still: float = 0.05

    def check(self) -> None:
        """Refuse numbers out of their range.

        Raises:
            InputError: one of them is.
        """
        for name, (first, last) in _RANGES.items():
            value = getattr(self, name)
            if not first <= value <= last:
                raise InputError(f"{name} is {value}, expected {first:g} to {last:g}")


SHORTEST = 8
"""Frames of the shortest track that is kept."""
