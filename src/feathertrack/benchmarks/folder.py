"""A user's own benchmark: pictures or videos with a file of boxes in any format of this package.

A sequence is a folder with pictures, in it or in its ``img``, ``img1`` or ``color``, and a file of
boxes in it, in its ``gt``, or beside it under its name; or a video with the boxes beside it under
its name. The root holds sequences, at any depth, or is one. Each target of a file with several is a
sequence of its own.
"""

from __future__ import annotations

from collections.abc import Sequence as Listed
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.folder_places import TREE, Found, Place, find_places
from feathertrack.benchmarks.framelist import (
    FirstFrames,
    FolderFrames,
    FrameList,
    LaterFrames,
    NamedFrames,
    VideoFrames,
)
from feathertrack.benchmarks.numbering import numbering_of
from feathertrack.benchmarks.sequence import Sequence
from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.video import TrackRow, read_boxes
from feathertrack.video.formats import BOX_FORMATS, detect_format
from feathertrack.video.pictures import read_picture
from feathertrack.video.single_frames import video_info

_SHOWN = 5


class PicturesMissing(InputError):
    """Pictures are missing between others or before them."""


@dataclass(frozen=True)
class FolderReader:
    """Reads one sequence.

    Attributes:
        root: what the user gave.
        format: of the files of boxes; None tells it by what they hold.
    """

    root: Path
    format: str | None = None

    @property
    def places(self) -> dict[str, Place]:
        """Every sequence by name.

        Raises:
            InputError: there is none, or two have one name.
        """
        return self.found.places

    @property
    def notes(self) -> tuple[str, ...]:
        """What was unusual about finding them."""
        return self.found.notes

    @cached_property
    def found(self) -> Found:
        """Every sequence, and what is left out."""
        return find_places(self.root, format=self.format)

    def files(self, name: str) -> Files:
        """Where the sequence lies."""
        place = self.places[name]
        return Files(truth=place.boxes, frames=place.pictures)

    def load(self, name: str) -> Sequence:
        """Read its boxes; the sequence begins with the first one and ends with the frames."""
        place = self.places[name]
        names = [] if place.is_video else FolderFrames(place.pictures).there
        frames: FrameList = NamedFrames(place.pictures, names)
        if place.is_video:
            frames = VideoFrames(place.pictures)
        format = self.format or place.usual_format or _detected(place)
        rows = _rows(place, frames, format=format)
        first = next((row.frame for row in rows if row.box is not None), None)
        if first is None:
            raise InputError(f"{place.boxes} holds no box, so there is nothing to start from")
        skipped = _check_numbers(names, rows, place)
        length, odd = _length(rows, len(frames), place, every_frame=BOX_FORMATS[format].every_frame)
        if first >= length:
            raise InputError(
                f"{place.boxes}: the first box is of frame {first}, but {place.pictures} has "
                f"{length} {place.unit}"
            )
        truth = _truth(rows, first=first, length=length - first)
        frames = FirstFrames(frames, length) if length < len(frames) else frames
        return Sequence(
            name=name,
            frames=LaterFrames(frames, first) if first else frames,
            truth=truth,
            absent=np.isnan(truth[:, 0]),
            fps=_rate(place),
            target=place.target or "",
            notes=(*skipped, *odd),
        )


def _length(
    rows: list[TrackRow], num_frames: int, place: Place, *, every_frame: bool
) -> tuple[int, tuple[str, ...]]:
    """How many frames are used, and what is said where boxes and frames end apart."""
    last = max(row.frame for row in rows)
    if last >= num_frames and every_frame:
        note = (
            f"{place.boxes}, line {num_frames + 1}: the ground truth is longer than the frames: "
            f"{last + 1} rows for {num_frames} {place.unit}; the first {num_frames} are used"
        )
        return num_frames, (note,)
    if last >= num_frames:
        note = (
            f"{place.boxes}: there are boxes up to frame {last}, but only {num_frames} "
            f"{place.unit}; those beyond are left out"
        )
        return num_frames, (note,)
    if every_frame and last + 1 < num_frames:  # other formats end with the target
        note = (
            f"{place.boxes}: the ground truth is shorter than the frames: {last + 1} rows for "
            f"{num_frames} {place.unit}; the first {last + 1} are used"
        )
        return last + 1, (note,)
    return num_frames, ()


