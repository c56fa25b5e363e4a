"""Result files of the VOT toolkit (and, in text, of pysot and got10k): a region a frame.

Text: a code, ``x,y,w,h``, a polygon, or ``mx,y,w,h,runs``, a line each. Binary, little endian:
int16 1, uint32 number of regions; for each a uint8 type and its numbers (``docs/protocols.md``).
``<stem>_time.value`` and other properties hold one number a line.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.result_files.rows import values_of
from feathertrack.evaluation.vot.regions import RegionKind, Regions, offsets
from feathertrack.textrows import ragged_of

BINARY_MARK = b"\x01\x00"
_MOST_NUMBERS = 1 << 24


def regions_of(data: bytes, *, name: str) -> Regions:
    """The regions of a file, text or binary.

    Raises:
        InputError: it is empty, cut off, or a line is no region, with file and line.
    """
    if data[:2] == BINARY_MARK:
        return _from_binary(data, name)
    if b"m" in data.lower().replace(b"nan", b""):
        return _with_masks(data, name)
    rows, widths = ragged_of(data, name=name)
    wrong = (widths == 3) | ((widths > 4) & (widths % 2 == 1))
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{name}, line {row + 1}: there are {widths[row]} numbers, expected 1 (a code), "
            "4 (x,y,w,h) or 6, 8, ... (a polygon)"
        )
    return Regions.from_rows(rows)


def _with_masks(data: bytes, name: str) -> Regions:
    parts: list[Regions] = []
    for number, line in enumerate(data.splitlines(), 1):
        text = line.strip().lower()
        if not text:
            continue
        try:
            values = [float(word) for word in text.removeprefix(b"m").replace(b",", b" ").split()]
            if text.startswith(b"m"):
                parts.append(_mask(np.array(values)))
            else:
                parts.append(Regions.from_list([values]))
        except (ValueError, InputError) as error:
            raise InputError(f"{name}, line {number}: {error}") from None
    if not parts:
        raise InputError(f"{name} is empty: expected a region a line")
    return Regions.concatenate(parts)


def _mask(values: Floats) -> Regions:
    from feathertrack.evaluation.vot.masks import check_mask

    check_mask(values)
    return Regions(
        np.array([RegionKind.MASK], dtype=np.uint8),
        np.array([0, len(values)], dtype=np.int64),
        values,
    )


def _from_binary(data: bytes, name: str) -> Regions:
    kinds: list[int] = []
    sizes: list[int] = []
    values: list[tuple[float, ...]] = []
    place, total = 6, 0
    try:
        (count,) = struct.unpack_from("<I", data, 2)
        if count > len(data):
            raise InputError(f"{name} claims {count} regions in {len(data)} bytes")
        for _ in range(count):
            kind, numbers, place = _binary_region(data, place, name, len(kinds))
            total += len(numbers)
            if total > _MOST_NUMBERS:
                raise InputError(f"{name} holds over {_MOST_NUMBERS} numbers")
            kinds.append(kind)
            sizes.append(len(numbers))
            values.append(numbers)
    except struct.error:
        raise InputError(f"{name} is cut off after {len(kinds)} regions") from None
    if not kinds:
        raise InputError(f"{name} is empty: it holds no region")
    flat = np.array([number for numbers in values for number in numbers], dtype=np.float64)
    return Regions(np.array(kinds, np.uint8), offsets(np.array(sizes, np.int64)), flat)


def _binary_region(
    data: bytes, place: int, name: str, number: int
) -> tuple[int, tuple[float, ...], int]:
    """Kind and numbers of the region that begins at ``place``, and where the next begins."""
    (kind,) = struct.unpack_from("<B", data, place)
    place += 1
    if kind == RegionKind.POLYGON:
        (corners,) = struct.unpack_from("<H", data, place)
        layout, place = f"<{2 * corners}f", place + 2
    elif kind == RegionKind.MASK:
        (runs,) = struct.unpack_from("<H", data, place + 8)
        x, y, w, h = struct.unpack_from("<hhHH", data, place)
        lengths = struct.unpack_from(f"<{runs}H", data, place + 10)
        return kind, (x, y, w, h, *lengths), place + 10 + 2 * runs
    elif kind in (RegionKind.SPECIAL, RegionKind.RECTANGLE, RegionKind.POINT):
        layout = {0: "<I", 1: "<4f", 4: "<2f"}[kind]
    else:
        raise InputError(f"{name}: region {number + 1} is of the unknown type {kind}")
    numbers = struct.unpack_from(layout, data, place)
    return kind, numbers, place + struct.calcsize(layout)


def regions_text(regions: Regions, pattern: str = "r", *, single: bool = False) -> str:
    """Regions as lines of text.

    Args:
        regions: what to write.
        pattern: printf pattern of a number that is no code; ``r`` stands for Python's repr.
        single: numbers are rounded to float32 first, as pysot's C code does.
    """
    values = regions.values.astype(np.float32).astype(np.float64) if single else regions.values
    words = [repr(v) for v in values.tolist()] if pattern == "r" else [pattern % v for v in values]
    bounds = regions.start.tolist()
    lines = []
    for row, kind in enumerate(regions.kind.tolist()):
        low, high = bounds[row], bounds[row + 1]
        if kind in (RegionKind.SPECIAL, RegionKind.MASK):
            text = ",".join(str(int(v)) for v in regions.values[low:high])
            lines.append("m" + text if kind == RegionKind.MASK else text)
        else:
            lines.append(",".join(words[low:high]))
    return "\n".join(lines) + "\n"


def regions_binary(regions: Regions) -> bytes:
    """Regions as the toolkit's binary file.

    Raises:
        InputError: a code, corner or run length that its integers cannot hold.
    """
    parts = [BINARY_MARK, struct.pack("<I", len(regions))]
    for row, kind in enumerate(regions.kind.tolist()):
        numbers = regions.row(row)
        try:
            parts.append(struct.pack("<B", kind) + _packed(kind, numbers))
        except struct.error as error:
            raise InputError(f"region {row + 1} cannot be written in binary: {error}") from None
    return b"".join(parts)


def _packed(kind: int, numbers: Floats) -> bytes:
    if kind == RegionKind.SPECIAL:
        return struct.pack("<I", int(numbers[0]))
    if kind == RegionKind.POLYGON:
        return struct.pack(f"<H{len(numbers)}f", len(numbers) // 2, *numbers)
    if kind == RegionKind.MASK:
        whole = [int(number) for number in numbers]
        runs = whole[4:]
        return struct.pack(f"<hhHHH{len(runs)}H", *whole[:4], len(runs), *runs)
    return struct.pack(f"<{len(numbers)}f", *numbers)


def write_toolkit(
    records: Sequence[Record], *, experiment: str, binary: bool = False
) -> dict[str, str | bytes]:
    """Files of all runs of a sequence, as the toolkit's workspace holds them; properties first."""
    files: dict[str, str | bytes] = {}
    name = records[0].sequence
    for record in records:
        run = f"{record.repetition:03d}" if record.anchor is None else f"{record.anchor:08d}"
        stem = f"{experiment}/{name}/{name}_{run}"
        if record.times is not None:
            files[f"{stem}_time.value"] = values_of(record.times)
        if record.scores is not None:
            files[f"{stem}_confidence.value"] = values_of(record.scores)
        if binary:
            files[f"{stem}.bin"] = regions_binary(record.regions)
        else:
            files[f"{stem}.txt"] = regions_text(record.regions)
    return files
