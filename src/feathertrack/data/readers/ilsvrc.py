"""ImageNet VID and DET (Russakovsky et al., IJCV 2015): an xml file beside every picture's name.

``Data/VID/train/ILSVRC2015_VID_train_0000/<snippet>/000000.JPEG`` has its objects in the file of
the same name under ``Annotations``; the ``val`` snippets lie one level higher. Boxes are the
corners as written, width = xmax - xmin, as pysot and mmtracking take them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from feathertrack.benchmarks.layout import file_names
from feathertrack.data.readers.pascal import PascalPicture, read_pascal
from feathertrack.data.readers.pictures import picture_names
from feathertrack.data.readers.splits import parts_of
from feathertrack.data.readers.synsets import category_of
from feathertrack.data.records import (
    PICTURE_MISSING,
    UNREADABLE_ANNOTATION,
    WITHOUT_BOX,
    Problem,
    TrackRecord,
    VideoRecord,
)
from feathertrack.errors import InputError

_SPLITS = ("train", "val")
_UNPUBLISHED = "the boxes of its test part are not published"


def read_vid(root: Path, split: str) -> Iterator[VideoRecord]:
    """ImageNet VID: a snippet is a video, a track id an object; ``train``, ``val`` or both."""
    for part in parts_of(split, _SPLITS, reader="vid", why_not=_UNPUBLISHED):
        for folder in _folders(root, f"VID/{part}"):
            yield _video(folder)


def read_det(root: Path, split: str) -> Iterator[VideoRecord]:
    """ImageNet DET: every picture is a video of one, every box an object."""
    for part in parts_of(split, _SPLITS, reader="det", why_not=_UNPUBLISHED):
        for folder in _folders(root, f"DET/{part}"):
            yield from _photographs(folder)


class _Folder:
    """A folder of annotations and that of its pictures, with the same path."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.name = name
        self.annotations = f"Annotations/{name}"
        self.data = f"Data/{name}"
        self.images = picture_names(root / self.data)
        self._place = {one.rpartition(".")[0]: n for n, one in enumerate(self.images)}
        self.problems: list[Problem] = []

    @property
    def sources(self) -> list[str]:
        """Its two folders, relative to the root, which are looked at for changes."""
        return [self.annotations, self.data]

    def read(self) -> Iterator[tuple[int, PascalPicture]]:
        """The place of each annotated picture among those that are there, and its objects."""
        for name in file_names(self.root / self.annotations):
            if not name.endswith(".xml"):
                continue
            place = self._place.get(name.removesuffix(".xml"))
            path = f"{self.annotations}/{name}"
            if place is None:
                self.problems.append(Problem(reason=PICTURE_MISSING, example=path))
                continue
            try:
                yield place, read_pascal(self.root / path)
            except InputError as error:
                self.problems.append(Problem(reason=UNREADABLE_ANNOTATION, example=str(error)))


def _folders(root: Path, name: str) -> Iterator[_Folder]:
    """All folders with annotations or pictures in them, by name."""
    found = set()
    for kind, suffixes in (("Annotations", (".xml",)), ("Data", (".jpeg", ".jpg", ".png"))):
        top = root / kind / name
        for folder, inner, files in os.walk(top):
            inner.sort()
            if any(one.lower().endswith(suffixes) for one in files):
                found.add(Path(folder).relative_to(root / kind).as_posix())
    for one in sorted(found):
        yield _Folder(root, one)


def _video(folder: _Folder) -> VideoRecord:
    rows: dict[str, tuple[str, list[int], list[tuple[float, ...]]]] = {}
    size = (0, 0)
    for place, picture in folder.read():
        size = (picture.width, picture.height) if picture.width else size
        for number, texts in enumerate(picture.objects):
            synset = texts.get("name", "")
            _, places, boxes = rows.setdefault(texts.get("trackid", "0"), (synset, [], []))
            places.append(place)
            boxes.append(picture.box(number))
    tracks = [
        TrackRecord(
            name=name,
            positions=np.array(places, np.int32),
            boxes=np.array(boxes, np.float64),
            visible=np.ones(len(places), np.float32),
            category=category_of(synset),
        )
        for name, (synset, places, boxes) in rows.items()
    ]
    return VideoRecord(
        name=folder.name.removeprefix("VID/"),
        images=[f"{folder.data}/{name}" for name in folder.images],
        sizes=np.array([size], np.int32),
        tracks=tracks,
        problems=folder.problems,
        sources=folder.sources,
    )


def _photographs(folder: _Folder) -> Iterator[VideoRecord]:
    bare = set(range(len(folder.images)))
    here = folder.name.removeprefix("DET/")
    for place, picture in folder.read():
        name = folder.images[place]
        if picture.objects:
            bare.discard(place)
            yield VideoRecord(
                name=f"{here}/{name.rpartition('.')[0]}",
                images=[f"{folder.data}/{name}"],
                sizes=np.array([(picture.width, picture.height)], np.int32),
                tracks=_objects(picture),
            )
    example = f"{folder.data}/{folder.images[min(bare)]}" if bare else ""
    empty = Problem(reason=WITHOUT_BOX, count=len(bare), example=example)
    yield VideoRecord(
        name=here,
        images=(),
        sizes=None,
        tracks=(),
        problems=[*folder.problems, empty],
        sources=folder.sources,
    )


def _objects(picture: PascalPicture) -> list[TrackRecord]:
    boxes = np.array([picture.box(n) for n in range(len(picture.objects))], np.float64)
    position, visible = np.zeros(1, np.int32), np.ones(1, np.float32)
    return [
        TrackRecord(
            name=f"{number:02d}",
            positions=position,
            boxes=boxes[number : number + 1],
            visible=visible,
            category=category_of(texts.get("name", "")),
        )
        for number, texts in enumerate(picture.objects)
    ]
