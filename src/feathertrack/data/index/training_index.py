"""The index of a training set, mapped into memory: opened in milliseconds, shared by all workers.

Files, one row per video, picture, track (an object in a video) or box; ``end`` is where the next
one's rows begin: ``video.image_end``, ``video.track_end``, ``track.box_end``. A picture is its
video's pattern and a number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.data.filters import RULES, FrameRule
from feathertrack.data.index.columns import StringTable, read_column
from feathertrack.data.index.counts import Counts
from feathertrack.data.index.naming import name_of
from feathertrack.errors import InputError

ABOUT = "about.json"


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Track:
    """One object in a video.

    Attributes:
        video: number of its video.
        name: of the object within it.
        category: what it is, "" where the data set does not say.
        frames: int32 (k,), which pictures of the video show it, ascending.
        boxes: float32 (k, 4) x, y, w, h, 0-based; finite, with an area, in the picture.
        usable: bool (k,), which of them the rule of the index lets pass.
    """

    video: int
    name: str
    category: str
    frames: NDArray[np.int32]
    boxes: NDArray[np.float32]
    usable: NDArray[np.bool_]


class TrainingIndex:
    """Videos, their pictures, and the objects in them, by number.

    It can be pickled: a worker that gets it maps the same files and shares their pages.

    Args:
        folder: where its files are.
        root: of the training set.
        frames: which boxes are usable.

    Attributes:
        root: folder of the training set.
        frames: the rule of usable boxes.
        counts: how much it holds, and what was left out.

    Raises:
        InputError: the files are damaged or gone.
    """

    def __init__(self, folder: Path, root: Path, *, frames: FrameRule = "visible") -> None:
        self.root = root
        self.frames: FrameRule = frames
        self._folder = folder
        try:
            self._open(folder)
            self.counts = Counts.from_json(read_about(folder)["counts"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"the index in {folder} is damaged or was built again meanwhile: {error}; "
                "start again"
            ) from error

    def _open(self, folder: Path) -> None:
        self._names = StringTable(folder, "video.name")
        self._patterns = StringTable(folder, "video.pattern")
        self._image_end = read_column(folder / "video.image_end.npy")
        self._track_end = read_column(folder / "video.track_end.npy")
        self._numbers = read_column(folder / "image.number.npy")
        self._odd_names = StringTable(folder, "image.odd_name")
        self._track_names = StringTable(folder, "track.name")
        self._track_category = read_column(folder / "track.category.npy")
        self._track_video = read_column(folder / "track.video.npy")
        self._box_end = read_column(folder / "track.box_end.npy")
        self._categories = StringTable(folder, "category")
        self._positions = read_column(folder / "box.position.npy")
        self._boxes = read_column(folder / "box.xywh.npy")
        self._failed = read_column(folder / "box.failed.npy")

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopen, (self._folder, self.root, self.frames)

    @property
    def num_videos(self) -> int:
        """Videos with at least one sound box."""
        return len(self._names)

    @property
    def num_tracks(self) -> int:
        """Objects with at least one sound box."""
        return len(self._track_names)

    def tracks_of(self, video: int) -> range:
        """Numbers of the objects of a video."""
        return _span(self._track_end, video)

    def track(self, number: int) -> Track:
        """An object, by number."""
        rows = _span(self._box_end, number)
        span = slice(rows.start, rows.stop)
        return Track(
            video=int(self._track_video[number]),
            name=self._track_names[number],
            category=self._categories[int(self._track_category[number])],
            frames=self._positions[span],
            boxes=self._boxes[span],
            usable=(self._failed[span] & RULES[self.frames]) == 0,
        )

    def video_name(self, video: int) -> str:
        """What the data set calls a video."""
        return self._names[video]

    def num_images(self, video: int) -> int:
        """Pictures of a video."""
        return len(_span(self._image_end, video))

    def image_path(self, video: int, position: int) -> Path:
        """The file of a picture of a video, by its place in it."""
        number = int(self._numbers[_span(self._image_end, video)[position]])
        pattern = self._patterns[video]
        return self.root / (name_of(pattern, number) if pattern else self._odd_names[number])


def _span(ends: NDArray[np.int64], number: int) -> range:
    if not 0 <= number < len(ends):
        raise IndexError(f"number {number} is not one of 0 to {len(ends) - 1}")
    return range(int(ends[number - 1]) if number else 0, int(ends[number]))


def _reopen(folder: Path, root: Path, frames: FrameRule) -> TrainingIndex:
    return TrainingIndex(folder, root, frames=frames)


def read_about(folder: Path) -> Mapping[str, Any]:
    """What the index in a folder says of itself.

    Raises:
        OSError: there is none.
        ValueError: it is damaged.
    """
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    if not isinstance(about, dict):
        raise ValueError(f"{folder / ABOUT} is no object")
    return about
