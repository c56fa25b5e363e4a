"""Where the sequences of a user's own folder lie: pictures or a video, and a file of boxes each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

from feathertrack.benchmarks.layout import file_names, subfolders
from feathertrack.errors import InputError
from feathertrack.video.folders import VIDEO_SUFFIXES
from feathertrack.video.formats import BOX_FORMATS, box_targets
from feathertrack.video.pictures import is_picture

TREE = (
    "<sequence>/{pictures or a video, a file of boxes} or <sequence>.{mp4, ...} with "
    "<sequence>.{txt, ...}; boxes in the form of " + ", ".join(BOX_FORMATS)
)
_DEEPEST = 6
_SHOWN = 5
_PICTURES = ("", "img", "img1", "color")
_SUFFIXES = (".txt", ".csv", ".json", ".jsonl", ".xml")
_USUAL = ("groundtruth_rect", "groundtruth", "gt", "boxes", "annotations", "annotation")
_FORMATS = (("groundtruth_rect.txt", "otb"), ("groundtruth.txt", "got10k"))
_UNFIT = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, kw_only=True)
class Place:
    """A sequence that was found.

    Attributes:
        parts: names of the folders from the root to it, its own name last.
        pictures: the folder of its pictures, or its video.
        boxes: its file of boxes.
        target: which one of a file with several.
    """

    parts: tuple[str, ...]
    pictures: Path
    boxes: Path
    target: str | None = None

    @property
    def name(self) -> str:
        """Its parts and its target, joined by dashes."""
        words = (*self.parts, *([_UNFIT.sub("_", self.target)] if self.target else []))
        return "-".join(words)

    @property
    def alias(self) -> str | None:
        """Its parts, a # and its target as its file of boxes has it; None for the only target."""
        return f"{'-'.join(self.parts)}#{self.target}" if self.target else None

    @property
    def is_video(self) -> bool:
        """Its frames are in one file."""
        return self.pictures.suffix.lower() in VIDEO_SUFFIXES and self.pictures.is_file()

    @property
    def unit(self) -> str:
        """What its frames are called in messages."""
        return "frames" if self.is_video else "pictures"

    @property
    def usual_format(self) -> str | None:
        """The format that the name of the file of boxes stands for; None where it does not tell."""
        name = self.boxes.name.lower()
        return next((format for end, format in _FORMATS if name.endswith(end)), None)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a folder holds.

    Attributes:
        places: every sequence by name.
        notes: what was unusual about finding them.
        without_boxes: folders of pictures, and videos, with which no file of boxes goes.
        without_pictures: files of boxes, of a usual name, with which no pictures go.
    """

    places: dict[str, Place]
    notes: tuple[str, ...]
    without_boxes: tuple[Path, ...] = ()
    without_pictures: tuple[Path, ...] = ()


def find_places(root: Path, *, format: str | None) -> Found:
    """Every sequence by name, and what is left out.

    Args:
        root: holds sequences, at any depth, or is one.
        format: of the files of boxes; None tells it by what they hold.

    Raises:
        InputError: two sequences would have one name, or there is none.
    """
    own = _sequence(root, (root.resolve().name,), beside=False)
    without: list[Path] = []
    empty: list[Path] = []
    places = [own] if own else [*_below(root, (), without, empty)]
    notes = []
    if without:
        notes.append(f"left out, as no file of boxes goes with them: {_shown(without)}")
    if empty:
        notes.append(f"left out, as no pictures go with them: {_shown(empty)}")
    if not places:
        raise InputError("; ".join([f"{root} holds no sequence: expected {TREE}", *notes]))
    above = 0 if own else _shared_parts(places)
    if above:
        lower = root.joinpath(*places[0].parts[:above])
        places = [replace(place, parts=place.parts[above:]) for place in places]
        notes.append(f"the sequences lie in {lower}, below the given {root}")
    found: dict[str, Place] = {}
    for place in (one for whole in places for one in _by_target(whole, format=format)):
        if place.name in found:
            other = found[place.name]
            raise InputError(
                f"{other.pictures} ({other.boxes.name}) and {place.pictures} ({place.boxes.name}) "
                f"would both be called {place.name}: rename one"
            )
        found[place.name] = place
    return Found(
        places=found,
        notes=tuple(notes),
        without_boxes=tuple(without),
        without_pictures=tuple(empty),
    )


def _shown(paths: list[Path]) -> str:
    return ", ".join(map(str, paths[:_SHOWN])) + (", ..." if len(paths) > _SHOWN else "")


def is_sequence(folder: Path) -> bool:
    """Whether a folder is a sequence, with a file of boxes in it or beside it."""
    return _sequence(folder, (folder.name,), beside=True) is not None


def _below(
    folder: Path, parts: tuple[str, ...], without: list[Path], empty: list[Path]
) -> Iterator[Place]:
    """Sequences in a folder; frames without boxes go to ``without``, boxes alone to ``empty``."""
    yield from _videos(folder, parts, without)
    if len(parts) == _DEEPEST:
        return
    for name in subfolders(folder):
        place = _sequence(folder / name, (*parts, name), beside=True)
        if place is not None:
            yield place
            continue
        if any(is_picture(Path(one)) for one in file_names(folder / name)):
            without.append(folder / name)
        elif boxes := _lonely_boxes(folder / name):
            empty.append(boxes)
        yield from _below(folder / name, (*parts, name), without, empty)


def _sequence(folder: Path, parts: tuple[str, ...], *, beside: bool) -> Place | None:
    """A folder as one sequence: its pictures, or its only video with boxes of the folder's."""
    boxes = _boxes(folder, beside=beside)
    if boxes is None:
        return None
    pictures = _pictures(folder)
    if pictures is None:
        videos = _named(folder, VIDEO_SUFFIXES)
        if len(videos) != 1 or boxes in _boxes_of(videos[0]):
            return None  # boxes under the name of a video make it a sequence of that name
        pictures = videos[0]
    return Place(parts=parts, pictures=pictures, boxes=boxes)


