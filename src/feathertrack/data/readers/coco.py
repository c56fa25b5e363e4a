"""COCO (Lin et al., ECCV 2014), and json files of its form, of photographs or of videos.

``{images: [{id, file_name, width, height}], annotations: [{id, image_id, bbox, category_id,
iscrowd}], categories: [{id, name}]}``; where there are ``videos``, an image has ``video_id`` and
``frame_id`` and an annotation ``instance_id``, as mmtracking's converters write them. Boxes are
x, y, w, h as written; crowds are left out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from feathertrack.benchmarks.layout import file_names
from feathertrack.data.readers.pictures import relative
from feathertrack.data.readers.splits import parts_of
from feathertrack.data.records import (
    CROWD,
    PICTURE_MISSING,
    UNKNOWN_PICTURE,
    UNREADABLE_ANNOTATION,
    WITHOUT_BOX,
    Problem,
    TrackRecord,
    VideoRecord,
)
from feathertrack.errors import InputError, SourceError

_LARGEST = 4 * 2**30
_NO_BOX = (float("nan"),) * 4

Json = Mapping[str, Any]


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


def is_coco_json(path: Path) -> bool:
    """Whether a file may be of this form, by its first bytes; it may still be broken."""
    try:
        with path.open("rb") as file:
            begin = file.read(1 << 16)
    except OSError:
        return False
    words = (b'"images"', b'"annotations"', b'"videos"', b'"categories"', b'"info"', b'"licenses"')
    return begin.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and any(w in begin for w in words)


def coco_records(root: Path, path: Path, *, folders: Sequence[str]) -> Iterator[VideoRecord]:
    """The records of a json file.

    Args:
        root: folder of the training set.
        path: the json file.
        folders: where its pictures may lie, below the root; the first that has one is taken.

    Raises:
        SourceError: the file is not of this form, or its pictures lie nowhere.
    """
    content = _load(path)
    images, problems = _images(content["images"], path)
    folder = _folder_of_pictures(root, images.values(), path, folders)
    present = _Present(root, folder)
    names = {one["id"]: one.get("name", "") for one in _objects(content, "categories")}
    of_image, more = _by_image(content["annotations"], images, names, path)
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


def _load(path: Path) -> Json:
    try:
        if path.stat().st_size > _LARGEST:
            raise SourceError(f"{path} is over {_LARGEST >> 30} GiB, too large for annotations")
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{path} is no JSON: {error}") from None
    if not isinstance(content, dict) or not all(
        isinstance(content.get(key), list) for key in ("images", "annotations")
    ):
        raise SourceError(f"{path} is not in the form of COCO: it needs images and annotations")
    return content


def _objects(content: Json, key: str) -> list[Json]:
    found = content.get(key)
    rows = found if isinstance(found, list) else []
    return [one for one in rows if isinstance(one, dict) and "id" in one]


def _images(rows: Iterable[Any], path: Path) -> tuple[dict[Any, Json], list[Problem]]:
    """Images by id; those without an id or a name are problems."""
    images: dict[Any, Json] = {}
    broken = 0
    for row in rows:
        if isinstance(row, dict) and isinstance(row.get("file_name"), str):
            image_id = row.get("id")
            if isinstance(image_id, int | str):
                images[image_id] = row
                continue
        broken += 1
    problem = Problem(reason=UNREADABLE_ANNOTATION, count=broken, example=f"an image of {path}")
    return images, [problem]


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


def _folder_of_pictures(
    root: Path, images: Iterable[Json], path: Path, folders: Sequence[str]
) -> str:
    names = [image["file_name"] for _, image in zip(range(20), images, strict=False)]
    for folder in folders:
        if any((root / folder / name).is_file() for name in names):
            return folder
    if not names:
        raise SourceError(f"{path} lists no images")
    tried = ", ".join(str(root / folder) for folder in folders)
    raise SourceError(f"the pictures of {path}, as {names[0]}, are in none of {tried}")


class _Box:
    """An annotation that can be used."""

    __slots__ = ("bbox", "category", "name", "track")

    def __init__(self, row: Json, category: str) -> None:
        self.name = str(row.get("id", ""))
        self.track = str(row.get("instance_id", row.get("track_id", row.get("id", ""))))
        self.category = category
        self.bbox = _bbox(row.get("bbox"))


def _bbox(value: object) -> tuple[float, ...]:
    """Four numbers; NaN, which is counted later, for anything else."""
    if not isinstance(value, list) or len(value) != 4:
        return _NO_BOX
    numeric = all(isinstance(one, int | float) and abs(one) < 1e9 for one in value)
    return tuple(float(one) for one in value) if numeric else _NO_BOX


def _by_image(
    rows: Iterable[Any], images: Mapping[Any, Json], names: Mapping[Any, str], path: Path
) -> tuple[dict[Any, list[_Box]], list[Problem]]:
    """The usable annotations of each image, and how many are not."""
    found: dict[Any, list[_Box]] = defaultdict(list)
    counts = {UNREADABLE_ANNOTATION: 0, CROWD: 0, UNKNOWN_PICTURE: 0}
    first: dict[str, str] = {}
    for row in rows:
        reason = _why_not(row, images)
        if reason is None:
            category = names.get(row.get("category_id"), "")
            found[row["image_id"]].append(_Box(row, category))
            continue
        counts[reason] += 1
        label = row.get("id", "without an id") if isinstance(row, dict) else "that is no object"
        first.setdefault(reason, f"{path}, annotation {label}")
    return found, [
        Problem(reason=reason, count=count, example=first.get(reason, ""))
        for reason, count in counts.items()
    ]


def _why_not(row: object, images: Mapping[Any, Json]) -> str | None:
    if not isinstance(row, dict) or not isinstance(row.get("image_id"), int | str):
        return UNREADABLE_ANNOTATION
    if row["image_id"] not in images:
        return UNKNOWN_PICTURE
    return CROWD if row.get("iscrowd") else None


def _size(image: Json) -> tuple[int, int]:
    size = image.get("width"), image.get("height")
    whole = [one if isinstance(one, int) and 0 < one < 2**31 else 0 for one in size]
    return whole[0], whole[1]


def _photographs(
    _: Json, images: Mapping[Any, Json], of_image: Mapping[Any, list[_Box]], present: _Present
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
            sizes=np.array([_size(image)], np.int32),
            tracks=tracks,
        )
    problems = [_listed(PICTURE_MISSING, lost), _listed(WITHOUT_BOX, bare)]
    yield VideoRecord(name="", images=(), sizes=None, tracks=(), problems=problems)


def _listed(reason: str, names: Sequence[str]) -> Problem:
    return Problem(reason=reason, count=len(names), example=names[0] if names else "")


def _videos(
    content: Json,
    images: Mapping[Any, Json],
    of_image: Mapping[Any, list[_Box]],
    present: _Present,
) -> Iterator[VideoRecord]:
    """Images of a video in the order of their ``frame_id``, annotations by ``instance_id``."""
    frames: dict[Any, list[Any]] = defaultdict(list)
    for image_id, image in images.items():
        frames[image.get("video_id")].append(image_id)
    names = {one["id"]: str(one.get("name", one["id"])) for one in _objects(content, "videos")}
    for video, ids in frames.items():
        ids.sort(key=lambda one: (_number(images[one].get("frame_id")), images[one]["file_name"]))
        here = [one for one in ids if images[one]["file_name"] in present]
        lost = [images[one]["file_name"] for one in ids if images[one]["file_name"] not in present]
        yield VideoRecord(
            name=names.get(video, str(video)),
            images=[present.path(images[one]["file_name"]) for one in here],
            sizes=np.array([_size(images[one]) for one in here], np.int32).reshape(-1, 2),
            tracks=_tracks([of_image.get(one, []) for one in here]),
            problems=[_listed(PICTURE_MISSING, lost)],
        )


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _tracks(frames: Sequence[Sequence[_Box]]) -> list[TrackRecord]:
    rows: dict[str, list[tuple[int, _Box]]] = defaultdict(list)
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
