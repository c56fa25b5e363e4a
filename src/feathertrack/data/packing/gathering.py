"""What a pack is to hold: the usable boxes of an indexed set, split into shards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.data.augment import TEMPLATE_SIDE
from feathertrack.data.cropped.table import TrackTable, build_table
from feathertrack.data.sources import IndexedSource
from feathertrack.imaging.crop import context_side


@dataclass(frozen=True, kw_only=True)
class Outline:
    """The table of all crops, readable or not, and which videos go into which shard.

    Attributes:
        table: as it will be where every picture can be read.
        origins: number of every table track in the index, int64 (T,).
        shards: the videos of shard n are ``shards[n]`` up to ``shards[n + 1]``.
        digest: changes with any box, frame or name.
    """

    table: TrackTable
    origins: NDArray[np.int64]
    shards: tuple[int, ...]
    digest: str

    @property
    def num_shards(self) -> int:
        """Number of shards."""
        return len(self.shards) - 1

    @property
    def num_crops(self) -> int:
        """Number of crops over all shards."""
        return len(self.table.frames)

    def span(self, shard: int) -> tuple[int, int]:
        """First crop of a shard, and the first of the next."""
        tracks = self.table.video_tracks
        ends = self.table.track_crops
        first, last = self.shards[shard], self.shards[shard + 1]
        return int(ends[tracks[first]]), int(ends[tracks[last]])

    def crops_in(self, shard: int) -> int:
        """Number of crops of a shard."""
        first, last = self.span(shard)
        return last - first

    def pictures(
        self, source: IndexedSource, shard: int
    ) -> Iterator[tuple[Path, list[tuple[int, Boxes]]]]:
        """Every picture of a shard once, with number and box of the crops that it gives."""
        for video in range(self.shards[shard], self.shards[shard + 1]):
            targets: dict[int, list[tuple[int, Boxes]]] = {}
            home = 0
            for track in self.table.tracks_of(video):
                one = source.index.track(int(self.origins[track]))
                home = one.video
                chosen = zip(one.frames[one.usable], one.boxes[one.usable], strict=True)
                for crop, (frame, box) in zip(self.table.crops_of(track), chosen, strict=True):
                    targets.setdefault(int(frame), []).append((crop, box.astype(np.float64)))
            for frame in sorted(targets):
                yield source.index.image_path(home, frame), targets[frame]

    def titles(self, crops: Iterable[int]) -> Iterator[str]:
        """What crops are called in messages."""
        for crop in crops:
            track = int(np.searchsorted(self.table.track_crops, crop, side="right")) - 1
            yield self.table.title(track, crop - self.table.crops_of(track).start)


def outline_of(source: IndexedSource, *, shard_crops: int) -> Outline:
    """Plan a pack.

    Args:
        source: the set.
        shard_crops: crops after which a shard takes no further video.

    Raises:
        InputError: the set has no usable box.
    """
    digest = hashlib.sha256()
    origins: list[int] = []

    def tracks() -> Iterator[tuple[str, str, NDArray[np.int32], NDArray[np.float32]]]:
        for video in range(source.num_videos):
            title = f"{source.index.video_name(video)}"
            for number in source.tracks_of(video):
                one = source.index.track(number)
                if not one.usable.any():
                    continue
                frames, boxes = one.frames[one.usable], one.boxes[one.usable]
                origins.append(number)
                digest.update(f"{title}\n{one.name}\n{len(frames)}\n".encode("utf-8", "replace"))
                digest.update(frames.tobytes() + boxes.tobytes())
                yield title, one.name, frames, _sizes(boxes)

    table = build_table(tracks(), what=source.name)
    return Outline(
        table=table,
        origins=np.array(origins, np.int64),
        shards=_shards(table, shard_crops),
        digest=digest.hexdigest(),
    )


def _sizes(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Width and height of targets (k, 2) in their crops."""
    sizes = boxes[:, 2:].astype(np.float64)
    sides = np.array([context_side(width, height) for width, height in sizes])
    return np.asarray(sizes * TEMPLATE_SIDE / sides[:, None], np.float32)


def _shards(table: TrackTable, shard_crops: int) -> tuple[int, ...]:
    ends = table.track_crops[table.video_tracks]
    first = [0]
    for video in range(1, table.num_videos):
        if ends[video] - ends[first[-1]] >= shard_crops:
            first.append(video)
    return (*first, table.num_videos)
