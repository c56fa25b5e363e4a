"""The photographs that clips are composed of, and the objects in them that can be cut out."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feathertrack.benchmarks.layout import file_names
from feathertrack.data.composing.outlines import (
    Outline,
    can_be_cut_out,
    polygons_of,
    suits_target,
)
from feathertrack.data.licences import SOURCES, Licences, is_licensed
from feathertrack.data.readers.coco import coco_file
from feathertrack.data.readers.coco_json import Json, is_coco_json, load, objects, size_of
from feathertrack.data.readers.pictures import picture_names, relative
from feathertrack.data.records import Problem, VideoRecord
from feathertrack.errors import InputError, SourceError

NOT_LICENSED = "picture without a licence that is stated"
WITHOUT_MASK = "object without a mask"
TOO_SMALL = "object too small to be cut out"

_BACKGROUNDS = "backgrounds"
_BACKGROUND_SHARE = 0.1
_CLOSE_UP_ODDS = 0.35  # they make dull scenes
_CLOSE_UP = 0.4  # share of the picture that one box fills


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A photograph.

    Attributes:
        name: its path below the root, with ``/``.
        source: where it comes from, as the json says, else its folder.
        licence: in the words of the json or of ``SOURCES.md``.
        size_wh: as the json says; None for a background.
        close_up: one object fills most of it.
    """

    name: str
    source: str
    licence: str
    size_wh: tuple[int, int] | None = None
    close_up: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class Catalogue:
    """What clips are composed of.

    Attributes:
        root: folder of the photographs.
        pictures: all that may be used.
        outlines: the objects that can be cut out of them.
        num_scenes: so many pictures, the last ones, are backgrounds without known objects.
        problems: what was left out.
    """

    root: Path
    pictures: tuple[Picture, ...]
    outlines: tuple[Outline, ...]
    num_scenes: int = 0
    problems: tuple[Problem, ...] = field(default=())

    @cached_property
    def targets(self) -> NDArray[np.int64]:
        """Numbers of the outlines that can be followed."""
        return np.flatnonzero([one.suits_target for one in self.outlines])

    @cached_property
    def target_odds(self) -> NDArray[np.float64]:
        """Cumulative odds of the targets: a category counts by the root of its number."""
        names = [self.outlines[n].category for n in self.targets]
        counts = Counter(names)
        odds = np.cumsum([counts[name] ** -0.5 for name in names])
        return np.asarray(odds / odds[-1])

    @cached_property
    def scene_odds(self) -> NDArray[np.float64]:
        """Cumulative odds of the pictures as scenes: backgrounds often, close-ups seldom."""
        odds = np.array([_CLOSE_UP_ODDS if one.close_up else 1.0 for one in self.pictures])
        others = len(odds) - self.num_scenes
        if others and self.num_scenes:
            own = _BACKGROUND_SHARE * odds[:others].sum() / self.num_scenes
            odds[others:] = max(1.0, own)
        whole = np.cumsum(odds)
        return np.asarray(whole / whole[-1])

    @cached_property
    def of_category(self) -> Mapping[str, NDArray[np.int64]]:
        """Numbers of the targets of each category that has a name."""
        found: dict[str, list[int]] = defaultdict(list)
        for number in self.targets.tolist():
            if self.outlines[number].category:
                found[self.outlines[number].category].append(number)
        return {name: np.array(numbers) for name, numbers in found.items()}

    @cached_property
    def digest(self) -> str:
        """Changes with every name, category and corner."""
        whole = hashlib.sha256()
        for picture in self.pictures:
            whole.update(f"{picture.name}\n".encode("utf-8", "replace"))
        for one in self.outlines:
            whole.update(f"{one.picture} {one.name} {one.category}\n".encode("utf-8", "replace"))
            whole.update(b"".join(points.tobytes() for points in one.polygons))
        return whole.hexdigest()


def open_catalogue(
    root: Path, *, unlicensed: bool = False, sources: Sequence[str] = ()
) -> Catalogue:
    """Read which photographs there are.

    Args:
        root: a folder with one json file in the form of COCO, and perhaps a folder ``backgrounds``
            of photographs in which nothing is annotated; or the json file.
        unlicensed: take photographs too of which the json does not say that they may be used.
        sources: only photographs of these sources, as the json calls them, are taken; none: all.

    Raises:
        InputError: no such folder or source, no json file of that form or several.
        SourceError: the json file cannot be read, or nothing in it can be followed.
    """
    path = _json_file(root.expanduser())
    content = load(path)
    if content.get("videos"):
        raise InputError(f"{path} is about videos: clips are composed of single photographs")
    reading = _Reading(path, content, unlicensed=unlicensed, sources=frozenset(sources))
    for record in coco_file(path.parent, path):
        reading.take(record)
    reading.take_backgrounds()
    return reading.catalogue()


