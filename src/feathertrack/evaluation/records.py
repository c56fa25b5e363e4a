"""Raw results: what a tracker said on a sequence, before anybody scores it.

Boxes are x, y, width, height in the convention of the benchmark's annotation (``Sequence.origin``
numbers the first pixel), because that is what result files hold and what evaluators compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.vot.regions import NO_CODE, Regions

Codes = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """One run of a tracker on one sequence; n rows, one a frame in the order of the run.

    Attributes:
        sequence: as the benchmark names it.
        boxes: (n, 4) as annotated; 0,0,0,0 where ``codes`` says that there is none.
        codes: (n,) VOT: 1 started, 2 failed, 0 unknown, 255 a box; None outside VOT.
        shapes: VOT results that hold polygons or masks, else None.
        times: (n,) seconds, NaN where there is none; None without times.
        scores: (n,) confidences, NaN where there is none; None without.
        repetition: number of the run, from 1.
        anchor: VOT from 2020 on: the frame, from 0, at which the run starts.
        start: frame, from 0, of the first row (TRE).
        name: the displacement of the first box (SRE), else "".
        source: file the rows were read from, "" where they were not.
        line: number, from 1, of the first row in that file; 0 where rows are no lines.
    """

    sequence: str
    boxes: Boxes
    codes: Codes | None = None
    shapes: Regions | None = None
    times: Floats | None = None
    scores: Floats | None = None
    repetition: int = 1
    anchor: int | None = None
    start: int = 0
    name: str = ""
    source: str = ""
    line: int = 1

    def __post_init__(self) -> None:
        if self.boxes.ndim != 2 or self.boxes.shape[1] != 4:
            raise InputError(f"{self.where()}: boxes of shape {self.boxes.shape}, expected (n, 4)")

    def __len__(self) -> int:
        return len(self.boxes)

    def where(self, row: int | None = None) -> str:
        """The file, or the sequence, and the line of a row, for messages."""
        place = self.source or self.sequence
        if row is None:
            return place
        return f"{place}, line {row + self.line}" if self.line else f"{place}, row {row + 1}"

    @cached_property
    def regions(self) -> Regions:
        """The rows as VOT's regions."""
        return self.shapes or Regions.from_boxes(self.boxes, self.codes)


def record_of_regions(sequence: str, regions: Regions, **fields: object) -> Record:
    """A record of regions; ``fields`` are the other attributes of a ``Record``."""
    codes = regions.codes
    simple = bool(np.isin(regions.kind, (0, 1)).all())
    boxes = np.where((codes == NO_CODE)[:, None], regions.boxes_xywh(), 0.0)
    return Record(
        sequence=sequence,
        boxes=boxes,
        codes=codes,
        shapes=None if simple else regions,
        **fields,  # type: ignore[arg-type]
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class TrackerRecords:
    """All that is stored of one tracker on one benchmark.

    Attributes:
        tracker: what to call it.
        format: toolkit whose files they are, or ``memory``.
        experiment: which of VOT's or OTB's experiments, "" where the format has none.
        records: sequence -> its runs, in order.
        place: folder or archive.
        notes: what was unusual, a sentence each.
    """

    tracker: str
    format: str = "memory"
    experiment: str = ""
    records: Mapping[str, tuple[Record, ...]]
    place: str = ""
    notes: tuple[str, ...] = field(default=())