def _detected(place: Place) -> str:
    """The format of a file of boxes.

    Raises:
        InputError: none, or it may be one that counts pixels from 0 or one that counts from 1.
    """
    try:
        return detect_format(place.boxes)
    except InputError as error:
        if "may be otb" not in str(error):
            raise
        stem = place.boxes.stem
        raise InputError(
            f"{place.boxes} has four numbers a line, which does not tell whether pixels count from "
            f"1, as in OTB: then call it {stem}_groundtruth_rect.txt, or from 0: then "
            f"{stem}_groundtruth.txt"
        ) from None


def _rows(place: Place, frames: FrameList, *, format: str) -> list[TrackRow]:
    """The rows of a file of boxes; those in percent need the size of the frames."""
    width = height = None
    if format == "labelstudio" and b'"original_width"' not in place.boxes.read_bytes():
        if place.is_video:
            info = video_info(place.pictures)
            width, height = info.width, info.height
        else:
            height, width = read_picture(frames[0]).shape[:2]
    return read_boxes(place.boxes, format, width=width, height=height, target=place.target)


def _rate(place: Place) -> float | None:
    rate = video_info(place.pictures).fps if place.is_video else None
    return None if rate is None else float(rate)


def _check_numbers(names: Listed[str], rows: list[TrackRow], place: Place) -> tuple[str, ...]:
    """See that every row of boxes has its picture; a note where the names skip numbers.

    The first picture belongs to the first row, every later one by its number. Where there are
    exactly as many rows as pictures each row has its picture, whatever the numbers are.

    Raises:
        PicturesMissing: pictures are missing, so that later boxes would lie on the wrong ones.
    """
    numbering = numbering_of(names)
    if numbering is None:
        return ()
    last = max(row.frame for row in rows)
    length, gaps = last + 1, numbering.missing
    if length <= len(names) and numbering.is_strided:
        return ()
    runs_out = length > len(names)
    if (
        runs_out and numbering.first > 1 and numbering.last in (last, length)
    ):  # counted from 0 or 1 up to the last row
        start = numbering.last - last
        gaps = [*range(start, numbering.first), *gaps]
    if not gaps:
        return ()
    lost = ", ".join(numbering.name(number) for number in gaps[:_SHOWN])
    lost += f", ... ({len(gaps)} pictures)" if len(gaps) > _SHOWN else ""
    if len(names) == length == len({row.frame for row in rows}):
        said = f"{place.pictures}: the numbers of the pictures skip {lost}"
        return (f"{said}; there are as many boxes as pictures, so they are taken one by one",)
    raise PicturesMissing(
        f"{place.pictures} lacks {lost}, but {place.boxes} has {length} rows for the "
        f"{len(names)} pictures: put the pictures back, or leave out their rows too"
    )


def _truth(rows: list[TrackRow], *, first: int, length: int) -> Boxes:
    truth = np.full((length, 4), np.nan)
    for row in rows:
        if row.box is not None and row.frame - first < length:
            truth[row.frame - first] = row.box
    return truth


def open_folder(root: str | Path, *, version: str | None = None) -> Benchmark:
    """A user's own sequences.

    Args:
        root: the folder of the sequences, or one sequence.
        version: format of the files of boxes, as ``otb`` or ``mot``; None tells it by what each
            file holds (``groundtruth_rect.txt`` counts pixels from 1, ``groundtruth.txt`` from 0).

    Raises:
        InputError: no sequence in the root, or no such format.
    """
    if version is not None and version not in BOX_FORMATS:
        raise InputError(f"unknown box format {version!r}: use one of {', '.join(BOX_FORMATS)}")
    place = Path(root).expanduser()
    if not place.is_dir():
        raise InputError(f"the root {place} is no folder; it should hold {TREE}")
    reader = FolderReader(place, version)
    return Benchmark(
        name="folder",
        tree=TREE,
        root=place,
        names=tuple(reader.places),
        reader=reader,
        aliases={one.alias: name for name, one in reader.places.items() if one.alias},
        verified=False,
        notes=reader.notes,
    )
