"""The boxes that a user gives: ``--box-file``."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from feathertrack.boxes import Boxes, as_box
from feathertrack.errors import InputError
from feathertrack.video.formats import otb, table
from feathertrack.video.formats.boxformat import ReadOptions, read_text, split


def read_box_file(path: str | Path) -> dict[int, Boxes]:
    """Given boxes by frame of the source, sorted, in pixels from 0.

    Four numbers a line are an OTB ground truth: pixels count from 1 and only the first line is
    taken, for frame 0. Five are frame,x,y,w,h, all from 0, with or without a header; each of them
    starts the target anew.

    Raises:
        InputError: not such a file; a frame that is given twice; a line without a box.
    """
    text = read_text(Path(path))
    first = next(text.lines(), None)
    if first is None:
        raise text.error("the file is empty: expected x,y,w,h or frame,x,y,w,h")
    line, words = first
    if len(split(words)) == 4 and not table.has_header(words):
        values = text.numbers(words, at=line)
        try:
            return {0: np.array(otb.from_one_based(tuple(as_box(values))))}
        except InputError as error:
            raise text.error(str(error), line=line) from error
    if len(split(words)) < 5:
        message = f"{words[:40]!r} is neither x,y,w,h counted from 1 nor frame,x,y,w,h from 0"
        raise text.error(message, line=line)
    boxes: dict[int, Boxes] = {}
    for number, row in table.FORMAT.decode(text, ReadOptions()):
        if row.frame in boxes:
            raise text.error(f"frame {row.frame} is given twice", line=number)
        if row.box is None:
            raise text.error(f"frame {row.frame} has no box", line=number)
        boxes[row.frame] = np.array(row.box)
    if not boxes:
        raise text.error("there is a header but no box")
    return dict(sorted(boxes.items()))
