from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from feathertrack.data.identity import identity_of
from feathertrack.data.sources import Shot


class Tracks:
    """A source of so many tracks, each with frames 0, 1, 2, ... and then ``last``."""

    name, side = "made", None

    def __init__(self, count: int, *, last: int = 9) -> None:
        self.num_videos = self.num_tracks = count
        self._last = last

    def tracks_of(self, video: int) -> range:
        return range(video, video + 1)

    def frames(self, track: int) -> NDArray[np.int32]:
        return np.array([0, 1, 2, self._last], np.int32)

    def load(self, track: int, i: int) -> Shot:
        raise NotImplementedError


def test_the_same_data_have_the_same_identity_and_others_another() -> None:
    assert identity_of(Tracks(3)) == identity_of(Tracks(3))
    others = [Tracks(3), Tracks(4), Tracks(3, last=8), Tracks(0), Tracks(5000)]
    assert len({identity_of(one) for one in others}) == len(others)
    assert identity_of(Tracks(3)).startswith("3 videos, 3 tracks, ")
