"""Masks of the VOT toolkit: a corner, a size and run lengths that start with the background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError

_MOST_PIXELS = 2**27


@dataclass(frozen=True, slots=True)
class Mask:
    """Pixels of a frame, row by row within a window.

    Attributes:
        x: first column of the window.
        y: first row of the window.
        width: of the window.
        height: of the window.
        runs: lengths of background, target, background, ... in turn.
    """

    x: int
    y: int
    width: int
    height: int
    runs: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Mask:
        """Read ``mx,y,w,h,run,run,...``; what is missing at the end is background.

        Raises:
            InputError: not integers, or runs that are longer than the window.
        """
        try:
            x, y, width, height, *runs = (int(word) for word in text.strip()[1:].split(","))
        except ValueError:
            raise InputError(f"{text.strip()[:30]!r} is no mask: expected mx,y,w,h,runs") from None
        if min(width, height, *runs, 0) < 0 or width * height > _MOST_PIXELS:
            raise InputError(f"{text.strip()[:30]!r} is no mask: a size or a run is out of range")
        if sum(runs) > width * height:
            raise InputError(
                f"{text.strip()[:30]!r} is no mask: its runs hold more than {width}x{height} pixels"
            )
        return cls(x, y, width, height, tuple(runs))

    def pixels(self) -> NDArray[np.bool_]:
        """The window: (height, width), true on the target.

        >>> Mask.parse("m5,6,3,2,1,2,1,1").pixels().astype(int).tolist()
        [[0, 1, 1], [0, 1, 0]]
        """
        values = np.arange(len(self.runs)) % 2 == 1
        flat = np.zeros(self.width * self.height, np.bool_)
        painted = np.repeat(values, self.runs)
        flat[: len(painted)] = painted
        return flat.reshape(self.height, self.width)

    def box_xywh(self) -> Boxes:
        """The box around the target, NaN where there is none.

        >>> Mask.parse("m5,6,3,2,1,2,1,1").box_xywh().tolist()
        [6.0, 6.0, 2.0, 2.0]
        """
        pixels = self.pixels()
        columns, rows = np.flatnonzero(pixels.any(0)), np.flatnonzero(pixels.any(1))
        if not len(columns):
            return np.full(4, np.nan)
        corner = [self.x + columns[0], self.y + rows[0]]
        size = [columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1]
        return np.array([*corner, *size], np.float64)