def _videos(folder: Path, parts: tuple[str, ...], without: list[Path]) -> Iterator[Place]:
    """Videos with boxes under their name beside them, unless a folder holds their pictures."""
    for video in _named(folder, VIDEO_SUFFIXES):
        boxes = _boxes_of(video)
        if _pictures(folder / video.stem) is not None:
            continue
        if boxes:
            yield Place(parts=(*parts, video.stem), pictures=video, boxes=boxes[0])
        else:
            without.append(video)


def _named(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    paths = (folder / name for name in file_names(folder) if not name.startswith("."))
    return [path for path in paths if path.suffix.lower() in suffixes and path.is_file()]


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
    paths = _boxes_of(folder, stem=folder.name) if beside else []
    return paths[0] if paths else None


def _lonely_boxes(folder: Path) -> Path | None:
    """A file of boxes, by its name, in a folder of which nothing below is a sequence."""
    boxes = _boxes(folder, beside=False)
    if boxes is None or boxes.parent != folder or boxes.stem.lower() not in _USUAL:
        return None  # those in ``gt`` are met when that folder is
    if _named(folder, VIDEO_SUFFIXES):
        return None
    return boxes


def _boxes_of(path: Path, *, stem: str = "") -> list[Path]:
    """Files of boxes beside a video or a folder that are called like it."""
    stem = stem or path.stem
    usual = [f"{stem}{mark}{end}" for end, _ in _FORMATS for mark in ("_", ".", "-")]
    names = [*(f"{stem}{suffix}" for suffix in _SUFFIXES), *usual]
    return [found for name in names if (found := path.with_name(name)).is_file()]


def _shared_parts(places: list[Place]) -> int:
    """How many folders all sequences have in common."""
    columns = zip(*(place.parts[:-1] for place in places), strict=False)
    return sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, columns))


def _by_target(place: Place, *, format: str | None) -> list[Place]:
    """One sequence for each target of its file."""
    try:
        targets = box_targets(place.boxes, format or place.usual_format)
    except InputError:  # read again, and refused with a reason, when the sequence is asked for
        return [place]
    return [replace(place, target=one) for one in targets] if len(targets) > 1 else [place]
