"""Result files of the VOT toolkit (and, in text, of pysot and got10k): a region a frame.

Text: a code, ``x,y,w,h``, a polygon, or ``mx,y,w,h,runs``, a line each. Binary, little endian:
int16 1, uint32 number of regions; for each a uint8 type and its numbers (``docs/protocols.md``).
``<stem>_time.value`` and other properties hold one number a line.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.records import Codes, Record
from feathertrack.evaluation.result_files.rows import (
    Remarks,
    first_line,
    refuse_blank_lines,
    remark_exponents,
    values_of,
)
from feathertrack.evaluation.vot.eao import SKIPPED
from feathertrack.evaluation.vot.regions import (
    FAILED,
    NO_CODE,
    STARTED,
    UNKNOWN,
    RegionKind,
    Regions,
    offsets,
)
from feathertrack.textrows import ragged_of, refuse_utf16

_SEPARATOR = re.compile(rb"[0-9.][ \t]+[-+.0-9]|;")
BINARY_MARK = b"\x01\x00"
_MOST_NUMBERS = 1 << 24


def regions_of(data: bytes, *, name: str, remarks: Remarks | None = None) -> Regions:
    """The regions of a file, text or binary; in ``remarks`` what is unusual about the text.

    Raises:
        InputError: it is empty, cut off, a line is blank or no region, a code is none of VOT's, or
            a number is not finite; with file and line.
    """
    if data[:2] == BINARY_MARK:
        regions = _from_binary(data, name)
        _check_values(regions, name, 0)
        return regions
    refuse_utf16(data, name=name)
    refuse_blank_lines(data, name=name)
    regions = _from_text(data, name)
    _check_values(regions, name, first_line(data))
    if remarks is not None:
        _remark(data, name, remarks)
    return regions


def _from_text(data: bytes, name: str) -> Regions:
    if b"m" in data.lower().replace(b"nan", b""):
        return _with_masks(data, name)
    rows, widths = ragged_of(data, name=name)
    wrong = (widths == 3) | ((widths > 4) & (widths % 2 == 1))
    if wrong.any():
        row = int(wrong.argmax())
        raise InputError(
            f"{name}, line {row + first_line(data)}: there are {widths[row]} numbers, expected "
            "1 (a code), 4 (x,y,w,h) or 6, 8, ... (a polygon)"
        )
    # Ground truth may say with a NaN that the target is absent; a result has the code 0 for that.
    infinite = (~np.isfinite(rows) & (np.arange(rows.shape[1]) < widths[:, None])).any(axis=1)
    if infinite.any():
        raise _not_finite(f"{name}, line {int(infinite.argmax()) + first_line(data)}")
    return Regions.from_rows(rows)


def _not_finite(where: str) -> InputError:
    return InputError(f"{where}: a number is not finite; a frame without a region has the code 0")


def _check_values(regions: Regions, name: str, first: int) -> None:
    """Refuse codes that are none of VOT's, and numbers that are not finite."""
    finite = np.isfinite(regions.values)
    known = np.isin(regions.values, (UNKNOWN, STARTED, FAILED))
    special = np.repeat(regions.kind == RegionKind.SPECIAL, np.diff(regions.start))
    wrong = np.flatnonzero(~finite | (special & ~known))
    if not len(wrong):
        return
    row = int(np.searchsorted(regions.start, wrong[0], side="right")) - 1
    where = f"{name}, line {row + first}" if first else f"{name}: region {row + 1}"
    if not finite[wrong[0]]:
        raise _not_finite(where)
    raise InputError(
        f"{where}: {regions.values[wrong[0]]:g} is no code of VOT: 0 unknown, 1 started, 2 failed"
    )


def _remark(data: bytes, name: str, remarks: Remarks) -> None:
    remark_exponents(data, name=name, remarks=remarks)
    found = _SEPARATOR.search(data)
    if found:
        style = "semicolons" if found[0] == b";" else "blanks or tabs"
        line = data.count(b"\n", 0, found.start()) + 1
        remarks.add(
            f"numbers are separated by {style}, VOT's by commas; read as such",
            f"{name}, line {line}",
        )


def check_resets(regions: Regions, *, where: Callable[[int], str], remarks: Remarks) -> None:
    """See that a reset-based run is kept as the protocol says.

    It starts with 1; after a failure 2 come four frames of 0, and 1 in the fifth, or the end.
    Later starts are remarked: VOT waits where the target cannot be seen.

    Args:
        regions: of a run.
        where: file and line of a row, from 0.
        remarks: what is tolerated.

    Raises:
        InputError: anything else, with file and line.
    """
    codes = regions.codes
    if not len(codes) or codes[0] != STARTED:
        return  # of another experiment, as scoring says
    failed = -1  # the frame since when the tracker is not running
    for row in np.flatnonzero((codes != NO_CODE) | _after_failures(codes)).tolist()[1:]:
        code, gap = int(codes[row]), row - failed
        if failed < 0:
            if code != FAILED:
                raise InputError(f"{where(row)}: the code {code} without a failure (2) before it")
            failed = row
        elif code in (FAILED, NO_CODE):
            what = "a second failure (2)" if code == FAILED else "a region"
            raise InputError(f"{where(row)}: {what} after a failure, without a start (1) between")
        elif code == STARTED and gap < SKIPPED:
            raise InputError(
                f"{where(row)}: started {gap} frames after a failure, VOT starts {SKIPPED} after"
            )
        elif code == STARTED:
            if gap > SKIPPED:
                remarks.add(f"started over {SKIPPED} frames after a failure", where(row))
            failed = -1


def _after_failures(codes: Codes) -> NDArray[np.bool_]:
    """Regions right behind a 2 or a 0, (n,)."""
    stopped = (codes == FAILED) | (codes == UNKNOWN)
    stopped = np.concatenate([[False], stopped[:-1]])
    return np.asarray(stopped & (codes == NO_CODE))


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
