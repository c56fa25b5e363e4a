"""Data sets of one target a sequence: GOT-10k, LaSOT and TrackingNet.

Their files are read by the readers of the benchmarks; here their test parts are left out, and what
is annotated is brought to this package's convention of boxes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feathertrack.benchmarks.bundled import names_of
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.got10k import Got10kReader
from feathertrack.benchmarks.lasot import LasotReader
from feathertrack.benchmarks.layout import file_names, subfolders
from feathertrack.benchmarks.trackingnet import TrackingNetReader
from feathertrack.boxes import Boxes, zero_based
from feathertrack.data.namelists import read_names
from feathertrack.data.readers.pictures import first_size, is_picture_name, relative
from feathertrack.data.readers.splits import parts_of
from feathertrack.data.records import (
    PICTURE_MISSING,
    SEQUENCE_MISSING,
    UNREADABLE_ANNOTATION,
    WITHOUT_ANNOTATION,
    WITHOUT_BOX,
    Problem,
    TrackRecord,
    VideoRecord,
)
from feathertrack.errors import InputError
from feathertrack.textrows import parse_rows

_COVER_OF_ONE = 1 / 8  # label 1 of 8 of GOT-10k is too little for FDSiamFC's rule
_GOT10K_LISTS = {
    "train_vot": "got10k_vot_train_split.txt",
    "val_vot": "got10k_vot_val_split.txt",
}
_ONE_BOX = "its test part has one box a sequence"
_PARTS = [f"TRAIN_{number}" for number in range(12)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Annotated:
    """The annotation of one sequence; row ``k`` is that of the ``k``-th picture.

    Attributes:
        boxes: float64 (n, 4), 0-based.
        visible: float32 (n,), share that can be seen.
        size_wh: of the pictures, None where the annotation does not say.
        category: of the target.
    """

    boxes: Boxes
    visible: NDArray[np.float32]
    size_wh: tuple[int, int] | None = None
    category: str = ""


def read_got10k(root: Path, split: str) -> Iterator[VideoRecord]:
    """GOT-10k: ``train``, ``val`` or both; visible is the cover label / 8, 0 where absent.

    ``train_vot`` and ``val_vot`` are the two parts of ``train`` without what VOT's sequences hold;
    their lists, one number a line and the first sequence 0, are looked for in the root.
    """
    known_parts = ("train", "val", *_GOT10K_LISTS) if split.strip() else ("train", "val")
    for word in parts_of(split, known_parts, reader="got10k", why_not=_ONE_BOX):
        part = "train" if word in _GOT10K_LISTS else word
        reader = Got10kReader(root / part)
        there = set(subfolders(root / part))
        known = names_of(f"got10k_{part}")
        if word in _GOT10K_LISTS:
            known = _numbered(root, _GOT10K_LISTS[word], known)
        names = [name for name in known if name in there]
        lists = [_GOT10K_LISTS[word]] if word in _GOT10K_LISTS else []
        yield _about(part, SEQUENCE_MISSING, known, there, sources=[part, *lists])
        for name in names:
            read = partial(_got10k, reader, name)
            yield _record(root, name, reader.files(name), read, first=1, floor=_COVER_OF_ONE)


def _numbered(root: Path, file: str, names: Sequence[str]) -> tuple[str, ...]:
    """The names whose numbers, from 0, stand in a list beside the data."""
    if not (root / file).is_file():
        raise InputError(f"{root / file} is missing: it says which sequences the split has")
    numbers = read_names(root, file)
    for number in numbers:
        if not number.isdecimal() or int(number) >= len(names):
            raise InputError(
                f"{root / file}: {number!r} is no number from 0 to {len(names) - 1}, one a line"
            )
    return tuple(names[int(number)] for number in numbers)


def _got10k(reader: Got10kReader, name: str) -> Annotated:
    read = reader.load(name)
    seen = np.ones(len(read.truth)) if read.cover is None else read.cover / 8
    return Annotated(
        boxes=read.truth,
        visible=np.where(read.absent, 0.0, seen).astype(np.float32),
        size_wh=read.size_wh,
        category=read.object_class,
    )


def read_lasot(root: Path, split: str) -> Iterator[VideoRecord]:
    """LaSOT: ``train`` (protocol II, 1120), ``test`` (280) or both; hidden: occluded or away."""
    test = set(names_of("lasot"))
    parts = parts_of(split, ("train", "test"), reader="lasot")
    known = [one for one in names_of("lasot_all") if ("test" if one in test else "train") in parts]
    reader = LasotReader(root, "lasot")
    names = [name for name in known if reader.files(name).frames.parent.is_dir()]
    classes = sorted({relative(reader.files(name).frames.parent.parent, root) for name in names})
    yield _about("", SEQUENCE_MISSING, known, set(names), sources=classes)
    for name in names:
        yield _record(root, name, reader.files(name), partial(_lasot, reader, name), first=1)


def _lasot(reader: LasotReader, name: str) -> Annotated:
    read = reader.load(name)
    return Annotated(
        boxes=zero_based(read.truth),
        visible=(~read.absent).astype(np.float32),
        size_wh=read.size_wh,
        category=read.object_class,
    )


def read_trackingnet(root: Path, split: str) -> Iterator[VideoRecord]:
    """TrackingNet: ``train`` or "" (all parts that are there), or ``TRAIN_0,TRAIN_1``, ..."""
    here = [part for part in _PARTS if (root / part / "anno").is_dir()]
    asked = ",".join(here) if split.strip() in ("", "train") else split
    for part in parts_of(asked, _PARTS, reader="trackingnet", why_not=_ONE_BOX):
        reader = TrackingNetReader(root / part)
        files = file_names(root / part / "anno")
        names = [name.removesuffix(".txt") for name in files if name.endswith(".txt")]
        sources = [f"{part}/anno", f"{part}/frames"]
        pictured = subfolders(root / part / "frames")
        yield _about(part, WITHOUT_ANNOTATION, pictured, set(names), sources=sources)
        for name in names:
            at = reader.files(name)
            yield _record(root, f"{part}/{name}", at, partial(_trackingnet, at.truth), first=0)


def _trackingnet(truth: Path) -> Annotated:
    boxes = zero_based(parse_rows(truth, columns=4))
    return Annotated(boxes=boxes, visible=np.ones(len(boxes), np.float32))


def _about(
    name: str, reason: str, expected: Sequence[str], there: set[str], *, sources: list[str]
) -> VideoRecord:
    """A record without pictures that says which sequences a part lacks."""
    lost = [one for one in expected if one not in there]
    example = f"{name}/{lost[0]}".lstrip("/") if lost else ""
    problem = Problem(reason=reason, count=len(lost), example=example)
    return VideoRecord(
        name=name, images=(), sizes=None, tracks=(), problems=[problem], sources=sources
    )


def _record(
    root: Path,
    name: str,
    files: Files,
    read: Callable[[], Annotated],
    *,
    first: int,
    floor: float = 0.0,
) -> VideoRecord:
    """One sequence; a row whose picture is not there is left out, with the others in place."""
    folder = relative(files.frames, root)
    sources = [relative(files.truth, root), folder, *(relative(one, root) for one in files.extra)]
    try:
        made = read()
    except InputError as error:
        problem = Problem(reason=UNREADABLE_ANNOTATION, example=str(error))
        return VideoRecord(
            name=name, images=(), sizes=None, tracks=(), problems=[problem], sources=sources
        )
    names = [files.pattern % number for number in range(first, first + len(made.boxes))]
    there = {one for one in file_names(files.frames) if is_picture_name(one)}
    rows = np.array([row for row, one in enumerate(names) if one in there], np.intp)
    images = [f"{folder}/{names[row]}" for row in rows]
    track = TrackRecord(
        name="0",
        positions=np.arange(len(rows), dtype=np.int32),
        boxes=made.boxes[rows],
        visible=made.visible[rows],
        category=made.category,
        visible_floor=floor,
    )
    size = np.array([made.size_wh], np.int32) if made.size_wh else first_size(root, images)
    return VideoRecord(
        name=name,
        images=images,
        sizes=size,
        tracks=[track],
        problems=[*_differences(folder, names, there)],
        sources=sources,
    )


def _differences(folder: str, names: Sequence[str], there: set[str]) -> Iterator[Problem]:
    lost = [name for name in names if name not in there]
    more = sorted(there.difference(names))
    if lost:
        yield Problem(reason=PICTURE_MISSING, count=len(lost), example=f"{folder}/{lost[0]}")
    if more:
        yield Problem(reason=WITHOUT_BOX, count=len(more), example=f"{folder}/{more[0]}")
