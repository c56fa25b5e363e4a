"""Every picture decoded once, so that those that cannot be read are left out of the index."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feathertrack.data.records import UNREADABLE_PICTURE, Problem, TrackRecord, VideoRecord
from feathertrack.errors import SourceError
from feathertrack.video.pictures import read_picture

_AHEAD = 8  # videos, so that threads have work while records are written


def decoded(records: Iterator[VideoRecord], root: Path) -> Iterator[VideoRecord]:
    """Records without the boxes of unreadable pictures, and with the sizes that pictures have."""
    waiting: deque[tuple[VideoRecord, list[Future[_Looked]]]] = deque()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            for record in records:
                looks = [pool.submit(_look, root / name) for name in record.images]
                waiting.append((record, looks))
                if len(waiting) > _AHEAD:
                    yield _without_unreadable(*waiting.popleft())
            while waiting:
                yield _without_unreadable(*waiting.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


_Looked = tuple[int, int] | str


def _look(path: Path) -> _Looked:
    """Width and height, or what is wrong."""
    try:
        height, width = read_picture(path).shape[:2]
    except SourceError as error:
        return str(error)
    return width, height


def _without_unreadable(record: VideoRecord, looks: list[Future[_Looked]]) -> VideoRecord:
    found = [look.result() for look in looks]
    broken = [text for text in found if isinstance(text, str)]
    sizes = np.array([(0, 0) if isinstance(one, str) else one for one in found], np.int32)
    if not broken:
        return replace(record, sizes=sizes)
    good = np.array([not isinstance(one, str) for one in found])
    problem = Problem(reason=UNREADABLE_PICTURE, count=len(broken), example=broken[0])
    return replace(
        record,
        images=[name for name, fine in zip(record.images, good, strict=True) if fine],
        sizes=sizes[good],
        tracks=[_renumbered(track, good) for track in record.tracks],
        problems=[*record.problems, problem],
    )


def _renumbered(track: TrackRecord, good: NDArray[np.bool_]) -> TrackRecord:
    fine = good[track.positions]
    places = np.cumsum(good) - 1
    return replace(
        track,
        positions=places[track.positions[fine]].astype(np.int32),
        boxes=track.boxes[fine],
        visible=track.visible[fine],
    )
