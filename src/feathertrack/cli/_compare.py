"""Other results, or a ground truth, beside ours: ``--compare``."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from feathertrack.boxes import iou
from feathertrack.results import Result
from feathertrack.video.formats import BOX_FORMATS, read_boxes
from feathertrack.video.formats.boxformat import read_text
from feathertrack.video.formats.detect import detect
from feathertrack.video.frames import SourceInfo
from feathertrack.video.records import TrackRow

_PREFIX = re.compile(r"([A-Za-z0-9]{2,}):(.+)", re.DOTALL)


@dataclass
class Compared:
    """One other result, and how much ours overlaps with it.

    Attributes:
        name: what the legend calls it.
        rows: frame of the source -> what it says there.
        overlap_sum: over the frames on which both have a box and ours was predicted.
        num_frames: how many these are.
    """

    name: str
    rows: Mapping[int, TrackRow]
    overlap_sum: float = 0.0
    num_frames: int = 0

    def add(self, result: Result) -> None:
        """Count a frame of ours."""
        row = self.rows.get(result.frame)
        if row is not None and row.box is not None and not result.given:
            self.overlap_sum += float(iou(result.box, np.array(row.box)))
            self.num_frames += 1

    def summary(self) -> str:
        """One line: the mean overlap and over how many frames."""
        if not self.num_frames:
            return f"overlap with {self.name}: no frame with a box in both"
        mean = self.overlap_sum / self.num_frames
        return f"overlap with {self.name}: {mean:.3f} over {self.num_frames} frames"


def read_compared(texts: Iterable[str], *, info: SourceInfo, ours: str) -> tuple[Compared, ...]:
    """Read the files of ``[FORMAT:]PATH`` and give each a name of its own.

    Args:
        texts: files in any format that is written; ``otb:`` or ``got10k:`` before those that could
            be either.
        info: of the source; formats in percent need the size of its frames, and the lines of otb
            and got10k are its selected frames where there are as many.
        ours: a name that is taken.

    Raises:
        InputError: a file that cannot be read as boxes.
    """
    compared: dict[str, Compared] = {}
    for text in texts:
        match = _PREFIX.fullmatch(text)
        prefixed = match is not None and match[1] in BOX_FORMATS
        format, path = (match[1], match[2]) if match and prefixed else (None, text)
        name = _free_name(Path(path), [ours, *compared])
        rows = _rows(Path(path).expanduser(), format, info=info)
        compared[name] = Compared(name, {row.frame: row for row in rows})
    return tuple(compared.values())


def _rows(path: Path, format: str | None, *, info: SourceInfo) -> list[TrackRow]:
    """The rows of a file; a line for each frame of this run is taken for that of an equal one."""
    format = format or detect(read_text(path))
    rows = read_boxes(path, format, width=info.width or None, height=info.height or None)
    if not BOX_FORMATS[format].every_frame or info.selected is None:
        return rows
    if len(rows) != len(info.selected):
        return rows
    return [replace(row, frame=info.selected[row.frame]) for row in rows]


def _free_name(path: Path, taken: Collection[str]) -> str:
    """The file's name without suffix; with its folder, then a number, where that is taken."""
    for name in (path.stem, f"{path.resolve().parent.name}/{path.stem}"):
        if name not in taken:
            return name
    return next(name for i in itertools.count(2) if (name := f"{path.stem} {i}") not in taken)
