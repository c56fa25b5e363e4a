"""Pictures that are in memory already, or come out of the caller's own code, as a source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from threading import Event

import numpy as np

from feathertrack.errors import SourceError
from feathertrack.video.frames import Frame, SourceInfo
from feathertrack.video.pixels import rgb_uint8
from feathertrack.video.selection import Selection

ITEMS_PER_PICTURE = (1, 3, 4)


@dataclass(frozen=True, slots=True, eq=False)
class ArrayFrames:
    """Arrays in RGB order, in any form that ``rgb_uint8`` takes.

    Attributes:
        items: the pictures; a list or an array (N, H, W, 3) can be read backwards, an iterator
            cannot, and is drawn on no further than the last frame wanted.
    """

    items: Iterable[object]
    decodes: bool = False

    @property
    def info(self) -> SourceInfo:
        """Number of frames where the items have a length."""
        return SourceInfo(name="arrays", num_frames=_length(self.items))

    def read(self, selection: Selection, *, closing: Event) -> Iterator[Frame]:
        """Yield the selected frames; errors name the number and the shape of the array."""
        items = self.items
        if isinstance(items, (Sequence, np.ndarray)):
            selection.check_start(len(items), name=self.info.name)
            for index in selection.indices(len(items)):
                yield _frame(items[index], index)
            return
        if selection.reverse:
            raise SourceError(
                f"a {type(items).__name__} cannot be read backwards; give a list of arrays"
            )
        for index, item in enumerate(islice(items, selection.stop)):
            if selection.wants(index):
                yield _frame(item, index)

    def close(self) -> None:
        """Nothing is held."""


def array_frames(items: Iterable[object]) -> ArrayFrames:
    """Take an array (N, H, W[, C]), one picture (H, W) or (H, W, C), or an iterable of pictures.

    An array of three axes is one picture where the last has 1, 3 or 4 entries, else N grey ones.

    Raises:
        SourceError: an array of less than two or more than four axes, or nothing in it.
    """
    if isinstance(items, np.ndarray):
        if items.ndim == 2 or (items.ndim == 3 and items.shape[2] in ITEMS_PER_PICTURE):
            items = items[None]
        if items.ndim not in (3, 4):
            raise SourceError(
                f"an array of shape {items.shape} is no video; give (N, H, W, 3), RGB"
            )
    if _length(items) == 0:
        raise SourceError(f"an empty {type(items).__name__} holds no frame; give at least one")
    return ArrayFrames(items)


def _length(items: Iterable[object]) -> int | None:
    return len(items) if isinstance(items, (Sequence, np.ndarray)) else None


def _frame(item: object, index: int) -> Frame:
    try:
        pixels = np.asarray(item)
    except (TypeError, ValueError) as error:
        raise SourceError(
            f"frame {index}, a {type(item).__name__}, is no array: {error}"
        ) from error
    return Frame(image=rgb_uint8(pixels, what=f"frame {index}"), index=index)
