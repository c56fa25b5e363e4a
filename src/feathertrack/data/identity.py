"""What a training set is known by when a training goes on: its size and some of its frames."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from feathertrack.data.sources import Source

_LOOKED_AT = 200


def identity_of(source: Source) -> str:
    """Return a line that is the same for the same data, wherever they lie.

    It has the numbers of videos and tracks, and a checksum over the usable frames of up to 200
    tracks, spread evenly: other annotations change it, other pixels do not.
    """
    count = source.num_tracks
    looked_at = np.unique(np.linspace(0, max(count - 1, 0), min(count, _LOOKED_AT)).astype(int))
    checksum = 0
    for track in looked_at.tolist():
        frames = np.ascontiguousarray(source.frames(track), dtype="<i4")
        checksum = zlib.crc32(frames.tobytes(), zlib.crc32(str(len(frames)).encode(), checksum))
    return f"{source.num_videos} videos, {count} tracks, {checksum:08x}"


def identities(sources: Sequence[Source]) -> tuple[str, ...]:
    """Return the identity of every set."""
    return tuple(identity_of(one) for one in sources)