def _json_file(root: Path) -> Path:
    if root.is_file():
        return root
    if not root.is_dir():
        raise InputError(f"there is no folder {root}: name that of the photographs")
    paths = [root / name for name in file_names(root) if name.lower().endswith(".json")]
    forms = [path for path in paths if is_coco_json(path)]
    if len(forms) == 1:
        return forms[0]
    found = f"several ({', '.join(path.name for path in forms[:3])})" if forms else "none"
    raise InputError(
        f"{root} should hold one json file in the form of COCO, and has {found}: name the file"
    )


def _is_close_up(record: VideoRecord, size_wh: tuple[int, int]) -> bool:
    boxes = np.concatenate([track.boxes for track in record.tracks])
    areas = boxes[:, 2] * boxes[:, 3]
    return bool(np.nan_to_num(areas).max(initial=0.0) > _CLOSE_UP * size_wh[0] * size_wh[1])


class _Reading:
    """A catalogue while it is read."""

    def __init__(
        self, path: Path, content: Json, *, unlicensed: bool, sources: frozenset[str]
    ) -> None:
        self._path, self._root = path, path.parent
        self._unlicensed, self._sources = unlicensed, sources
        self._licences = Licences(self._root, content)
        rows = (one for one in content["images"] if isinstance(one, dict))
        self._rows = {
            one["file_name"]: one for one in rows if isinstance(one.get("file_name"), str)
        }
        self._masks = {
            str(one["id"]): one.get("segmentation") for one in objects(content, "annotations")
        }
        self._pictures: list[Picture] = []
        self._outlines: list[Outline] = []
        self._seen: set[str] = set()
        self._scenes = 0
        self._problems: list[Problem] = []
        reasons = (NOT_LICENSED, WITHOUT_MASK, TOO_SMALL)
        self._refused: dict[str, list[str]] = {reason: [] for reason in reasons}

    def take(self, record: VideoRecord) -> None:
        """Add a photograph and its objects."""
        self._problems.extend(one for one in record.problems if one.count)
        row = self._rows.get(record.name)
        if row is None or not record.images or not self._is_wanted(str(row.get("source", ""))):
            return
        if not (self._unlicensed or is_licensed(row)):
            self._refused[NOT_LICENSED].append(record.name)
            return
        name = record.images[0]
        picture = Picture(
            name=name,
            source=str(row.get("source") or name.rpartition("/")[0]),
            licence=self._licences.text(name, row),
            size_wh=size_of(row),
            close_up=_is_close_up(record, size_of(row)),
        )
        self._outlines.extend(self._objects(record, picture))
        self._pictures.append(picture)

    def _is_wanted(self, source: str) -> bool:
        self._seen.add(source)
        return not self._sources or source in self._sources

    def _objects(self, record: VideoRecord, picture: Picture) -> Iterator[Outline]:
        width, height = picture.size_wh or (0, 0)
        for track in record.tracks:
            polygons = polygons_of(self._masks.get(track.name), width=width, height=height)
            if not polygons:
                self._refused[WITHOUT_MASK].append(f"{record.name}, annotation {track.name}")
                continue
            if not can_be_cut_out(polygons):
                self._refused[TOO_SMALL].append(f"{record.name}, annotation {track.name}")
                continue
            yield Outline(
                name=track.name,
                picture=len(self._pictures),
                category=track.category,
                polygons=polygons,
                suits_target=suits_target(polygons, width=width, height=height),
            )

    def take_backgrounds(self) -> None:
        """Add the photographs of the folder of that name: whoever put them there allows them."""
        if not self._is_wanted(_BACKGROUNDS):
            return
        folder = self._root / _BACKGROUNDS
        for name in picture_names(folder):
            path = relative(folder / name, self._root)
            licence = self._licences.text(path, {})
            self._pictures.append(Picture(name=path, source=_BACKGROUNDS, licence=licence))
            self._scenes += 1

    def catalogue(self) -> Catalogue:
        """What was read.

        Raises:
            InputError: a source that was asked for has no photograph.
            SourceError: nothing can be followed.
        """
        refused = [
            Problem(reason=reason, count=len(names), example=names[0])
            for reason, names in self._refused.items()
            if names
        ]
        made = Catalogue(
            root=self._root,
            pictures=tuple(self._pictures),
            outlines=tuple(self._outlines),
            num_scenes=self._scenes,
            problems=(*self._problems, *refused),
        )
        if unknown := sorted(self._sources - self._seen):
            known = ", ".join(sorted(self._seen)[:20])
            raise InputError(f"no photograph has the source {unknown[0]!r}; there are {known}")
        if not len(made.targets):
            reasons = ", ".join(f"{one.reason} {one.count:,}" for one in made.problems)
            hint = "--all takes pictures whose licence nobody states; " * bool(
                self._refused[NOT_LICENSED]
            )
            raise SourceError(
                f"{self._path} has no object with a mask that can be followed: {hint}"
                f"see {SOURCES} and the masks ({reasons or 'nothing was left out'})"
            )
        return made
