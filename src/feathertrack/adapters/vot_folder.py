"""The folder protocol of the VOT toolkit (0.9): files in, files out, no conversation.

``frames_color.txt`` lists the images. Each target has a ``query_ID.txt``: the frame that it starts
on, from 0, its region, then lines ``key=value``. For each, ``output_ID.txt`` holds a region per
frame, ``0`` before the start, and ``output_ID_confidence.txt`` a score per frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.result_files.vot import regions_of
from feathertrack.evaluation.vot.initial_box import initial_box
from feathertrack.evaluation.vot.masks import decode_mask
from feathertrack.evaluation.vot.regions import RegionKind
from feathertrack.trackers.tracker import Tracker
from feathertrack.video.outfiles import write_atomically, writing
from feathertrack.video.pictures import read_picture

_FRAMES = "frames_color.txt"


@dataclass(frozen=True, kw_only=True, eq=False)
class Query:
    """A target of a folder.

    Attributes:
        name: what stands between ``query_`` and ``.txt``.
        start: frame that it is given on, from 0.
        box: (x, y, w, h) on that frame.
    """

    name: str
    start: int
    box: Boxes


def follow_folder(tracker: Tracker, folder: Path) -> list[Path]:
    """Follow the targets of a folder, one after another, and write where they are.

    Args:
        tracker: started anew for each target.
        folder: where the files of the protocol are.

    Returns:
        The files with the regions.

    Raises:
        InputError: there are no frames or no targets, or a file that cannot be used.
    """
    frames = read_frames(folder)
    return [_follow(tracker, frames, query, folder) for query in read_queries(folder, len(frames))]


def read_frames(folder: Path) -> list[Path]:
    """The images that a folder lists; relative ones are relative to it.

    Raises:
        InputError: there is no list, or it is empty.
    """
    lines = [line.strip() for line in _read(folder / _FRAMES).splitlines()]
    frames = [folder / line for line in lines if line]
    if not frames:
        raise InputError(f"{folder / _FRAMES} lists no images")
    return frames


def read_queries(folder: Path, num_frames: int) -> list[Query]:
    """The targets that a folder asks for, by name.

    Raises:
        InputError: there are none, or one starts on no frame or by no box, polygon or mask.
    """
    paths = sorted(folder.glob("query_*.txt"))
    if not paths:
        raise InputError(f"{folder} asks for no target: it has no query_ID.txt")
    return [_query(path, num_frames) for path in paths]


def _query(path: Path, num_frames: int) -> Query:
    lines = _read(path).splitlines()
    if len(lines) < 2:
        raise InputError(f"{path} has {len(lines)} lines, expected a frame and a region")
    if not lines[0].strip().isdecimal() or int(lines[0]) >= num_frames:
        raise InputError(
            f"{path} line 1 should be a frame from 0 to {num_frames - 1}, is {lines[0].strip()!r}"
        )
    return Query(
        name=path.stem.removeprefix("query_"),
        start=int(lines[0]),
        box=_box(lines[1], what=f"{path} line 2"),
    )


def _box(text: str, *, what: str) -> Boxes:
    """The upright box to start on, of the text of a region."""
    regions = regions_of(text.encode(), name=what)
    if len(regions) != 1:
        raise InputError(f"{what} should be a region, is {text!r}")
    if regions.kind[0] == RegionKind.MASK:
        mask = decode_mask(regions.row(0))
        rows, columns = np.nonzero(mask)
        if not rows.size:
            raise InputError(f"{what} is an empty mask: it cannot start a tracker")
        left, top = regions.row(0)[:2] + np.array([columns.min(), rows.min()])
        return np.array([left, top, np.ptp(columns) + 1, np.ptp(rows) + 1], dtype=np.float64)
    if regions.kind[0] in (RegionKind.SPECIAL, RegionKind.POINT):
        raise InputError(f"{what} is {text.strip()!r}: a tracker starts on a box, not on this")
    return initial_box(regions.row(0))


def _follow(tracker: Tracker, frames: Sequence[Path], query: Query, folder: Path) -> Path:
    regions = ["0\n"] * query.start
    scores = ["0\n"] * query.start
    for number, path in enumerate(frames[query.start :]):
        image = read_picture(path)
        if number == 0:
            tracker.init(image, query.box)
            box_xywh, score = query.box, 1.0
        else:
            result = tracker.update(image)
            box_xywh, score = result.box, result.score
        regions.append(",".join(f"{value:.4f}" for value in box_xywh) + "\n")
        scores.append(f"{score:.6f}\n")
    path = folder / f"output_{query.name}.txt"
    for file, lines in ((path, regions), (folder / f"{path.stem}_confidence.txt", scores)):
        with writing(file):
            write_atomically(file, lines)
    return path


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise InputError(f"{path} cannot be read: {reason}") from error
