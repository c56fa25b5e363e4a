"""Names and formats of the files of a pack."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.data.cropped.table import open_array
from feathertrack.errors import InputError

FORMAT = "feathertrack pack"
VERSION = 1

PLACE = np.dtype([("shard", "<i4"), ("length", "<i4"), ("offset", "<i8"), ("crc", "<u4")])
"""Where a crop lies: number of the shard, bytes, first byte, CRC-32 of the bytes."""


@dataclass(frozen=True, kw_only=True)
class PackSettings:
    """What a pack depends on; a folder is gone on with only where all of it is the same.

    Attributes:
        side: of the crops, pixels; 127 pixels are a target with its context.
        quality: of the jpg files, 1..100.
        source: a digest of the tracks, boxes and pictures.
    """

    side: int
    quality: int
    source: str


@dataclass(frozen=True, kw_only=True)
class PackAbout:
    """Content of ``pack.json``.

    Attributes:
        settings: how it was made.
        name: of the set, for messages.
        videos, tracks, crops: how many there are.
        shards: bytes of every shard.
        unreadable: pictures that could not be read; their crops are left out.
        examples: some sentences about them.
    """

    settings: PackSettings
    name: str
    videos: int
    tracks: int
    crops: int
    shards: tuple[int, ...]
    unreadable: int = 0
    examples: tuple[str, ...] = ()

    def text(self) -> str:
        """The json."""
        return json.dumps({"format": FORMAT, "version": VERSION, **asdict(self)}, indent=1) + "\n"


def shard_path(root: Path, number: int) -> Path:
    """File of a shard."""
    return root / "shards" / f"{number:05d}.jpgs"


def part_path(root: Path, number: int) -> Path:
    """File that says what a shard holds, while the pack is being made."""
    return root / "building" / f"{number:05d}.npy"


def read_about(root: Path) -> PackAbout:
    """What a complete pack holds.

    Raises:
        InputError: there is none, it is not complete, damaged, or of another version.
    """
    path = root / "pack.json"
    if not path.is_file():
        if (root / "building").is_dir():
            raise InputError(f"the pack in {root} is not complete: run the same data pack again")
        raise InputError(f"{root} holds no pack.json: make one with feathertrack data pack")
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']!r}")
        if content["version"] != VERSION:
            raise InputError(
                f"{path} is of version {content['version']}, this program reads {VERSION}: "
                f"pack again into another folder"
            )
        return _about(content)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is damaged or no pack: {error}") from error


def open_places(root: Path, about: PackAbout) -> NDArray[Any]:
    """Where every crop lies, (n,) of ``PLACE``.

    Raises:
        InputError: missing or damaged.
    """
    places = open_array(root / "table" / "places.npy")
    if places.dtype != PLACE or places.shape != (about.crops,):
        raise InputError(f"{root / 'table' / 'places.npy'} is damaged: pack again")
    return places


def _about(content: dict[str, Any]) -> PackAbout:
    given = {field.name: content[field.name] for field in fields(PackAbout)}
    given["settings"] = PackSettings(**given["settings"])
    given["shards"] = tuple(int(size) for size in given["shards"])
    given["examples"] = tuple(str(text) for text in given["examples"])
    about = PackAbout(**given)
    for number in (about.settings.side, about.crops, about.videos, about.tracks):
        if not isinstance(number, int) or number < 1:
            raise ValueError(f"{number!r} is no number above 0")
    return about
