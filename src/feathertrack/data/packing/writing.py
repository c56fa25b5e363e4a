"""Make a pack: in parallel, shard by shard, taken up again wherever it was stopped.

Every shard holds the crops of some whole videos. It grows under a temporary name, gets its own
when it is whole, and is done when the list of what it holds lies in ``building`` too. What is in
the pack does not depend on the number of processes or on interruptions.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.data.cropped.table import TrackTable, build_table, open_array, save_array
from feathertrack.data.jobs import Progress, run_jobs
from feathertrack.data.packing.gathering import Outline, outline_of
from feathertrack.data.packing.layout import (
    PLACE,
    PackAbout,
    PackSettings,
    part_path,
    read_about,
    shard_path,
)
from feathertrack.data.preparing import square_shot
from feathertrack.data.sources import IndexedSource, Shot
from feathertrack.errors import InputError, SourceError
from feathertrack.video.outfiles import make_folder, replacing, write_atomically, writing
from feathertrack.video.pictures import read_picture

MAX_SIDE = 2048
SHARD_CROPS = 4096
"""Crops after which a shard takes no further video."""

_EXAMPLES = 20


@dataclass(frozen=True, kw_only=True)
class PackReport:
    """What came of packing.

    Attributes:
        about: what the pack holds.
        crops_written: crops that this run made; 0 where the pack was complete.
    """

    about: PackAbout
    crops_written: int


@dataclass(frozen=True, kw_only=True)
class _Job:
    """What every process needs to know."""

    source: IndexedSource
    outline: Outline
    output: Path
    side: int
    quality: int


def write_pack(
    source: IndexedSource,
    output: Path,
    *,
    side: int = 511,
    quality: int = 90,
    processes: int = 1,
    progress: Progress | None = None,
) -> PackReport:
    """Pack every usable box of an indexed set, or go on where an earlier run stopped.

    Args:
        source: the set.
        output: folder of the pack, made where it is missing.
        side: of the crops: 127 pixels show a target with its context, so 255 is what FDSiamFC
            crops and 511 what pysot and mmtracking do.
        quality: of the jpg files, 1..100.
        processes: how many work at once.
        progress: shows how far it is.

    Raises:
        InputError: sizes out of range, a pack with other settings in the folder, no usable box, a
            folder that cannot be written (a full disk, say: what is done stays), or a process
            that was killed.
    """
    _check(side, quality, processes)
    outline = outline_of(source, shard_crops=SHARD_CROPS)
    settings = PackSettings(side=side, quality=quality, source=outline.digest)
    if (output / "pack.json").is_file():
        about = read_about(output)
        _check_same(about.settings, settings, output)
        return PackReport(about=about, crops_written=0)
    with writing(output):
        _start(output, settings)
    job = _Job(source=source, outline=outline, output=output, side=side, quality=quality)
    todo = [number for number in range(outline.num_shards) if not _is_done(job, number)]
    done = run_jobs(_write_shard, job, todo, processes=processes)
    crops = (crop for number, _ in done for crop in range(outline.crops_in(number)))
    written = sum(outline.crops_in(number) for number in todo)
    try:
        for _ in progress(crops, written) if progress else crops:
            pass
    finally:
        _remove_temporaries(output)
    with writing(output):
        about = _finish(job, settings)
    return PackReport(about=about, crops_written=written)


def _check(side: int, quality: int, processes: int) -> None:
    if not 16 <= side <= MAX_SIDE:
        raise InputError(f"side is {side}, expected 16 to {MAX_SIDE} pixels")
    if not 1 <= quality <= 100:
        raise InputError(f"quality is {quality}, expected 1 to 100")
    if processes < 1:
        raise InputError(f"processes is {processes}, expected 1 or more")


def _start(output: Path, settings: PackSettings) -> None:
    """Make the folders, or see that those there are of the same pack."""
    plan = output / "building" / "plan.json"
    if plan.is_file():
        try:
            before = PackSettings(**json.loads(plan.read_bytes()))
        except (ValueError, TypeError) as error:
            raise InputError(f"{plan} is damaged: remove {output} and pack again") from error
        _check_same(before, settings, output)
        _remove_temporaries(output)
        return
    if output.is_dir() and any(output.iterdir()):
        raise InputError(f"{output} is not empty and holds no pack: name another folder")
    make_folder(output)
    for name in ("building", "shards", "table"):
        (output / name).mkdir(exist_ok=True)
    write_atomically(plan, [json.dumps(dataclasses.asdict(settings))])


def _check_same(before: PackSettings, now: PackSettings, output: Path) -> None:
    names = ("side", "quality", "source")
    for name in names:
        if getattr(before, name) != getattr(now, name):
            given = (
                "" if name == "source" else f" {getattr(before, name)}, not {getattr(now, name)}"
            )
            what = "other pictures or boxes" if name == "source" else f"{name}{given}"
            raise InputError(f"{output} holds a pack of {what}: remove it or name another folder")


def _is_done(job: _Job, number: int) -> bool:
    part, shard = part_path(job.output, number), shard_path(job.output, number)
    if not (part.is_file() and shard.is_file()):
        return False
    try:
        places = open_array(part)
    except InputError:
        return False
    count = job.outline.crops_in(number)
    size = int(places["length"].sum()) if places.dtype == PLACE else -1
    return places.shape == (count,) and size == shard.stat().st_size


def _write_shard(job: _Job, number: int) -> None:
    """Write a shard and its list; places are in the order of tracks, bytes in that of pictures."""
    first, _ = job.outline.span(number)
    places = np.zeros(job.outline.crops_in(number), PLACE)
    places["shard"] = number
    offset = 0
    path = shard_path(job.output, number)
    with writing(path), replacing(path) as temporary, temporary.open("wb") as file:
        for crop, data in _crops(job, number):
            row = places[crop - first]
            row["offset"], row["length"], row["crc"] = offset, len(data), zlib.crc32(data)
            offset += len(data)
            file.write(data)
        file.flush()
        os.fsync(file.fileno())
    with writing(path):
        save_array(part_path(job.output, number), places)


def _crops(job: _Job, number: int) -> Iterator[tuple[int, bytes]]:
    """Number and jpg file of every crop of a shard whose picture can be read."""
    for path, targets in job.outline.pictures(job.source, number):
        try:
            image = read_picture(path)
        except SourceError:
            continue  # its crops stay without bytes, and are counted at the end
        for crop, box in targets:
            shot = square_shot(Shot(image=image, box=box), side=job.side)
            yield crop, encode(shot.image, quality=job.quality)


def encode(image: NDArray[np.uint8], *, quality: int) -> bytes:
    """A jpg file of an RGB picture."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return bytes(data)


