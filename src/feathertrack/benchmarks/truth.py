"""From rows of ground truth and frames to a sequence, where the two may not agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from feathertrack.benchmarks.framelist import FirstFrames, FrameList
from feathertrack.benchmarks.sequence import Flags
from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.textrows import parse_rows


def same_length(
    truth: Boxes, frames: FrameList, *, path: Path
) -> tuple[Boxes, FrameList, tuple[str, ...]]:
    """Cut the longer of boxes and frames, as got10k does, and say so."""
    rows, pictures = len(truth), len(frames)
    if rows == pictures:
        return truth, frames, ()
    kept = min(rows, pictures)
    which = "longer" if rows > pictures else "shorter"
    at = f", line {kept + 1}" if rows > pictures else ""
    note = (
        f"{path}{at}: the ground truth is {which} than the frames: {rows} rows for {pictures} "
        f"frames; the first {kept} are used"
    )
    return truth[:kept], frames if rows >= pictures else FirstFrames(frames, kept), (note,)


def read_flags(path: Path, *, length: int) -> Flags:
    """Flags of 0 and 1, one a line or all in one line.

    Raises:
        InputError: not 0 and 1, or not ``length`` of them.
    """
    flags = read_numbers(path, length=length)
    wrong = np.flatnonzero((flags != 0) & (flags != 1))
    if len(wrong):
        raise InputError(f"{path}: flag {wrong[0] + 1} is {flags[wrong[0]]:g}, expected 0 or 1")
    return flags.astype(np.bool_)


def read_numbers(path: Path, *, length: int) -> Boxes:
    """Numbers, one a line or all in one line.

    Raises:
        InputError: not ``length`` of them.
    """
    rows = parse_rows(path)
    if 1 not in rows.shape:
        raise InputError(f"{path} has rows of {rows.shape[1]} numbers, expected one a frame")
    if rows.size != length:
        raise InputError(f"{path} has {rows.size} values for the {length} boxes of its sequence")
    return rows.reshape(-1)
