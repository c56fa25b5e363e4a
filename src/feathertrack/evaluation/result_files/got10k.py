"""Result files of the got10k toolkit: ``%.3f`` boxes with commas, ``%.8f`` seconds.

GOT-10k: ``<sequence>/<sequence>_001.txt`` for each run and one ``<sequence>_time.txt`` with a
column for each. OTB and its like: ``<sequence>.txt`` and ``times/<sequence>_time.txt``. VOT:
regions as ``vot`` writes them, and ``%.4f`` seconds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.result_files import vot
from feathertrack.evaluation.result_files.rows import text_of


def write_flat(records: Sequence[Record]) -> dict[str, str | bytes]:
    """Files of the one run of a sequence of OTB and its like, by relative name; times first."""
    (record,) = records
    files: dict[str, str | bytes] = {}
    if record.times is not None:
        files[f"times/{record.sequence}_time.txt"] = text_of(record.times, "%.8f")
    files[f"{record.sequence}.txt"] = text_of(record.boxes, "%.3f")
    return files


def write_nested(records: Sequence[Record]) -> dict[str, str | bytes]:
    """Files of all runs of a sequence of GOT-10k; times first, then runs in order."""
    name = records[0].sequence
    files: dict[str, str | bytes] = {}
    times = time_columns(records)
    if times is not None:
        files[f"{name}/{name}_time.txt"] = text_of(times, "%.8f")
    for record in records:
        files[f"{name}/{name}_{record.repetition:03d}.txt"] = text_of(record.boxes, "%.3f")
    return files


def write_vot(records: Sequence[Record], *, experiment: str) -> dict[str, str | bytes]:
    """Files of all runs of a sequence of VOT."""
    name = records[0].sequence
    folder = f"{experiment}/{name}"
    files: dict[str, str | bytes] = {}
    times = time_columns(records)
    if times is not None:
        files[f"{folder}/{name}_time.txt"] = text_of(times, "%.4f")
    for record in records:
        text = vot.regions_text(record.regions, "%.4f", single=True)
        files[f"{folder}/{name}_{record.repetition:03d}.txt"] = text
    return files


def time_columns(records: Sequence[Record]) -> Floats | None:
    """Seconds (n, runs), NaN where a run is shorter; None where a run has none."""
    columns = [record.times for record in records]
    if any(column is None for column in columns):
        return None
    known = [column for column in columns if column is not None]
    table = np.full((max(map(len, known)), len(known)), np.nan)
    for number, column in enumerate(known):
        table[: len(column), number] = column
    return table
