"""A user's own training set: folders of pictures with boxes, or a json file in the form of COCO.

Sequences are found as the benchmark ``folder`` finds them: at any depth, with boxes in any format
of this package; ``groundtruth_rect.txt`` counts pixels from 1.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from feathertrack.benchmarks.folder import FolderReader, PicturesMissing
from feathertrack.benchmarks.folder_places import Place
from feathertrack.benchmarks.layout import file_names
from feathertrack.data.namelists import names_file, names_files, read_names
from feathertrack.data.readers.coco import coco_file
from feathertrack.data.readers.coco_json import is_coco_json
from feathertrack.data.readers.pictures import first_size, relative
from feathertrack.data.records import (
    PICTURE_MISSING,
    UNREADABLE_ANNOTATION,
    VIDEO_FILE,
    WITHOUT_ANNOTATION,
    WITHOUT_PICTURES,
    Problem,
    TrackRecord,
    VideoRecord,
)
from feathertrack.errors import InputError, SourceError


def read_folder(root: Path, split: str) -> Iterator[VideoRecord]:
    """A user's own set.

    Args:
        root: holds the sequences or the json file.
        split: "" for all; a list of names as ``folds.json:fit``; a folder in the root; or the json
            file in the form of COCO, which need not be named where it is the only one.
    """
    found = names_file(root, split) if split else None
    if found and not found[1] and is_coco_json(found[0]):
        return coco_file(root, found[0])
    if lists := names_files(root, split):
        return _sequences(root, root, read_names(root, split), lists=lists)
    if split and not (root / split).is_dir():
        raise InputError(
            f"{root} has no folder {split!r} and no list of that name: use '' for all sequences, "
            f"a folder in it, FILE.txt or FILE.json:KEY"
        )
    jsons = [root / split / name for name in file_names(root / split) if name.endswith(".json")]
    forms = [path for path in jsons if is_coco_json(path)]
    if len(forms) == 1:
        return coco_file(root, forms[0])
    return _sequences(root, root / split, None)


def _sequences(
    root: Path, top: Path, names: Sequence[str] | None, *, lists: Sequence[Path] = ()
) -> Iterator[VideoRecord]:
    reader = FolderReader(top)
    try:
        places = reader.places
    except InputError as error:
        raise SourceError(f"{error}; or it should hold a json file in the form of COCO") from None
    chosen = places if names is None else _chosen(places, names, root)
    folders = {relative(one, root) for place in places.values() for one in _above(place, top)}
    inside = [path.resolve() for path in lists if path.resolve().is_relative_to(root)]
    listing = [relative(path, root) for path in inside]
    sources = [*sorted(folders), *listing]
    problems = _left_out(reader) if names is None else []
    yield VideoRecord(name="", images=(), sizes=None, tracks=(), problems=problems, sources=sources)
    for name, place in chosen.items():
        yield _record(root, reader, name, place)


def _left_out(reader: FolderReader) -> list[Problem]:
    """Pictures without boxes, and boxes without pictures."""
    return [
        Problem(reason=reason, count=len(paths), example=str(paths[0]))
        for reason, paths in (
            (WITHOUT_ANNOTATION, reader.found.without_boxes),
            (WITHOUT_PICTURES, reader.found.without_pictures),
        )
        if paths
    ]


def _above(place: Place, top: Path) -> list[Path]:
    """The folders in which a further sequence would lie beside this one."""
    return [one for one in place.pictures.parents if one.is_relative_to(top)]


def _chosen(places: Mapping[str, Place], names: Sequence[str], root: Path) -> dict[str, Place]:
    """The places of a list of names; names may begin a level higher or lower than the root does.

    Raises:
        InputError: a name that is not there, or that several sequences end in.
    """
    by_last: dict[str, list[str]] = {}
    for own, place in places.items():
        by_last.setdefault(place.parts[-1], []).append(own)
    chosen: dict[str, Place] = {}
    lost = []
    for name in names:
        near = by_last.get(name.rpartition("/")[2], [])
        keys = {"/".join(places[own].parts) for own in near}
        ends = {key for key in keys if _is_end(name, key) or _is_end(key, name)}
        found = {name} & keys or ends
        if len(found) > 1:
            raise InputError(f"{name} may be {' or '.join(sorted(found))} in {root}: say which")
        own_names = [own for own in near if "/".join(places[own].parts) in found]
        if not own_names and name in places:
            own_names = [name]
        if not own_names:
            lost.append(name)
        chosen.update((own, places[own]) for own in own_names)
    if lost:
        near = difflib.get_close_matches(lost[0], ["/".join(p.parts) for p in places.values()], 1)
        hint = f" (nearest: {near[0]})" if near else ""
        raise InputError(
            f"{len(lost)} of the {len(names)} listed sequences are not in {root}, as "
            f"{lost[0]}{hint}"
        )
    return chosen


def _is_end(whole: str, end: str) -> bool:
    return f"/{whole}".endswith(f"/{end}")


def _record(root: Path, reader: FolderReader, name: str, place: Place) -> VideoRecord:
    sources = [relative(place.boxes, root), relative(place.pictures, root)]
    if place.is_video:
        problem = Problem(reason=VIDEO_FILE, example=str(place.pictures))
        return _empty(name, problem, sources)
    try:
        read = reader.load(name)
    except PicturesMissing as error:
        return _empty(name, Problem(reason=PICTURE_MISSING, example=str(error)), sources)
    except InputError as error:
        return _empty(name, Problem(reason=UNREADABLE_ANNOTATION, example=str(error)), sources)
    folder = relative(place.pictures, root)
    images = [f"{folder}/{path.name}".lstrip("/") for path in read.frames]
    rows = np.flatnonzero(~np.isnan(read.truth).all(1))  # no row, or one that says "absent"
    rows = rows[rows < len(images)]
    track = TrackRecord(
        name=place.target or "0",
        positions=rows.astype(np.int32),
        boxes=read.truth[rows, :4],
        visible=(~read.absent[rows]).astype(np.float32),
        category=read.object_class,
    )
    return VideoRecord(
        name="/".join(place.parts) + (f"-{place.target}" if place.target else ""),
        images=images,
        sizes=first_size(root, images),
        tracks=[track],
        sources=sources,
    )


def _empty(name: str, problem: Problem, sources: list[str]) -> VideoRecord:
    return VideoRecord(
        name=name, images=(), sizes=None, tracks=(), problems=[problem], sources=sources
    )
