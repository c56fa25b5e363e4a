"""The videos of a folder, which of them may be used, and the moments at which tracks start."""

from __future__ import annotations

import json
import math
import os
import re
import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feathertrack.benchmarks.layout import file_names
from feathertrack.data.licences import NOT_STATED, is_licensed
from feathertrack.data.mining.settings import SHORTEST, MiningSettings
from feathertrack.data.records import Problem
from feathertrack.errors import InputError, SourceError
from feathertrack.textrows import read_bytes
from feathertrack.video.folders import VIDEO_SUFFIXES
from feathertrack.video.opening import open_source

MANIFEST = "manifest.json"
NOT_LICENSED = "video without a licence that is stated"

_UNFIT = re.compile(r"[^\w-]+")
_SPACING = 0.3  # of a track: two that start so far apart share less than 70 % of their frames
_STARTS_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Clip:
    """A video.

    Attributes:
        name: what its tracks are called after.
        file: its name in the folder.
        licence: in the words of ``manifest.json``.
        num_frames: as it announces.
    """

    name: str
    file: str
    licence: str
    num_frames: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """A frame of a clip on which tracks start.

    Attributes:
        clip: the video.
        first: number of the frame.
        starts: how many tracks.
        seed: of what is drawn there.
    """

    clip: Clip
    first: int
    starts: int
    seed: tuple[int, ...]

    @property
    def name(self) -> str:
        """A name that no other moment of the set has."""
        return f"{self.clip.name}-{self.first:05d}"


@dataclass(frozen=True, kw_only=True)
class Clips:
    """The videos that may be used.

    Attributes:
        root: their folder.
        clips: in the order of their names.
        problems: what was left out.
        skipped: name of every video that cannot be read -> why.
        unlicensed: those were taken too whose licence nobody states.
    """

    root: Path
    clips: tuple[Clip, ...]
    problems: tuple[Problem, ...]
    skipped: Mapping[str, str]
    unlicensed: bool = False

    def moments(self, settings: MiningSettings) -> list[Moment]:
        """Where tracks start, in the order of the clips and their frames."""
        return [moment for clip in self.clips for moment in _moments(clip, settings)]


def open_clips(root: Path, *, unlicensed: bool = False) -> Clips:
    """Find the videos of a folder; ``manifest.json`` in it says which licence each has.

    Args:
        root: the folder.
        unlicensed: take videos too that are not ``permissive`` or ``licensed`` there.

    Raises:
        InputError: no such folder, or a manifest that cannot be read.
        SourceError: no video in it that may be used and can be read.
    """
    root = root.expanduser()
    if not root.is_dir():
        raise InputError(f"there is no folder {root}: name that of the videos")
    rows = _read_rows(root / MANIFEST)
    files = [name for name in file_names(root) if Path(name).suffix.lower() in VIDEO_SUFFIXES]
    allowed = [file for file in files if unlicensed or is_licensed(rows.get(file, {}))]
    refused = [file for file in files if file not in allowed]
    clips, skipped = [], dict[str, str]()
    for file, name in _names(files).items():
        if file not in allowed:
            continue
        try:
            clips.append(_clip(root, file, name, rows.get(file, {})))
        except SourceError as error:
            skipped[file] = without_folder(error, root)
    if not clips:
        raise SourceError(_nothing(root, files, refused, skipped))
    problems = [Problem(reason=NOT_LICENSED, count=len(refused), example=one) for one in refused]
    return Clips(
        root=root,
        clips=tuple(clips),
        problems=tuple(problems[:1]),
        skipped=skipped,
        unlicensed=unlicensed,
    )


def without_folder(error: SourceError, root: Path) -> str:
    """What an error says, with names of files in place of paths of this machine."""
    return str(error).replace(f"{root}{os.sep}", "")


def _names(files: list[str]) -> dict[str, str]:
    """File -> what its tracks are called after: its own name, if no other file has that too."""
    stems = {file: _fit(Path(file).stem) for file in files}
    count = Counter(stem.casefold() for stem in stems.values())
    return {
        file: stem if count[stem.casefold()] == 1 else f"{stem}-{zlib.crc32(os.fsencode(file)):08x}"
        for file, stem in stems.items()
    }


def _clip(root: Path, file: str, name: str, row: Mapping[str, object]) -> Clip:
    with open_source(root / file, prefetch=0) as source:
        num_frames = source.info.num_frames or 0
    licence = str(row.get("licence") or row.get("license") or NOT_STATED)
    return Clip(name=name, file=file, licence=licence, num_frames=num_frames)


def _nothing(root: Path, files: list[str], refused: list[str], skipped: Mapping[str, str]) -> str:
    if not files:
        return f"{root} holds no video (.mp4, .mov, .mkv, .avi, ...)"
    if refused:
        return (
            f"no video of {root} is permissive or licensed in its {MANIFEST}: --all takes those "
            f"whose licence nobody states"
        )
    return f"no video of {root} can be read: {next(iter(skipped.values()))}"


def _read_rows(path: Path) -> dict[str, dict[str, object]]:
    """What a manifest, a list of objects with a ``name``, says of each file."""
    if not path.is_file():
        return {}
    try:
        content = json.loads(read_bytes(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON: {error}") from error
    if isinstance(content, dict):
        content = content.get("videos")
    if not isinstance(content, list):
        raise InputError(f"{path} should hold a list of objects with name and licence")
    rows = [row for row in content if isinstance(row, dict)]
    return {row["name"]: row for row in rows if isinstance(row.get("name"), str)}


def _fit(text: str) -> str:
    return _UNFIT.sub("_", text)[:60] or "_"


def _moments(clip: Clip, settings: MiningSettings) -> list[Moment]:
    """Moments spread over a clip, a few starts at each, shifted a little at random."""
    last = clip.num_frames - 1 - (SHORTEST - 1) * settings.stride
    if last < 0:
        return []
    spacing = max(math.ceil(_SPACING * settings.frames * settings.stride), 1)
    count = min(last // spacing + 1, math.ceil(settings.starts / _STARTS_AT_ONCE))
    seed = (settings.seed, zlib.crc32(clip.name.encode()))
    slack = last - spacing * (count - 1)
    drawn = np.random.default_rng(seed).random(count)
    order = np.arange(count)
    firsts = (order * spacing + (order + drawn) / count * (slack + 1)).astype(int).tolist()
    shares = np.diff(np.linspace(0, settings.starts, count + 1).round().astype(int)).tolist()
    return [
        Moment(clip=clip, first=first, starts=starts, seed=(*seed, first))
        for first, starts in zip(firsts, shares, strict=True)
        if starts
    ]
