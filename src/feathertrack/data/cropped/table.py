"""The table of a set of crops: which tracks and frames there are, memory-mapped.

A folder of ``.npy`` files, so that all workers share one copy and a worker starts at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.errors import InputError
from feathertrack.video.outfiles import replacing


@dataclass(frozen=True)
class Names:
    """Many short texts in two arrays.

    Attributes:
        text: all of them in UTF-8, one after the other, uint8.
        ends: where each ends, int64 (n,).
    """

    text: NDArray[np.uint8]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, names: Iterable[str]) -> Names:
        """Pack texts.

        >>> Names.of(["a", "bc"])[1]
        'bc'
        """
        parts = [name.encode("utf-8", "surrogateescape") for name in names]
        ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
        return cls(np.frombuffer(b"".join(parts) or b"\0", np.uint8), ends)

    def __getitem__(self, number: int) -> str:
        first = int(self.ends[number - 1]) if number else 0
        text = self.text[first : int(self.ends[number])].tobytes()
        return text.decode("utf-8", "surrogateescape")


@dataclass(frozen=True, kw_only=True)
class TrackTable:
    """Videos, their tracks, and the crops of every track.

    Attributes:
        video_tracks: tracks of video v are ``video_tracks[v]`` up to ``video_tracks[v + 1]``,
            int64 (V + 1,).
        track_crops: crops of track t, in the same way, int64 (T + 1,).
        frames: frame number of every crop, ascending in a track, int32 (n,).
        sizes: width and height of the target in every crop, pixels of the crop, float32 (n, 2).
        videos: name of every video.
        tracks: name of every track within its video.
    """

    video_tracks: NDArray[np.int64]
    track_crops: NDArray[np.int64]
    frames: NDArray[np.int32]
    sizes: NDArray[np.float32]
    videos: Names
    tracks: Names

    @property
    def num_videos(self) -> int:
        """Number of videos."""
        return len(self.video_tracks) - 1

    @property
    def num_tracks(self) -> int:
        """Number of tracks over all videos."""
        return len(self.track_crops) - 1

    def tracks_of(self, video: int) -> range:
        """Numbers of the tracks of a video."""
        return range(int(self.video_tracks[video]), int(self.video_tracks[video + 1]))

    def crops_of(self, track: int) -> range:
        """Numbers of the crops of a track."""
        return range(int(self.track_crops[track]), int(self.track_crops[track + 1]))

    def video_of(self, track: int) -> int:
        """The video of a track."""
        return int(np.searchsorted(self.video_tracks, track, side="right")) - 1

    def title(self, track: int, i: int) -> str:
        """What a crop is called in messages."""
        frame = int(self.frames[self.crops_of(track)[i]])
        return f"{self.videos[self.video_of(track)]} track {self.tracks[track]} frame {frame}"

    def box(self, crop: int, *, side: float) -> NDArray[np.float64]:
        """The target in the middle of its crop: x, y, w, h in pixels from 0 to ``side``."""
        size = self.sizes[crop].astype(np.float64)
        return np.concatenate([(side - size) / 2, size])

    def save(self, folder: Path) -> None:
        """Write the table into a folder that exists."""
        for name, values in self._arrays().items():
            save_array(folder / f"{name}.npy", values)

    @classmethod
    def open(cls, folder: Path) -> TrackTable:
        """Map a table that was saved.

        Raises:
            InputError: a file is missing, damaged, or does not fit the others.
        """
        names = ("video_tracks", "track_crops", "frames", "sizes")
        videos, tracks = (
            Names(open_array(folder / f"{kind}_text.npy"), open_array(folder / f"{kind}_ends.npy"))
            for kind in ("videos", "tracks")
        )
        arrays = {name: open_array(folder / f"{name}.npy") for name in names}
        table = cls(**arrays, videos=videos, tracks=tracks)
        table._check(folder)
        return table

    def _arrays(self) -> dict[str, NDArray[Any]]:
        return {
            "video_tracks": self.video_tracks,
            "track_crops": self.track_crops,
            "frames": self.frames,
            "sizes": self.sizes,
            "videos_text": self.videos.text,
            "videos_ends": self.videos.ends,
            "tracks_text": self.tracks.text,
            "tracks_ends": self.tracks.ends,
        }

    def _check(self, folder: Path) -> None:
        whole = (
            self.frames.dtype == np.int32
            and self.sizes.dtype == np.float32
            and self.sizes.shape == (len(self.frames), 2)
            and _covers(self.video_tracks, self.num_tracks)
            and _covers(self.track_crops, len(self.frames))
            and len(self.videos.ends) == self.num_videos
            and len(self.tracks.ends) == self.num_tracks
        )
        if not whole:
            raise InputError(
                f"the table of crops in {folder} is damaged: remove it and make it anew"
            )


def build_table(
    tracks: Iterable[tuple[str, str, NDArray[np.int32], NDArray[np.float32]]], *, what: str
) -> TrackTable:
    """A table of tracks that come in the order of their videos.

    Args:
        tracks: name of the video, of the track, frames (k,) ascending, sizes (k, 2).
        what: the set, for the error.

    Raises:
        InputError: there is no crop at all.
    """
    videos: list[str] = []
    names: list[str] = []
    video_tracks, track_crops = [0], [0]
    frames: list[NDArray[np.int32]] = []
    sizes: list[NDArray[np.float32]] = []
    for video, name, numbers, sides in tracks:
        if not videos or videos[-1] != video:
            videos.append(video)
            video_tracks.append(video_tracks[-1])
        video_tracks[-1] += 1
        names.append(name)
        track_crops.append(track_crops[-1] + len(numbers))
        frames.append(numbers)
        sizes.append(sides)
    if not track_crops[-1]:
        raise InputError(f"{what} has no box that can be used")
    return TrackTable(
        video_tracks=np.array(video_tracks, np.int64),
        track_crops=np.array(track_crops, np.int64),
        frames=np.concatenate(frames).astype(np.int32),
        sizes=np.concatenate(sizes).astype(np.float32).reshape(-1, 2),
        videos=Names.of(videos),
        tracks=Names.of(names),
    )


def save_array(path: Path, values: NDArray[Any]) -> None:
    """Write an array as ``.npy``, whole or not at all."""
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.save(file, values, allow_pickle=False)


def open_array(path: Path) -> NDArray[Any]:
    """Map an array of a ``.npy`` file.

    Raises:
        InputError: there is none, or it is damaged.
    """
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"the table {path} cannot be read: {error}") from error


def _covers(ends: NDArray[np.int64], count: int) -> bool:
    return bool(
        ends.dtype == np.int64
        and len(ends) > 1
        and ends[0] == 0
        and ends[-1] == count
        and (np.diff(ends) >= 0).all()
    )


class TabledSource:
    """The part of a source that its table answers; a subclass says how a crop is read.

    Attributes:
        table: tracks and frames of the set.
    """

    table: TrackTable

    @property
    def num_videos(self) -> int:
        """Number of videos."""
        return self.table.num_videos

    @property
    def num_tracks(self) -> int:
        """Number of tracks over all videos."""
        return self.table.num_tracks

    def tracks_of(self, video: int) -> range:
        """Numbers of the tracks of a video."""
        return self.table.tracks_of(video)

    def frames(self, track: int) -> NDArray[np.int32]:
        """Numbers of the frames of a track, ascending."""
        crops = self.table.crops_of(track)
        return self.table.frames[crops.start : crops.stop]
