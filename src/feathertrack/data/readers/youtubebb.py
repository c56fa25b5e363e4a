"""YouTube-BoundingBoxes (Real et al., CVPR 2017): one csv file, pictures cut out by the user.

A row of ``yt_bb_detection_train.csv[.gz]`` is youtube_id, timestamp_ms, class_id, class_name,
object_id, object_presence, xmin, xmax, ymin, ymax, where corners are shares of the picture. The
pictures lie in ``yt_bb_detection_train/<class name or id>/<youtube id>/`` under a name that ends in
the time, in milliseconds or in seconds.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from pathlib import Path

import numpy as np

from feathertrack.benchmarks.layout import subfolders
from feathertrack.data.readers.pictures import first_size, picture_names
from feathertrack.data.readers.splits import parts_of
from feathertrack.data.records import (
    PICTURE_MISSING,
    SEQUENCE_MISSING,
    UNREADABLE_ANNOTATION,
    Problem,
    TrackRecord,
    VideoRecord,
)
from feathertrack.errors import SourceError

_COLUMNS = 10
_LONGEST_LINE = 1000
_TIME = re.compile(r"(\d+)\.[A-Za-z]+$", re.ASCII)

Row = tuple[str, ...]


def read_youtubebb(root: Path, split: str) -> Iterator[VideoRecord]:
    """YouTube-BoundingBoxes: ``train``, ``validation`` or both; a video is an id with a class."""
    files = {}
    for part in ("train", "validation"):
        names = (f"yt_bb_detection_{part}.csv", f"yt_bb_detection_{part}.csv.gz")
        here = [name for name in names if (root / name).is_file()]
        if here:
            files[part] = here[0]
    for part in parts_of(split, list(files), reader="youtubebb"):
        yield from _part(root, files[part], f"yt_bb_detection_{part}")


def _part(root: Path, table: str, folder: str) -> Iterator[VideoRecord]:
    """One table; its rows are sorted by video, of which only one at a time is in memory."""
    there = {
        name: frozenset(subfolders(root / folder / name)) for name in subfolders(root / folder)
    }
    unread: list[Problem] = []
    not_here = 0
    first = ""
    for (video, number, name), rows in groupby(_rows(root / table, unread), key=_video_of):
        kind = next((one for one in (name, number) if video in there.get(one, ())), None)
        if kind is None:
            not_here += 1
            first = first or f"{folder}/{name}/{video}"
            continue
        yield _video(root, f"{folder}/{kind}/{video}", name, rows)
    problems = [Problem(reason=SEQUENCE_MISSING, count=not_here, example=first), *unread]
    sources = [table, folder, *(f"{folder}/{one}" for one in sorted(there))]
    yield VideoRecord(
        name=folder, images=(), sizes=None, tracks=(), problems=problems, sources=sources
    )


def _video_of(row: Row) -> tuple[str, str, str]:
    return row[0], row[2], row[3]


def _rows(path: Path, unread: list[Problem]) -> Iterator[Row]:
    """The rows of a table; lines that are none go to ``unread``."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            number = 0
            while line := file.readline(_LONGEST_LINE):
                number += 1
                words = line.decode("utf-8", "replace").strip().split(",")
                if len(words) == _COLUMNS and "/" not in words[0] and words[0] not in (".", ".."):
                    yield tuple(words)
                elif words != [""]:
                    text = f"{path}, line {number}"
                    unread.append(Problem(reason=UNREADABLE_ANNOTATION, example=text))
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{path} cannot be read: {error}") from error


def _video(root: Path, folder: str, category: str, rows: Iterable[Row]) -> VideoRecord:
    images = [f"{folder}/{name}" for name in picture_names(root / folder)]
    place = _by_time(images)
    size = first_size(root, images)
    width, height = size[0].tolist() if size is not None else (0, 0)
    found: dict[str, list[tuple[int, tuple[float, ...]]]] = {}
    lost = []
    for row in rows:
        if row[5] != "present":
            continue
        position = _place(place, row[1])
        if position is None:
            lost.append(f"{folder} at {row[1]} ms")
            continue
        x1, x2, y1, y2 = (_number(word) for word in row[6:])
        box = (x1 * width, y1 * height, (x2 - x1) * width, (y2 - y1) * height)
        found.setdefault(row[4], []).append((position, box))
    missing = Problem(reason=PICTURE_MISSING, count=len(lost), example=lost[0] if lost else "")
    return VideoRecord(
        name=folder,
        images=images,
        sizes=size,
        tracks=[_track(name, category, boxes) for name, boxes in found.items()],
        problems=[missing],
    )


def _track(name: str, category: str, rows: list[tuple[int, tuple[float, ...]]]) -> TrackRecord:
    return TrackRecord(
        name=name,
        positions=np.array([position for position, _ in rows], np.int32),
        boxes=np.array([box for _, box in rows], np.float64),
        visible=np.ones(len(rows), np.float32),
        category=category,
    )


def _by_time(images: list[str]) -> dict[int, int]:
    """Number at the end of a picture's name -> its place."""
    found = ((_TIME.search(name), place) for place, name in enumerate(images))
    return {int(match[1][-15:]): place for match, place in found if match}


def _place(places: Mapping[int, int], milliseconds: str) -> int | None:
    """The picture of a time, whose name may count milliseconds or seconds."""
    try:
        time = int(milliseconds)
    except ValueError:
        return None
    found = places.get(time)
    return places.get(time // 1000) if found is None and time % 1000 == 0 else found


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
