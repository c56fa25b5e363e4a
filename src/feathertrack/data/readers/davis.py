"""DAVIS (Perazzi et al., CVPR 2016; Pont-Tuset et al., 2017) and sets of its form: masks as PNG.

``JPEGImages/[480p/]<video>/00000.jpg`` and ``Annotations/[480p/]<video>/00000.png``, each object
in the colour of its number in the palette of PASCAL VOC (or grey, or white for a single one). A box
is that around an object's pixels. YouTube-VOS keeps ``train/JPEGImages`` and ``meta.json``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from feathertrack.benchmarks.layout import file_names, subfolders
from feathertrack.boxes import Boxes
from feathertrack.data.namelists import names_files, read_names
from feathertrack.data.readers.pictures import picture_names
from feathertrack.data.records import (
    PICTURE_MISSING,
    SEQUENCE_MISSING,
    UNREADABLE_ANNOTATION,
    WITHOUT_ANNOTATION,
    Problem,
    TrackRecord,
    VideoRecord,
)
from feathertrack.errors import InputError
from feathertrack.video.pictures import read_picture

_RESOLUTIONS = ("480p", "Full-Resolution", "1080p")


def read_davis(root: Path, split: str) -> Iterator[VideoRecord]:
    """DAVIS: ``train`` or ``val`` of ``ImageSets``, a list of names, or "" for every video."""
    within = next((f"/{one}" for one in _RESOLUTIONS if (root / "Annotations" / one).is_dir()), "")
    images, masks = f"JPEGImages{within}", f"Annotations{within}"
    there, pictured = subfolders(root / masks), subfolders(root / images)
    names = there if not split.strip() else _listed(root, split)
    lost = [name for name in names if name not in there]
    bare = [] if split.strip() else [name for name in pictured if name not in there]
    categories = _categories(root / "meta.json")
    yield VideoRecord(
        name="",
        images=(),
        sizes=None,
        tracks=(),
        problems=[
            Problem(reason=SEQUENCE_MISSING, count=len(lost), example=lost[0] if lost else ""),
            Problem(reason=WITHOUT_ANNOTATION, count=len(bare), example=bare[0] if bare else ""),
        ],
        sources=[images, masks],
    )
    for name in names:
        if name in there:
            yield _video(root, name, f"{images}/{name}", f"{masks}/{name}", categories)


def _listed(root: Path, split: str) -> list[str]:
    """The videos of a part: from ``ImageSets``, or from a list of the user's."""
    if names_files(root, split):
        return list(read_names(root, split))
    for year in ("2017", "480p", "1080p", "2016"):
        path = root / "ImageSets" / year / f"{split}.txt"
        if path.is_file():  # DAVIS 2016: a line a frame, "/JPEGImages/480p/bear/00000.jpg ..."
            lines = path.read_text(encoding="utf-8", errors="replace").split("\n")
            words = [line.split()[0] for line in lines if line.split()]
            names = [word.split("/")[-2] if "/" in word else word for word in words]
            return list(dict.fromkeys(names))
    have = sorted({p.stem for p in (root / "ImageSets").glob("*/*.txt")})
    said = f"ImageSets has {', '.join(have)}" if have else "there is no ImageSets"
    raise InputError(f"davis has no split {split!r} in {root}; {said}; '' takes every video")


def _categories(path: Path) -> Mapping[str, Mapping[str, str]]:
    """Video -> object -> category, of YouTube-VOS's ``meta.json``; nothing without it."""
    try:
        videos = json.loads(path.read_text(encoding="utf-8"))["videos"]
        return {
            name: {one: str(about.get("category", "")) for one, about in video["objects"].items()}
            for name, video in videos.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _video(
    root: Path, name: str, images: str, masks: str, categories: Mapping[str, Mapping[str, str]]
) -> VideoRecord:
    files = picture_names(root / images)
    place = {one.rpartition(".")[0]: number for number, one in enumerate(files)}
    rows: dict[int, list[tuple[int, Boxes]]] = {}
    problems: list[Problem] = []
    size = (0, 0)
    for mask in (one for one in file_names(root / masks) if one.lower().endswith(".png")):
        path = f"{masks}/{mask}"
        position = place.get(mask.rpartition(".")[0])
        if position is None:
            problems.append(Problem(reason=PICTURE_MISSING, example=path))
            continue
        try:
            picture = read_picture(root / path)
        except InputError as error:
            problems.append(Problem(reason=UNREADABLE_ANNOTATION, example=str(error)))
            continue
        size = (picture.shape[1], picture.shape[0])
        for number, box in boxes_of_mask(picture).items():
            rows.setdefault(number, []).append((position, box))
    kinds = categories.get(name, {})
    tracks = [
        TrackRecord(
            name=str(number),
            positions=np.array([position for position, _ in found], np.int32),
            boxes=np.array([box for _, box in found], np.float64),
            visible=np.ones(len(found), np.float32),
            category=kinds.get(str(number), ""),
        )
        for number, found in sorted(rows.items())
    ]
    return VideoRecord(
        name=name,
        images=[f"{images}/{one}" for one in files],
        sizes=np.array([size], np.int32),
        tracks=tracks,
        problems=problems,
        sources=[images, masks],
    )


def boxes_of_mask(picture: NDArray[np.uint8]) -> dict[int, Boxes]:
    """Number of each object of a mask -> the box around its pixels.

    Args:
        picture: the mask as RGB uint8 (H, W, 3), objects in the colours of PASCAL VOC's palette or
            in shades of grey; black is the background.
    """
    codes = picture.astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
    found: dict[int, Boxes] = {}
    for code in np.unique(codes):
        if code:
            shown = codes == code
            columns, rows = np.flatnonzero(shown.any(0)), np.flatnonzero(shown.any(1))
            x, y = columns[0], rows[0]
            box = np.array([x, y, columns[-1] + 1 - x, rows[-1] + 1 - y], np.float64)
            found[_numbers().get(int(code), int(code) & 0xFF)] = box
    return found


@cache
def _numbers() -> Mapping[int, int]:
    """Colour of PASCAL VOC's palette -> number: its bits are dealt to the channels in turn."""
    numbers = {}
    for number in range(1, 256):
        channels = [0, 0, 0]
        for bit in range(8):
            channels[bit % 3] |= (number >> bit & 1) << (7 - bit // 3)
        numbers[channels[0] << 16 | channels[1] << 8 | channels[2]] = number
    return numbers
