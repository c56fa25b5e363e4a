"""Result files of OTB's own python code: a JSON list of runs for each sequence.

A run is ``{seqName, startFrame, endFrame, resType, res}``. ``rect`` is x,y,w,h; the other types
describe a transformed template of ``tmplsize``, and their box goes from corner 0, cut down to whole
numbers, to corner 2. TRE holds a run for each start, SRE one for each displaced box.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.records import Record

_LARGEST = 64 * 2**20


def records_of(data: bytes, *, name: str, sequence: str, first_frame: int = 1) -> list[Record]:
    """The runs of one sequence.

    Args:
        data: the file.
        name: of the file, for messages.
        sequence: as the benchmark names it.
        first_frame: number of the sequence's first frame, which ``startFrame`` counts from.

    Raises:
        InputError: the file is no such list, or a run is of a type whose box is not defined.
    """
    if len(data) > _LARGEST:
        raise InputError(f"{name} is over {_LARGEST >> 20} MiB, too large for results")
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is no JSON: {error}") from None
    runs = [content] if isinstance(content, dict) else content
    if not isinstance(runs, list) or not runs or not all(isinstance(run, dict) for run in runs):
        raise InputError(f"{name} is no list of runs with resType and res")
    records = []
    for number, run in enumerate(runs, 1):
        where = f"{name}, run {number}"
        boxes = boxes_of_run(run, where=where)
        start = run.get("startFrame")
        records.append(
            Record(
                sequence=sequence,
                boxes=boxes,
                repetition=number,
                start=max(int(start) - first_frame, 0) if isinstance(start, int | float) else 0,
                name=str(run.get("shiftType") or run.get("shiftTypeSet") or ""),
                source=where,
                line=0,
            )
        )
    return records


def boxes_of_run(run: Mapping[str, Any], *, where: str) -> Boxes:
    """Boxes (n, 4) of a run of any type.

    Raises:
        InputError: a field is missing or of another shape, or the type has no box.
    """
    kind = run.get("resType", run.get("type"))
    try:
        rows = np.asarray(run["res"], dtype=np.float64)
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{where}: res is missing or holds something that is no number") from None
    if kind == "rect":
        if rows.ndim != 2 or rows.shape[1] != 4 or not len(rows):
            raise InputError(f"{where}: res has the shape {rows.shape}, expected (frames, 4)")
        return rows
    if kind in ("4corner", "affine"):
        if rows.size == 0 or rows.shape[-1] < 3 or rows.size % (2 * rows.shape[-1]):
            raise InputError(f"{where}: res of {kind} must be two rows of corners for each frame")
        return _box_of_corners(rows.reshape(-1, 2, rows.shape[-1]).swapaxes(1, 2))
    corners = _CORNERS.get(str(kind))
    if corners is None:
        known = ", ".join(["rect", "4corner", "affine", *_CORNERS])
        raise InputError(f"{where}: resType {kind!r} has no defined box; known are {known}")
    numbers, function = corners
    size = np.asarray(run.get("tmplsize", ()), dtype=np.float64).reshape(-1)
    if rows.ndim != 2 or rows.shape[1] != numbers or len(size) != 2:
        raise InputError(f"{where}: {kind} needs tmplsize and {numbers} numbers a frame")
    return _box_of_corners(function(rows, size))


def _iv_affine(p: Boxes, size_wh: Boxes) -> Boxes:
    w, h = size_wh
    x = np.array([-w / 2, w / 2, w / 2, -w / 2])
    y = np.array([-h / 2, -h / 2, h / 2, h / 2])
    return np.stack(
        [
            p[:, 0:1] + p[:, 2:3] * x + p[:, 3:4] * y,
            p[:, 1:2] + p[:, 4:5] * x + p[:, 5:6] * y,
        ],
        axis=2,
    )


def _l1_affine(p: Boxes, size_wh: Boxes) -> Boxes:
    x, y = _from_one(size_wh)
    return np.stack(
        [
            p[:, 2:3] * x + p[:, 3:4] * y + p[:, 5:6],
            p[:, 0:1] * x + p[:, 1:2] * y + p[:, 4:5],
        ],
        axis=2,
    )


def _similarity(p: Boxes, size_hw: Boxes) -> Boxes:
    x, y = _from_one(size_hw[::-1])
    cos, sin, scale = np.cos(p[:, 1:2]), np.sin(p[:, 1:2]), p[:, 0:1]
    return np.stack(
        [scale * (cos * x - sin * y) + p[:, 2:3], scale * (sin * x + cos * y) + p[:, 3:4]], axis=2
    )


def _from_one(size_wh: Boxes) -> tuple[Boxes, Boxes]:
    w, h = size_wh
    return np.array([1.0, w, w, 1.0]), np.array([1.0, 1.0, h, h])


_CORNERS = {"ivtAff": (6, _iv_affine), "L1Aff": (6, _l1_affine), "SIMILARITY": (4, _similarity)}


def _box_of_corners(corners_N42: Boxes) -> Boxes:
    """From corner 0, cut down to whole numbers, to corner 2."""
    corner = np.floor(corners_N42[:, 0])
    return np.concatenate([corner, corners_N42[:, 2] - corners_N42[:, 0]], axis=1)


def write_flat(records: Sequence[Record], *, first_frame: int = 1) -> dict[str, str | bytes]:
    """The file of all runs of a sequence, by relative name."""
    runs = [
        {
            "seqName": record.sequence,
            "startFrame": first_frame + record.start,
            "endFrame": first_frame + record.start + len(record) - 1,
            "resType": "rect",
            "type": "rect",
            "shiftType": record.name,
            "fps": _pace(record),
            "res": record.boxes.tolist(),
        }
        for record in records
    ]
    return {f"{records[0].sequence}.json": json.dumps(runs, allow_nan=True) + "\n"}


def _pace(record: Record) -> float | None:
    if record.times is None:
        return None
    total = float(np.nansum(record.times))
    return len(record) / total if total > 0 and math.isfinite(total) else None
