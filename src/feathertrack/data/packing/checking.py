"""Is a pack what it was when it was written?"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from feathertrack.data.jobs import run_jobs
from feathertrack.data.packing.source import PackedSource, decode_square

_CHUNK = 2048


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A crop that is not what it was.

    Attributes:
        crop: which, as video, track and frame.
        text: what is wrong.
    """

    crop: str
    text: str


def check_pack(root: Path, *, processes: int = 1) -> Iterator[tuple[int, list[Fault]]]:
    """Compare every crop with its checksum, and decode it.

    Args:
        root: folder of the pack.
        processes: how many work at once.

    Yields:
        How many crops were looked at since the last time, and the faults among them.

    Raises:
        InputError: no complete pack, a damaged table, a shard that is missing or cut off.
    """
    source = PackedSource(root)
    chunks = range(-(-len(source.places) // _CHUNK))
    for _, (count, faults) in run_jobs(_check_chunk, source, chunks, processes=processes):
        yield count, faults


def _check_chunk(source: PackedSource, chunk: int) -> tuple[int, list[Fault]]:
    crops = range(chunk * _CHUNK, min((chunk + 1) * _CHUNK, len(source.places)))
    faults = []
    for crop in crops:
        text = _fault(source, crop)
        if text:
            faults.append(Fault(crop=_title(source, crop), text=text))
    return len(crops), faults


def _fault(source: PackedSource, crop: int) -> str:
    data = source.bytes_of(crop)
    _, length, _, crc = source.places[crop].item()
    if len(data) != length or not length:
        return "its place lies outside of the shard"
    if zlib.crc32(data.tobytes()) != crc:
        return "its bytes are not those that were written"
    if decode_square(data, side=source.side) is None:
        return f"it is no jpg of {source.side}x{source.side} pixels"
    width, height = source.table.sizes[crop].tolist()
    if not (0 < width < float("inf") and 0 < height < float("inf")):
        return f"its target has the size {width:g} x {height:g}"
    return ""


def _title(source: PackedSource, crop: int) -> str:
    table = source.table
    track = int(table.track_crops.searchsorted(crop, side="right")) - 1
    return table.title(track, crop - table.crops_of(track).start)
