"""Where the shots of a pair come from, behind one interface.

Full pictures of an indexed set, square crops packed by ``feathertrack data pack``, or the folders
of crops that pysot and FDSiamFC make.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.data.settings import SetSettings
from feathertrack.errors import InputError
from feathertrack.video.frames import Image
from feathertrack.video.pictures import read_picture

if TYPE_CHECKING:
    from feathertrack.data.index import TrainingIndex

CROPPED = ("packed", "crop511", "crop255")
"""Names of readers whose pictures are square crops already."""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """A target in a picture.

    Attributes:
        image: RGB uint8 (H, W, 3).
        box: the target in it, x, y, w, h, first pixel from 0 to 1, float64 (4,).
        side: the picture is a square of so many pixels around the target at the scale of a
            template, where 127 pixels are the target with half its size around it; the middle of
            the target is the middle of the picture. None: a full frame.
    """

    image: Image
    box: Boxes
    side: float | None = None


class Source(Protocol):
    """Videos with tracks of annotated frames; small to pickle, as every worker gets one."""

    @property
    def name(self) -> str:
        """What the set is called in messages."""

    @property
    def side(self) -> int | None:
        """Side of its square crops, None where shots are full frames."""

    @property
    def num_videos(self) -> int:
        """Number of videos."""

    @property
    def num_tracks(self) -> int:
        """Number of tracks over all videos."""

    def tracks_of(self, video: int) -> range:
        """Numbers of the tracks of a video."""

    def frames(self, track: int) -> NDArray[np.int32]:
        """Numbers of the frames of a track that may be used, ascending."""

    def load(self, track: int, i: int) -> Shot:
        """The ``i``-th usable frame of a track.

        Raises:
            SourceError: the picture cannot be read.
        """


class IndexedSource:
    """Full pictures of a set that has an index."""

    side = None

    def __init__(self, index: TrainingIndex, *, name: str = "") -> None:
        self.index = index
        self.name = name

    @property
    def num_videos(self) -> int:
        """Number of videos."""
        return self.index.num_videos

    @property
    def num_tracks(self) -> int:
        """Number of tracks over all videos."""
        return self.index.num_tracks

    def tracks_of(self, video: int) -> range:
        """Numbers of the tracks of a video."""
        return self.index.tracks_of(video)

    def frames(self, track: int) -> NDArray[np.int32]:
        """Numbers of the usable frames of a track, ascending."""
        one = self.index.track(track)
        return np.asarray(one.frames[one.usable], dtype=np.int32)

    def load(self, track: int, i: int) -> Shot:
        """Read the whole picture of the ``i``-th usable frame.

        Raises:
            SourceError: it cannot be read, or the box does not meet it.
        """
        one = self.index.track(track)
        place = int(np.flatnonzero(one.usable)[i])
        path = self.index.image_path(one.video, int(one.frames[place]))
        return Shot(image=read_picture(path), box=one.boxes[place].astype(np.float64))


def open_source(settings: SetSettings, data_root: Path | None = None) -> Source:
    """Open a training set of a recipe.

    Args:
        settings: its reader, folder and split.
        data_root: folder of all data sets: a set without a root of its own is the folder of its
            reader's name in it; a relative root is looked for there too.

    Raises:
        InputError: no folder is named, or there is no such reader or set.
    """
    if not settings.root and data_root is None:
        raise InputError(
            f"the training set {settings.reader} has no root: give one, or --data FOLDER that "
            f"holds a folder {settings.reader}"
        )
    root = Path(settings.root).expanduser() if settings.root else Path()
    if data_root is not None and not root.is_absolute():
        root = data_root / (settings.root or settings.reader)
    if settings.reader in CROPPED:
        return _open_cropped(settings, root)
    from feathertrack.data.index import open_index
    from feathertrack.data.readers.layouts import layout_of

    layout_of(settings.reader, besides=CROPPED)
    index = open_index(settings.reader, root, settings.split, frames=settings.frames)
    return IndexedSource(index, name=f"{settings.reader} {root}")


def _open_cropped(settings: SetSettings, root: Path) -> Source:
    from feathertrack.data.cropped.crop255 import open_crop255
    from feathertrack.data.cropped.crop511 import open_crop511
    from feathertrack.data.packing.source import PackedSource

    if settings.reader == "packed":
        return PackedSource(root)
    if settings.reader == "crop511":
        return open_crop511(root, settings.split)
    return open_crop255(root)
