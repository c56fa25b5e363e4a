"""COCO (Lin et al., ECCV 2014), and json files of its form, of photographs or of videos.

``{images: [{id, file_name, width, height}], annotations: [{id, image_id, bbox, category_id,
iscrowd}], categories: [{id, name}]}``; where there are ``videos``, an image has ``video_id`` and
``frame_id`` and an annotation ``instance_id``, as mmtracking's converters write them. Boxes are
x, y, w, h as written; crowds are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from feathertrack.benchmarks.layout import file_names
from feathertrack.data.readers.coco_json import (
    Annotation,
    Json,
    by_image,
    images_by_id,
    load,
    objects,
    size_of,
)
from feathertrack.data.readers.pictures import relative
from feathertrack.data.readers.splits import parts_of
from feathertrack.data.records import (
    PICTURE_MISSING,
    WITHOUT_BOX,
    Problem,
    TrackRecord,
    VideoRecord,
)
from feathertrack.errors import InputError, SourceError


def read_coco(root: Path, split: str) -> Iterator[VideoRecord]:
    """COCO: ``train2017``, ``val2017``, ...; ``train`` is the one training part that is there."""
    names = file_names(root / "annotations")
    known = [
        name.removeprefix("instances_").removesuffix(".json")
        for name in names
        if name.startswith("instances_") and name.endswith(".json")
    ]
    split = ",".join(_by_year(word.strip(), known) for word in split.split(","))
    for part in parts_of(split, known, reader="coco"):
        path = root / "annotations" / f"instances_{part}.json"
        yield from coco_records(root, path, folders=(f"{part}", f"images/{part}", "images", ""))


def _by_year(word: str, known: Sequence[str]) -> str:
    """``train`` -> ``train2017`` where that is the only part that begins so."""
    years = [name for name in known if name.rstrip("0123456789") == word]
    return years[0] if word not in known and len(years) == 1 else word


def coco_file(root: Path, path: Path) -> Iterator[VideoRecord]:
    """The records of a user's own json file, with pictures beside it or in ``images``.

    Raises:
        InputError: the file does not lie in the root.
        SourceError: as ``coco_records``.
    """
    if not path.is_relative_to(root):
        raise InputError(f"{path} does not lie in {root}: name the folder of both as the root")
    here = relative(path.parent, root)
    above = relative(path.parent.parent, root) if path.parent != root else here
    places = [here, f"{here}/images".lstrip("/"), above, f"{above}/images".lstrip("/")]
    yield from coco_records(root, path, folders=list(dict.fromkeys(places)))


def coco_records(root: Path, path: Path, *, folders: Sequence[str]) -> Iterator[VideoRecord]:
    """The records of a json file.

    Args:
        root: folder of the training set.
        path: the json file.
        folders: where its pictures may lie, below the root; the first that has one is taken.

    Raises:
        SourceError: the file is not of this form, or its pictures lie nowhere.
    """
    content = load(path)
    images, problems = images_by_id(content["images"], path)
    folder = _folder_of_pictures(root, images.values(), path, folders)
    present = _Present(root, folder)
    names = {one["id"]: one.get("name", "") for one in objects(content, "categories")}
    of_image, more = by_image(content["annotations"], images, names, path)
    group = _videos if content.get("videos") else _photographs
    source = relative(path, root) if path.is_relative_to(root) else path.as_posix()
    yield VideoRecord(
        name=path.stem,
        images=(),
        sizes=None,
        tracks=(),
        problems=[*problems, *more],
        sources=[source, folder],
    )
    yield from group(content, images, of_image, present)


def _folder_of_pictures(
    root: Path, images: Iterable[Json], path: Path, folders: Sequence[str]
) -> str:
    """The first of the folders that holds one of the first pictures."""
    names = [image["file_name"] for _, image in zip(range(20), images, strict=False)]
    for folder in folders:
        if any((root / folder / name).is_file() for name in names):
            return folder
    if not names:
        raise SourceError(f"{path} lists no images")
    tried = ", ".join(str(root / folder) for folder in folders)
    raise SourceError(f"the pictures of {path}, as {names[0]}, are in none of {tried}")


class _Present:
    """Which pictures are there: every folder is listed once."""

    def __init__(self, root: Path, folder: str) -> None:
        self._root = root
        self._folder = folder
        self._listed: dict[str, frozenset[str]] = {}

    def path(self, name: str) -> str:
        """Path of a picture below the root."""
        return f"{self._folder}/{name}" if self._folder else name

    def __contains__(self, name: str) -> bool:
        folder, _, last = self.path(name).rpartition("/")
        if folder not in self._listed:
            self._listed[folder] = frozenset(file_names(self._root / folder))
        return last in self._listed[folder]


def _photographs(
    _: Json, images: Mapping[Any, Json], of_image: Mapping[Any, list[Annotation]], present: _Present
) -> Iterator[VideoRecord]:
    """Every image as a video of one, every annotation as an object."""
    bare: list[str] = []
    lost: list[str] = []
    position, visible = np.zeros(1, np.int32), np.ones(1, np.float32)
    for image_id, image in images.items():
        name = image["file_name"]
        found = of_image.get(image_id)
        if name not in present or not found:
            (bare if name in present else lost).append(name)
            continue
        boxes = np.array([one.bbox for one in found], np.float64)
        tracks = [
            TrackRecord(
                name=one.name,
                positions=position,
                boxes=boxes[n : n + 1],
                visible=visible,
                category=one.category,
            )
            for n, one in enumerate(found)
        ]
        yield VideoRecord(
            name=name,
            images=[present.path(name)],
            sizes=np.array([size_of(image)], np.int32),
            tracks=tracks,
        )
    problems = [_listed(PICTURE_MISSING, lost), _listed(WITHOUT_BOX, bare)]
    yield VideoRecord(name="", images=(), sizes=None, tracks=(), problems=problems)


def _listed(reason: str, names: Sequence[str]) -> Problem:
    return Problem(reason=reason, count=len(names), example=names[0] if names else "")


def _videos(
    content: Json,
    images: Mapping[Any, Json],
    of_image: Mapping[Any, list[Annotation]],
    present: _Present,
) -> Iterator[VideoRecord]:
    """Images of a video in the order of their ``frame_id``, annotations by ``instance_id``."""
    frames: dict[Any, list[Any]] = defaultdict(list)
    for image_id, image in images.items():
        frames[image.get("video_id")].append(image_id)
    names = {one["id"]: str(one.get("name", one["id"])) for one in objects(content, "videos")}
    for video, ids in frames.items():
        ids.sort(key=lambda one: (_number(images[one].get("frame_id")), images[one]["file_name"]))
        here = [one for one in ids if images[one]["file_name"] in present]
        lost = [images[one]["file_name"] for one in ids if images[one]["file_name"] not in present]
        yield VideoRecord(
            name=names.get(video, str(video)),
            images=[present.path(images[one]["file_name"]) for one in here],
            sizes=np.array([size_of(images[one]) for one in here], np.int32).reshape(-1, 2),
            tracks=_tracks([of_image.get(one, []) for one in here]),
            problems=[_listed(PICTURE_MISSING, lost)],
        )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _tracks(frames: Sequence[Sequence[Annotation]]) -> list[TrackRecord]:
    """The objects of a video, from the annotations of each of its frames."""
    rows: dict[str, list[tuple[int, Annotation]]] = defaultdict(list)
    for position, boxes in enumerate(frames):
        for one in boxes:
            rows[one.track].append((position, one))
    return [
        TrackRecord(
            name=name,
            positions=np.array([position for position, _ in found], np.int32),
            boxes=np.array([one.bbox for _, one in found], np.float64),
            visible=np.ones(len(found), np.float32),
            category=found[0][1].category,
        )
        for name, found in rows.items()
    ]