def _remove_temporaries(output: Path) -> None:
    for name in ("shards", "building", "table"):
        for path in (output / name).glob(".*.tmp"):
            path.unlink(missing_ok=True)


def _finish(job: _Job, settings: PackSettings) -> PackAbout:
    """Gather the lists of all shards, leave out what could not be read, say that it is complete."""
    outline, output = job.outline, job.output
    parts = [np.asarray(open_array(part_path(output, n))) for n in range(outline.num_shards)]
    places: NDArray[Any] = np.concatenate(parts)
    readable = places["length"] > 0
    table = _without(outline.table, readable, what=job.source.name)
    table.save(output / "table")
    save_array(output / "table" / "places.npy", places[readable])
    about = PackAbout(
        settings=settings,
        name=job.source.name,
        videos=table.num_videos,
        tracks=table.num_tracks,
        crops=int(readable.sum()),
        shards=tuple(shard_path(output, n).stat().st_size for n in range(outline.num_shards)),
        unreadable=int((~readable).sum()),
        examples=tuple(outline.titles(np.flatnonzero(~readable)[:_EXAMPLES])),
    )
    write_atomically(output / "pack.json", [about.text()])
    shutil.rmtree(output / "building", ignore_errors=True)
    return about


def _without(table: TrackTable, readable: NDArray[np.bool_], *, what: str) -> TrackTable:
    if readable.all():
        return table

    def tracks() -> Iterator[tuple[str, str, NDArray[np.int32], NDArray[np.float32]]]:
        for video in range(table.num_videos):
            for track in table.tracks_of(video):
                crops = table.crops_of(track)
                span = slice(crops.start, crops.stop)
                kept = readable[span]
                if kept.any():
                    name = table.tracks[track]
                    yield (
                        table.videos[video],
                        name,
                        table.frames[span][kept],
                        table.sizes[span][kept],
                    )

    return build_table(tracks(), what=f"{what} (no picture can be read)")
