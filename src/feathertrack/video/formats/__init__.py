"""Boxes in files: every format that is written is read back.

One file per format; each ends in a ``FORMAT`` that this registry lists.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

from feathertrack.errors import InputError
from feathertrack.video.formats import (
    coco,
    cvat,
    got10k,
    jsonfile,
    jsonl,
    labelstudio,
    mot,
    otb,
    table,
)
from feathertrack.video.formats.boxfile import read_box_file
from feathertrack.video.formats.boxformat import (
    BoxFormat,
    Listing,
    Numbered,
    ReadOptions,
    Rows,
    TargetsListed,
    read_text,
)
from feathertrack.video.formats.detect import detect
from feathertrack.video.outfiles import make_folder, write_atomically, writing
from feathertrack.video.records import ClipInfo, TrackRow

__all__ = [
    "BOX_FORMATS",
    "BoxFormat",
    "box_format",
    "box_targets",
    "detect_format",
    "read_box_file",
    "read_boxes",
    "save_rows",
    "write_boxes",
]

BOX_FORMATS: dict[str, BoxFormat] = {
    module.FORMAT.name: module.FORMAT
    for module in (table, jsonfile, jsonl, otb, got10k, mot, coco, cvat, labelstudio)
}
"""Name to format, in the order in which they are listed to users."""


def box_format(name: str) -> BoxFormat:
    """The format of a name.

    Raises:
        InputError: there is none; the text lists those there are.
    """
    if name not in BOX_FORMATS:
        raise InputError(f"unknown box format {name!r}: use one of {', '.join(BOX_FORMATS)}")
    return BOX_FORMATS[name]


def read_boxes(
    path: str | Path,
    format: str | None = None,
    *,
    width: int | None = None,
    height: int | None = None,
    target: str | None = None,
    frames: Sequence[int] | None = None,
) -> list[TrackRow]:
    """The rows of a box file, by frame.

    Args:
        path: the file; also the ``.part`` that a run which was killed left behind (jsonl).
        format: its format, None to tell it by what the file holds.
        width: pixels of the frames, for labelstudio files that do not say.
        height: likewise.
        target: id of the target to take from a file with several.
        frames: source frames of the lines of otb and got10k, which have no frame numbers
            (``range(start, stop, step)`` of the run that wrote them); None counts from 0.

    Raises:
        InputError: no such file, no such format, or a mistake in it, with the line.
    """
    text = read_text(Path(path))
    chosen = box_format(format or detect(text))
    options = ReadOptions(width=width, height=height, target=target, frames=frames)
    rows: list[Numbered] = sorted(chosen.decode(text, options), key=lambda row: row[1].frame)
    for (_, row), (line, following) in itertools.pairwise(rows):
        if row.frame == following.frame:
            raise text.error(f"frame {row.frame} appears twice", line=line)
    return [row for _, row in rows]


def detect_format(path: str | Path) -> str:
    """Name of the format of a box file, told by what it holds.

    Raises:
        InputError: no such file, no format fits, or several do; then the text names them.
    """
    return detect(read_text(Path(path)))


def box_targets(path: str | Path, format: str | None = None) -> list[str]:
    """Ids of the targets in a box file, in its order; none where its format has no ids.

    Raises:
        InputError: as for ``read_boxes``, as far as the file is read for this.
    """
    text = read_text(Path(path))
    chosen = box_format(format or detect(text))
    try:
        next(iter(chosen.decode(Listing(text.path, text.text), ReadOptions())), None)
    except TargetsListed as listed:
        return [*listed.targets]
    return []


def write_boxes(
    path: str | Path,
    rows: Iterable[TrackRow],
    *,
    format: str,
    clip: ClipInfo = ClipInfo(),
) -> None:
    """Write a box file; an old one is replaced only when all of it is written.

    Raises:
        InputError: no such format, a file that cannot be written, a frame that appears twice, or
            ``labelstudio`` without the size of the frames.
    """
    chosen = box_format(format)
    listed = list(rows)
    if chosen.by_frame:
        listed.sort(key=lambda row: row.frame)
    if len({row.frame for row in listed}) < len(listed):
        raise InputError(f"{path}: a frame appears twice among the rows to write")
    target = Path(path)
    with writing(target):
        make_folder(target.parent)
    save_rows(target, listed, format=chosen, clip=clip)


def save_rows(path: Path, rows: Rows, *, format: BoxFormat, clip: ClipInfo) -> None:
    """Write rows, already in order, with the format's companion files; all or nothing per file."""
    with writing(path):
        write_atomically(path, format.encode(rows, clip))
        for companion, text in format.companions(path, rows).items():
            write_atomically(companion, text)
