"""What a json file of COCO's form says: its images, and the annotations that can be used."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from feathertrack.data.records import CROWD, UNKNOWN_PICTURE, UNREADABLE_ANNOTATION, Problem
from feathertrack.errors import SourceError

_LARGEST = 4 * 2**30
_NO_BOX = (float("nan"),) * 4

Json = Mapping[str, Any]


def is_coco_json(path: Path) -> bool:
    """Whether a file may be of this form, by its first bytes; it may still be broken."""
    try:
        with path.open("rb") as file:
            begin = file.read(1 << 16)
    except OSError:
        return False
    words = (b'"images"', b'"annotations"', b'"videos"', b'"categories"', b'"info"', b'"licenses"')
    return begin.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and any(w in begin for w in words)


def load(path: Path) -> Json:
    """What a file holds: lists of images and annotations, and what else there may be.

    Raises:
        SourceError: it cannot be read, is too large, no JSON, or of another form.
    """
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


def objects(content: Json, key: str) -> list[Json]:
    """The objects of a list of the file that have an id."""
    found = content.get(key)
    rows = found if isinstance(found, list) else []
    return [one for one in rows if isinstance(one, dict) and "id" in one]


def images_by_id(rows: Iterable[Any], path: Path) -> tuple[dict[Any, Json], list[Problem]]:
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


class Annotation:
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


def by_image(
    rows: Iterable[Any], images: Mapping[Any, Json], names: Mapping[Any, str], path: Path
) -> tuple[dict[Any, list[Annotation]], list[Problem]]:
    """The usable annotations of each image, and how many are not."""
    found: dict[Any, list[Annotation]] = defaultdict(list)
    counts = {UNREADABLE_ANNOTATION: 0, CROWD: 0, UNKNOWN_PICTURE: 0}
    first: dict[str, str] = {}
    for row in rows:
        reason = _why_not(row, images)
        if reason is None:
            category = names.get(row.get("category_id"), "")
            found[row["image_id"]].append(Annotation(row, category))
            continue
        counts[reason] += 1
        label = row.get("id", "without an id") if isinstance(row, dict) else "that is no object"
        first.setdefault(reason, f"{path}, annotation {label}")
    return found, [
        Problem(reason=reason, count=count, example=first.get(reason, ""))
        for reason, count in counts.items()
    ]


def _why_not(row: object, images: Mapping[Any, Json]) -> str | None:
    """Why an annotation cannot be used; None for one that can."""
    if not isinstance(row, dict) or not isinstance(row.get("image_id"), int | str):
        return UNREADABLE_ANNOTATION
    if row["image_id"] not in images:
        return UNKNOWN_PICTURE
    return CROWD if row.get("iscrowd") else None


def size_of(image: Json) -> tuple[int, int]:
    """Width and height that an image claims, 0 where there is none that can be."""
    size = image.get("width"), image.get("height")
    whole = [one if isinstance(one, int) and 0 < one < 2**31 else 0 for one in size]
    return whole[0], whole[1]
