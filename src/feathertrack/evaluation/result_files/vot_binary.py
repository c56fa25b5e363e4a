"""Regions in the VOT toolkit's binary form, little endian, read and written.

int16 1, uint32 number of regions; for each a uint8 type and its numbers (``docs/protocols.md``).
"""

from __future__ import annotations

import struct

import numpy as np

from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.vot.regions import RegionKind, Regions, offsets

BINARY_MARK = b"\x01\x00"
"""What a file begins with."""
_MOST_NUMBERS = 1 << 24


def regions_of_binary(data: bytes, *, name: str) -> Regions:
    """The regions of a binary file; that their numbers make sense is not seen to here.

    Raises:
        InputError: it is empty, cut off, or larger than results can be.
    """
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
