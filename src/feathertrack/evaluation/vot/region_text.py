"""Regions as the text files of VOT hold them, one region a line.

``1`` is a special code, ``x,y`` a point, ``x,y,w,h`` a rectangle, six and more numbers are the
corners of a polygon and ``m`` leads the numbers of a mask. A line with ``nan`` says that the target
is absent (special 0).
"""

from __future__ import annotations

import re
from typing import Literal

import numpy as np

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.masks import check_mask
from feathertrack.evaluation.vot.regions import (
    Floats,
    RegionKind,
    Regions,
    kind_of_size,
    offsets,
)

_SEPARATOR = re.compile(r"\s*[,;\t ]\s*")


def parse_regions(text: str, *, source: str = "the text") -> Regions:
    r"""Read regions, one a line; numbers apart by comma, tab, semicolon or blanks.

    Args:
        text: the content of a file; empty lines at its end do not count.
        source: what errors name.

    Raises:
        InputError: a line is no region; the text says which.

    >>> parse_regions("1\n2.5,3,4,5\n").boxes_xywh()[1]
    array([2.5, 3. , 4. , 5. ])
    """
    lines = text.rstrip().splitlines()
    rows = [_numbers(line, f"line {number} of {source}") for number, line in enumerate(lines, 1)]
    size = np.array([len(row) for row in rows], dtype=np.int64)
    masks = np.array([line.lstrip()[:1] in ("m", "M") for line in lines], dtype=np.bool_)
    masks &= size > 1  # a mask with NaN is absent
    try:
        kind = kind_of_size(np.where(masks, 4, size))
    except InputError as error:
        raise InputError(f"{source}: {error}") from error
    kind[masks] = RegionKind.MASK
    values = np.array([value for row in rows for value in row], dtype=np.float64)
    return Regions(kind, offsets(size), values)


def _numbers(line: str, where: str) -> list[float]:
    is_mask = line.lstrip()[:1] in ("m", "M")
    content = line.strip()[1:] if is_mask else line.strip()
    words = content.split(",")
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        try:
            numbers = [float(word) for word in _SEPARATOR.split(content)]
        except ValueError as error:
            raise InputError(f"{where} is no region: {line.strip()!r:.80}") from error
    if any(number != number for number in numbers):
        return [0.0]
    if any(abs(number) == float("inf") for number in numbers):
        raise InputError(f"{where} holds a number that is not finite: {line.strip()!r:.80}")
    if is_mask:
        try:
            check_mask(np.array(numbers))
        except InputError as error:
            raise InputError(f"{where}: {error}") from error
    return numbers


def format_regions(regions: Regions, *, style: Literal["pysot", "toolkit"] = "toolkit") -> str:
    r"""Text of regions, one a line, the last line ended.

    ``pysot`` writes four decimals of the number in float32, ``toolkit`` floats as Python does.

    >>> format_regions(Regions.from_list([[1], [2, 3, 4.5, 5]]), style="pysot")
    '1\n2.0000,3.0000,4.5000,5.0000\n'
    """
    lines = [
        _text(RegionKind(int(kind)), regions.row(index), style)
        for index, kind in enumerate(regions.kind)
    ]
    return "".join(f"{line}\n" for line in lines)


def _text(kind: RegionKind, values: Floats, style: str) -> str:
    if kind in (RegionKind.SPECIAL, RegionKind.MASK):
        mark = "m" if kind == RegionKind.MASK else ""
        return mark + ",".join(str(int(value)) for value in values)
    if style == "pysot":
        return ",".join(f"{np.float32(value):.4f}" for value in values)
    return ",".join(str(float(value)) for value in values)
