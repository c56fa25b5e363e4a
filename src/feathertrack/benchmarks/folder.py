"""A user's own benchmark: folders of pictures with a file of boxes in any format of this package.

A sequence is a folder with pictures, in it or in its ``img``, ``img1`` or ``color``, and a file of
boxes in it, in its ``gt``, or beside it under its name. The root holds sequences, or is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.framelist import FolderFrames, LaterFrames, NamedFrames
from feathertrack.benchmarks.layout import file_names, subfolders
from feathertrack.benchmarks.numbering import numbering_of
from feathertrack.benchmarks.sequence import Sequence
from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.textrows import parse_rows
from feathertrack.video import TrackRow, read_boxes
from feathertrack.video.formats import BOX_FORMATS
from feathertrack.video.pictures import is_picture

TREE = "<sequence>/{pictures, a file of boxes}; boxes in the form of " + ", ".join(BOX_FORMATS)
_SHOWN = 5
_PICTURES = ("", "img", "img1", "color")
_SUFFIXES = (".txt", ".csv", ".json", ".jsonl", ".xml")
_USUAL = ("groundtruth_rect", "groundtruth", "gt", "boxes", "annotations", "annotation")
_FORMAT_BY_NAME = {"groundtruth_rect.txt": "otb", "groundtruth.txt": "got10k"}


class PicturesMissing(InputError):
    """Pictures are missing between others or before them."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A sequence that was found.

    Attributes:
        pictures: the folder of its pictures.
        boxes: its file of boxes.
        target: which one of a file with several.
    """

    pictures: Path
    boxes: Path
    target: str | None = None


@dataclass(frozen=True)
class FolderReader:
    """Reads one sequence.

    Attributes:
        root: what the user gave.
        format: of the files of boxes; None tells it by what they hold.
    """

    root: Path
    format: str | None = None

    @cached_property
    def places(self) -> dict[str, Place]:
        """Every sequence by name."""
        found = dict(self._found())
        if not found:
            raise InputError(f"{self.root} holds no sequence: expected {TREE}")
        return found

    def _found(self) -> Iterator[tuple[str, Place]]:
        folders = [self.root / name for name in subfolders(self.root)]
        for folder in [self.root, *folders] if _boxes(self.root, beside=False) else folders:
            pictures, boxes = _pictures(folder), _boxes(folder, beside=folder != self.root)
            if pictures is None or boxes is None:
                continue
            targets = _targets(boxes) if self.format in (None, "mot") else []
            for target in targets if len(targets) > 1 else [None]:
                name = folder.resolve().name + (f"-{target}" if target else "")
                yield name, Place(pictures=pictures, boxes=boxes, target=target)
            if folder == self.root:
                return

    def files(self, name: str) -> Files:
        """Where the sequence lies."""
        place = self.places[name]
        return Files(truth=place.boxes, frames=place.pictures)

    def load(self, name: str) -> Sequence:
        """Read its boxes; the sequence begins with the first one and ends with the frames."""
        place = self.places[name]
        pictures = FolderFrames(place.pictures).there
        frames = NamedFrames(place.pictures, pictures)
        format = self.format or _FORMAT_BY_NAME.get(place.boxes.name)
        rows = read_boxes(place.boxes, format, target=place.target)
        first = next((row.frame for row in rows if row.box is not None), None)
        if first is None:
            raise InputError(f"{place.boxes} holds no box, so there is nothing to start from")
        skipped = _check_numbers(pictures, rows, place)
        beyond = [row.frame for row in rows if row.frame >= len(frames)]
        if first >= len(frames):
            raise InputError(
                f"{place.boxes}: the first box is of frame {first}, but {place.pictures} has "
                f"{len(frames)} pictures"
            )
        truth = _truth(rows, first=first, length=len(frames) - first)
        note = (
            f"{place.boxes}: there are boxes up to frame {max(beyond, default=0)}, but only "
            f"{len(frames)} pictures; those beyond are left out"
        )
        return Sequence(
            name=name,
            frames=LaterFrames(frames, first) if first else frames,
            truth=truth,
            absent=np.isnan(truth[:, 0]),
            target=place.target or "",
            notes=(*skipped, *((note,) if beyond else ())),
        )


def _check_numbers(names: list[str], rows: list[TrackRow], place: Place) -> tuple[str, ...]:
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


def _pictures(folder: Path) -> Path | None:
    places = [folder / name if name else folder for name in _PICTURES]
    return next((p for p in places if any(is_picture(Path(n)) for n in file_names(p))), None)


def _boxes(folder: Path, *, beside: bool) -> Path | None:
    """The file of boxes of a folder: usual names first, in it, then in ``gt``, then beside it."""
    for place in (folder, folder / "gt"):
        names = [name for name in file_names(place) if name.lower().endswith(_SUFFIXES)]
        usual = [name for name in names if Path(name).stem.lower() in _USUAL]
        if len(names) == 1 or usual:
            return place / (usual or names)[0]
    paths = [folder.parent / f"{folder.name}{suffix}" for suffix in _SUFFIXES] if beside else []
    return next((path for path in paths if path.is_file()), None)


def _targets(path: Path) -> list[str]:
    """The ids of a MOT file; nothing for other files."""
    if path.suffix.lower() != ".txt":
        return []
    try:
        rows = parse_rows(path)
    except InputError:  # read again, and refused with a reason, when the sequence is asked for
        return []
    return [f"{one:.0f}" for one in np.unique(rows[:, 1])] if rows.shape[1] >= 6 else []


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
        verified=False,
    )
