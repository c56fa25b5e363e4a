"""Training sets that exist only in memory, small enough to be sent to a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feathertrack.data.sources import Shot
from feathertrack.errors import SourceError


@dataclass(frozen=True)
class Loop:
    batch_size: int


@dataclass(frozen=True)
class Pretend:
    """Tracks of given frame numbers; pictures are noise that depends on track and frame alone.

    ``videos[v]`` holds the frame numbers of each of its tracks; ``broken`` are tracks whose
    pictures cannot be read.
    """

    videos: tuple[tuple[tuple[int, ...], ...], ...]
    name: str = "pretend"
    broken: frozenset[int] = frozenset()
    side: int | None = None

    @property
    def num_videos(self) -> int:
        return len(self.videos)

    @property
    def num_tracks(self) -> int:
        return sum(len(tracks) for tracks in self.videos)

    def tracks_of(self, video: int) -> range:
        first = sum(len(tracks) for tracks in self.videos[:video])
        return range(first, first + len(self.videos[video]))

    def frames(self, track: int) -> NDArray[np.int32]:
        return np.array([t for video in self.videos for t in video][track], np.int32)

    def load(self, track: int, i: int) -> Shot:
        if track in self.broken:
            raise SourceError(f"picture of track {track} is broken")
        rng = np.random.default_rng([track, i])
        if self.side is not None:
            image = rng.integers(0, 256, (self.side, self.side, 3), dtype=np.uint8)
            corner = (self.side - 40) / 2
            return Shot(image=image, box=np.array([corner, corner, 40, 40]), side=self.side)
        image = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
        return Shot(image=image, box=np.array([20.0 + i % 5, 15, 20, 24]))


def videos(count: int, frames: Sequence[int] = tuple(range(30)), name: str = "pretend") -> Pretend:
    return Pretend(((tuple(frames),),) * count, name=name)
