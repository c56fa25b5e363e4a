"""Result files of the VOT toolkit (and, in text, of pysot and got10k): a region a frame.

Text: a code, ``x,y,w,h``, a polygon, or ``mx,y,w,h,runs``, a line each; or binary, as
``vot_binary`` says.
``<stem>_time.value`` and other properties hold one number a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.result_files.rows import (
    Remarks,
    first_line,
    refuse_blank_lines,
    remark_exponents,
    values_of,
)
from feathertrack.evaluation.result_files.vot_binary import (
    BINARY_MARK,
    regions_binary,
    regions_of_binary,
)
from feathertrack.evaluation.vot.regions import (
    FAILED,
    STARTED,
    UNKNOWN,
    RegionKind,
    Regions,
)
from feathertrack.textrows import ragged_of, refuse_utf16

_SEPARATOR = re.compile(rb"[0-9.][ \t]+[-+.0-9]|;")


def regions_of(data: bytes, *, name: str, remarks: Remarks | None = None) -> Regions:
    """The regions of a file, text or binary; in ``remarks`` what is unusual about the text.

    Raises:
        InputError: it is empty, cut off, a line is blank or no region, a code is none of VOT's, or
            a number is not finite; with file and line.
    """
    if data[:2] == BINARY_MARK:
        regions = regions_of_binary(data, name=name)
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
