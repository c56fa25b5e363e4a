"""OTB: one line per frame, ``x,y,w,h`` with the first pixel at 1; no frame numbers, no scores."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from feathertrack.boxes import one_based, zero_based
from feathertrack.video.formats.boxformat import (
    BoxFormat,
    BoxText,
    Numbered,
    ReadOptions,
    Rows,
    exact,
)
from feathertrack.video.records import BoxTuple, ClipInfo

_ABSENT = (math.nan,) * 4


def from_one_based(box: Sequence[float]) -> BoxTuple:
    """A box of a file that counts pixels from 1."""
    x, y, w, h = zero_based(np.array(box, dtype=np.float64)).tolist()
    return x, y, w, h


def to_one_based(box: BoxTuple) -> BoxTuple:
    """A box for a file that counts pixels from 1."""
    x, y, w, h = one_based(np.array(box, dtype=np.float64)).tolist()
    return x, y, w, h


def decode_lines(text: BoxText, options: ReadOptions) -> Iterator[tuple[int, int, BoxTuple | None]]:
    """Line, frame and box of a file with four numbers per line, as they stand in the file.

    A line of four NaN and a box without area mean that the target is absent (UAV123, LaSOT).

    Raises:
        InputError: a line that is not four numbers, or more lines than ``options.frames``.
    """
    for index, (line, words) in enumerate(text.lines()):
        values = text.numbers(words, at=line)
        if len(values) != 4:
            raise text.error(f"there are {len(values)} numbers, expected 4: x,y,w,h", line=line)
        if options.frames is None:
            frame = index
        elif index < len(options.frames):
            frame = options.frames[index]
        else:
            raise text.error(f"there are more lines than the {index} frames", line=line)
        yield line, frame, _present(text, values, line=line)


def _present(text: BoxText, values: list[float], *, line: int) -> BoxTuple | None:
    x, y, w, h = values
    if all(map(math.isnan, values)):
        return None
    if not all(map(math.isfinite, values)):
        raise text.error("a coordinate is not finite", line=line)
    return (x, y, w, h) if w > 0 and h > 0 else None


def _encode(rows: Rows, clip: ClipInfo) -> Iterator[str]:
    for row in rows:
        box = _ABSENT if row.box is None else to_one_based(row.box)
        yield ",".join(map(exact, box)) + "\n"


def _decode(text: BoxText, options: ReadOptions) -> Iterator[Numbered]:
    for line, frame, box in decode_lines(text, options):
        yield text.row(frame, None if box is None else from_one_based(box), line=line)


FORMAT = BoxFormat(name="otb", suffix=".txt", encode=_encode, decode=_decode, every_frame=True)
