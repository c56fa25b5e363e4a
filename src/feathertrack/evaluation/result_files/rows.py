"""Rows of boxes in result files, and what is unusual about how they are written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Floats
from feathertrack.textrows import inner_blank_line, refuse_utf16, rows_of

_EXPONENT = re.compile(rb"\d[eE][+-]?\d")
_STYLES = ((b"\t", "tabs"), (b",", "commas"), (b";", "semicolons"))


@dataclass
class Remarks:
    """What was unusual in many files, one sentence for each kind of thing.

    ``add`` takes the kind and where it was seen; ``sentences`` names the first places.
    """

    places: dict[str, list[str]] = field(default_factory=dict)

    def add(self, what: str, where: str) -> None:
        """Remember that ``what`` was seen at ``where``."""
        self.places.setdefault(what, []).append(where)

    def sentences(self) -> tuple[str, ...]:
        """One for each kind: the first place, and how many more there are."""
        return tuple(
            f"{places[0]}: {what}" + (f" (and {len(places) - 1} more)" if places[1:] else "")
            for what, places in self.places.items()
        )


def boxes_of(data: bytes, *, name: str, remarks: Remarks | None = None) -> tuple[Boxes, int]:
    """Rows x, y, w, h (n, 4) of a text file, and the line of the first.

    Raises:
        InputError: the file is empty, a row does not hold four numbers or holds an infinite one,
            or a line between others is blank; with file and line.
    """
    refuse_blank_lines(data, name=name)
    boxes = rows_of(data, name=name, columns=4)
    first = first_line(data)
    infinite = np.isinf(boxes).any(axis=1)
    if infinite.any():
        raise InputError(
            f"{name}, line {int(infinite.argmax()) + first}: a number is infinite, or too large"
        )
    if remarks is not None:
        _remark(data, boxes, name, first, remarks)
    return boxes, first


def refuse_blank_lines(data: bytes, *, name: str) -> None:
    """Refuse a blank line between rows: passed over, it would move all later rows by a frame.

    Raises:
        InputError: there is one; with file and line.
    """
    line = inner_blank_line(data)
    if line is not None:
        raise InputError(
            f"{name}, line {line}: the line is blank, each frame needs a row; write "
            "nan,nan,nan,nan where there is no box"
        )


def first_line(data: bytes) -> int:
    """Number, from 1, of the first line that is not blank."""
    return data[: len(data) - len(data.lstrip())].count(b"\n") + 1


def _remark(data: bytes, boxes: Boxes, name: str, first: int, remarks: Remarks) -> None:
    remark_exponents(data, name=name, remarks=remarks)
    style = separator(data)
    if style not in ("tabs", "commas"):
        remarks.add(f"numbers are separated by {style}, which no toolkit does", f"{name}, line 1")
    nan = np.isnan(boxes).any(axis=1)
    if nan.any():
        remarks.add("NaN in a result", f"{name}, line {int(nan.argmax()) + first}")


def remark_exponents(data: bytes, *, name: str, remarks: Remarks) -> None:
    """Remark numbers as 1e-05, which not every toolkit reads."""
    if b"e" in data or b"E" in data:
        exponent = _EXPONENT.search(data)
        if exponent:
            line = data.count(b"\n", 0, exponent.start()) + 1
            remarks.add("numbers in exponent form, read as such", f"{name}, line {line}")


def separator(data: bytes) -> str:
    """What is between the numbers of a file, by its first line: tabs, commas, semicolons, blanks.

    >>> separator(b"1,2,3,4"), separator(b"1 2 3 4")
    ('commas', 'blanks')
    """
    line = data.lstrip().split(b"\n", 1)[0].strip()
    return next((style for mark, style in _STYLES if mark in line), "blanks")


def numbers_of(data: bytes, *, name: str) -> Floats:
    """One number a line, NaN where a line is empty or says so, as VOT's ``.value`` files.

    Raises:
        InputError: a line holds anything else.
    """
    refuse_utf16(data, name=name)
    lines = data.splitlines()
    values = np.full(len(lines), np.nan)
    for row, line in enumerate(lines):
        word = line.strip()
        try:
            values[row] = float(word) if word else np.nan
        except ValueError:
            raise InputError(
                f"{name}, line {row + 1}: {word[:40].decode('utf-8', 'replace')!r} is not a number"
            ) from None
    return values


def columns_of(data: bytes, *, name: str) -> Floats:
    """Seconds, one column a run (n, runs), as GOT-10k's time files; empty without a row."""
    return rows_of(data, name=name) if data.strip() else np.empty((0, 0))


def text_of(rows: Boxes | Floats, pattern: str, *, separator: str = ",") -> str:
    r"""Rows of numbers as text, each number by a printf pattern; ``r`` stands for Python's repr.

    >>> text_of(np.array([[1.0, 2.5]]), "%.3f")
    '1.000,2.500\n'
    >>> text_of(np.array([[0.1, 2.0]]), "r")
    '0.1,2.0\n'
    """
    table = np.asarray(rows, dtype=np.float64)
    table = table[:, None] if table.ndim == 1 else table
    if pattern == "r":
        return "".join(separator.join(map(repr, row)) + "\n" for row in table.tolist())
    line = separator.join([pattern] * table.shape[1]) + "\n"
    return "".join(line % tuple(row) for row in table.tolist())


def values_of(values: Floats, pattern: str = "r") -> str:
    """One number a line, an empty line where it is NaN."""
    return "".join(
        "\n" if value != value else (repr(value) if pattern == "r" else pattern % value) + "\n"
        for value in np.asarray(values, dtype=np.float64).tolist()
    )
