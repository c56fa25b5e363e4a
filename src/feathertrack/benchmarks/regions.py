"""Regions of VOT: one a line, as a box, a polygon, a mask or a code."""

from __future__ import annotations

from collections.abc import Sequence as Listed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feathertrack.benchmarks.masks import Mask
from feathertrack.benchmarks.sequence import Flags
from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.textrows import ragged_of, read_bytes


@dataclass(frozen=True, kw_only=True, eq=False)
class Regions:
    """The regions of a file.

    Attributes:
        rows: (N, 4), or (N, 8 or more) where there is a polygon; NaN where there is no target.
        absent: (N,) a special code or a NaN stands for the region.
        masks: one a row where there are masks, else None.
    """

    rows: Boxes
    absent: Flags
    masks: tuple[Mask | None, ...] | None = None

    def cut(self, length: int) -> Regions:
        """The first ``length`` of them."""
        return Regions(
            rows=self.rows[:length],
            absent=self.absent[:length],
            masks=None if self.masks is None else self.masks[:length],
        )

    def padded(self, length: int) -> Regions:
        """The same with rows of absent targets up to a length, as the VOT toolkit adds."""
        missing = max(0, length - len(self.rows))
        return Regions(
            rows=np.pad(self.rows, ((0, missing), (0, 0)), constant_values=np.nan),
            absent=np.pad(self.absent, (0, missing), constant_values=True),
            masks=None if self.masks is None else (*self.masks, *(None,) * missing),
        )


def read_regions(path: Path) -> Regions:
    """Read a file of regions.

    1 number is a special code, 4 a box x,y,w,h, 6 or more a polygon, ``m...`` a mask; any NaN makes
    the target absent.

    Raises:
        InputError: a line that is none of these, with the file and the line.
    """
    data = read_bytes(path)
    if b"m" in data:
        return _with_masks(data.decode("utf-8", "replace").splitlines(), path)
    return _numbers(data, path)


def _numbers(data: bytes, path: Path) -> Regions:
    rows, widths = ragged_of(data, name=str(path))
    points = np.flatnonzero(widths == 2)
    if len(points):
        raise InputError(
            f"{path}, row {points[0] + 1}: a point (2 numbers) cannot be scored, as it overlaps "
            "with nothing: boxes, polygons and masks are supported"
        )
    wrong = np.flatnonzero((widths != 1) & ((widths < 4) | (widths % 2 == 1)))
    if len(wrong):
        raise InputError(
            f"{path}, row {wrong[0] + 1}: {widths[wrong[0]]} numbers are no region: expected "
            "1 (a code), 4 (a box) or 6, 8, ... (a polygon)"
        )
    columns = np.arange(rows.shape[1])
    absent = (widths == 1) | (np.isnan(rows) & (columns < widths[:, None])).any(1)
    full = np.full((len(rows), 8 if 4 < rows.shape[1] < 8 else max(4, rows.shape[1])), np.nan)
    full[:, : rows.shape[1]] = rows
    full[absent] = np.nan
    return Regions(rows=full, absent=absent)


def _with_masks(lines: Listed[str], path: Path) -> Regions:
    masks: list[Mask | None] = []
    others: list[str] = []
    for number, line in enumerate((one for one in lines if one.strip()), start=1):
        masked = line.lstrip().startswith("m")
        try:
            masks.append(Mask.parse(line) if masked else None)
        except InputError as error:
            raise InputError(f"{path}, row {number}: {error}") from None
        others.append("0" if masked else line)
    regions = _numbers("\n".join(others).encode(), path)
    rows, absent = regions.rows, regions.absent
    for index, mask in enumerate(masks):
        if mask is not None:
            rows[index, :4] = mask.box_xywh()
            absent[index] = np.isnan(rows[index, 0])
    return Regions(rows=rows, absent=absent, masks=tuple(masks))
