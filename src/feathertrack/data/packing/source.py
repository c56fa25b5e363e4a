"""A pack as a source of shots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.data.cropped.table import TabledSource, TrackTable
from feathertrack.data.packing.layout import open_places, read_about, shard_path
from feathertrack.data.sources import Shot
from feathertrack.errors import InputError, SourceError
from feathertrack.video.frames import Image
from feathertrack.video.headers import picture_size
from feathertrack.video.quiet import quiet_opencv

_RGB = getattr(cv2, "IMREAD_COLOR_RGB", None)  # OpenCV 4.11; saves a pass over the pixels


class PackedSource(TabledSource):
    """Crops in shards that are mapped into memory: all workers share the pages.

    Args:
        root: folder of the pack.

    Raises:
        InputError: no complete pack of this version, or a shard that is not what it was.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.about = read_about(root)
        self.name = f"packed {root}"
        self.side = self.about.settings.side
        self.table = TrackTable.open(root / "table")
        self.places = open_places(root, self.about)
        self._shards: dict[int, NDArray[np.uint8]] = {}
        for number, size in enumerate(self.about.shards):
            path = shard_path(root, number)
            if not path.is_file() or path.stat().st_size != size:
                raise InputError(f"{path} is missing or cut off: pack again into another folder")

    def __reduce__(self) -> tuple[Any, ...]:
        return PackedSource, (self.root,)

    def load(self, track: int, i: int) -> Shot:
        """Decode the ``i``-th crop of a track.

        Raises:
            SourceError: its bytes are damaged.
        """
        crop = self.table.crops_of(track)[i]
        image = decode_square(self.bytes_of(crop), side=self.side)
        if image is None:
            raise SourceError(
                f"{self.root}: the crop of {self.table.title(track, i)} is damaged; "
                f"look with feathertrack data pack --check"
            )
        return Shot(image=image, box=self.table.box(crop, side=self.side), side=float(self.side))

    def bytes_of(self, crop: int) -> NDArray[np.uint8]:
        """The jpg file of a crop; empty where the table points outside of its shard."""
        shard, length, offset, _ = self.places[crop].item()
        if shard not in self._shards:
            if not 0 <= shard < len(self.about.shards):
                return np.empty(0, np.uint8)
            mapped = np.memmap(shard_path(self.root, shard), np.uint8, mode="r")
            self._shards[shard] = np.asarray(mapped)
        return self._shards[shard][max(offset, 0) : max(offset, 0) + max(length, 0)]


def decode_square(data: NDArray[np.uint8], *, side: int) -> Image | None:
    """RGB uint8 (side, side, 3) of a jpg file; None where it is damaged or of another size."""
    if picture_size(data[:4096].tobytes()) != (side, side):
        return None  # before memory is taken for whatever size it announces
    with quiet_opencv():
        try:
            pixels = cv2.imdecode(data, cv2.IMREAD_COLOR if _RGB is None else _RGB)
        except cv2.error:
            return None
    if pixels is None or pixels.shape != (side, side, 3):
        return None
    if _RGB is None:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
    return np.asarray(pixels, dtype=np.uint8)
