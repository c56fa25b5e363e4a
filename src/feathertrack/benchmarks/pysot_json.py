"""The json files of pysot's toolkit as an alternative source of ground truth.

``{sequence: {video_dir, init_rect, img_names, gt_rect, attr}}``, with ``absent`` (1 = present) for
LaSOT and one list of flags a tag for VOT. Pictures are named relative to the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from collections.abc import Sequence as Listed
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.bundled import names_of
from feathertrack.benchmarks.files import Files
from feathertrack.benchmarks.framelist import NamedFrames
from feathertrack.benchmarks.sequence import Flags, Sequence
from feathertrack.benchmarks.truth import same_length
from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.textrows import read_bytes

TAGS = ("camera_motion", "illum_change", "motion_change", "size_change", "occlusion")


@dataclass(frozen=True)
class PysotReader:
    """Reads the sequences of a file, which is parsed once.

    Attributes:
        path: the file.
        origin: number of the first pixel in the benchmark's annotation.
    """

    path: Path
    origin: int

    @cached_property
    def _records(self) -> Mapping[str, Mapping[str, Any]]:
        return read_json(self.path)

    @property
    def names(self) -> tuple[str, ...]:
        """Of its sequences, sorted."""
        return tuple(sorted(self._records))

    def files(self, name: str) -> Files:
        """Where the sequence lies."""
        names = _list(self._records[name], "img_names", self._place(name))
        return Files(truth=self.path, frames=(self.path.parent / str(names[0])).parent)

    def load(self, name: str) -> Sequence:
        """Read its ground truth."""
        record, place = self._records[name], self._place(name)
        names = [str(one) for one in _list(record, "img_names", place)]
        unsafe = [n for n in names if PurePosixPath(n).is_absolute() or ".." in n.split("/")]
        if unsafe:
            raise InputError(f"{place}: {unsafe[0]} lies outside the folder of the file")
        rows = _boxes(_list(record, "gt_rect", place), place)
        frames = NamedFrames(self.path.parent, names)
        truth, cut, notes = same_length(rows, frames, path=self.path)
        width, height = record.get("width"), record.get("height")
        return Sequence(
            name=name,
            frames=cut,
            truth=truth,
            origin=self.origin,
            absent=_absent(record, truth),
            attributes=frozenset(str(one) for one in record.get("attr") or ()),
            frame_attributes={
                tag: _flags(record[tag], length=len(truth)) for tag in TAGS if tag in record
            },
            size_wh=(width, height) if isinstance(width, int) and isinstance(height, int) else None,
            notes=notes,
        )

    def _place(self, name: str) -> str:
        return f"{self.path}, sequence {name}"


def read_json(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """The records of a file by the name of their sequence.

    Raises:
        InputError: it cannot be read, or is not such a file.
    """
    try:
        records = json.loads(read_bytes(path))
    except InputError:  # it cannot be read, which read_bytes has said
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is no JSON: {error}") from None
    if not isinstance(records, dict) or not records:
        raise InputError(f"{path} is no file of pysot: expected {{sequence: {{img_names, ...}}}}")
    for name, record in records.items():
        if not isinstance(record, dict) or not {"img_names", "gt_rect"} <= record.keys():
            raise InputError(f"{path}: {name} has no img_names and gt_rect, as pysot's files do")
    return records


def _list(record: Mapping[str, Any], key: str, place: str) -> Listed[Any]:
    value = record[key]
    if not isinstance(value, list) or not value:
        raise InputError(f"{place}: {key} is not a list with something in it")
    return value


def _boxes(rows: Listed[Any], place: str) -> Boxes:
    longest = max((len(row) for row in rows if isinstance(row, list)), default=0)
    boxes = np.full((len(rows), 4 if longest <= 4 else 8), np.nan)
    for index, row in enumerate(rows):
        try:
            boxes[index, : len(row)] = [np.nan if one is None else one for one in row]
            if len(row) not in (1, 4, 8):
                raise ValueError
        except (TypeError, ValueError):
            raise InputError(
                f"{place}: gt_rect {index} is {str(row)[:40]}, expected 4 or 8 numbers"
            ) from None
        if len(row) == 1:  # a special code: there is no target
            boxes[index] = np.nan
    return boxes


def _absent(record: Mapping[str, Any], truth: Boxes) -> Flags:
    """The file's ``absent`` is 1 where the target is present."""
    nothing: Flags = np.isnan(truth[:, 0])
    given = record.get("absent")
    return nothing if not given else nothing | ~_flags(given, length=len(truth))


def _flags(values: object, *, length: int) -> Flags:
    """Flags padded with false; an empty list, as of ball1 and car1 of VOT2018, has none set."""
    flags = np.zeros(length, np.bool_)
    rows = np.asarray(values if isinstance(values, list) else [], np.float64).reshape(-1)[:length]
    flags[: len(rows)] = rows != 0
    return flags


def open_pysot_json(name: str, path: Path, *, origin: int) -> Benchmark:
    """A benchmark out of a file of pysot's; its sequences are in the order of their names.

    Args:
        name: of the benchmark.
        path: the file.
        origin: number of the first pixel in the benchmark's annotation.

    Raises:
        InputError: no such file, or not one of pysot's.
    """
    reader = PysotReader(path, origin)
    names, bundled = reader.names, names_of(name)
    differing = set(bundled).symmetric_difference(names)
    notes = (
        f"{path} and the list of {name} differ in {len(differing)} sequences, as {min(differing)}",
    )
    return Benchmark(
        name=name,
        tree="pictures under the names that the json file gives them, relative to it",
        root=path.parent,
        names=names,
        reader=reader,
        verified=not differing,
        notes=notes if bundled and differing else (),
    )
