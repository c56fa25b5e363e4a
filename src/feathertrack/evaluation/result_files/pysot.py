"""Result files of pysot: ``<sequence>.txt`` with every digit of a float, VOT's with four.

GOT-10k: ``<sequence>/<sequence>_001.txt`` and ``%.6f`` seconds. VOT: ``baseline/<sequence>/
<sequence>_001.txt``, codes or float32 numbers as ``%.4f``. VOT-LT: ``longterm/<sequence>/``, the
first line 1, with ``_001_confidence.value`` (its first line is blank) and ``_time.txt``.
"""

from __future__ import annotations

from collections.abc import Sequence

from feathertrack.evaluation.records import Record
from feathertrack.evaluation.result_files import vot
from feathertrack.evaluation.result_files.rows import text_of, values_of


def write_flat(records: Sequence[Record]) -> dict[str, str | bytes]:
    """Files of the one run of a sequence; pysot itself writes no times, so theirs are got10k's."""
    (record,) = records
    files: dict[str, str | bytes] = {}
    if record.times is not None:
        files[f"times/{record.sequence}_time.txt"] = text_of(record.times, "%.8f")
    files[f"{record.sequence}.txt"] = text_of(record.boxes, "r")
    return files


def write_nested(records: Sequence[Record]) -> dict[str, str | bytes]:
    """Files of all runs of a sequence of GOT-10k."""
    name = records[0].sequence
    files: dict[str, str | bytes] = {}
    if records[0].times is not None:
        files[f"{name}/{name}_time.txt"] = text_of(records[0].times, "%.6f")
    for record in records:
        files[f"{name}/{name}_{record.repetition:03d}.txt"] = text_of(record.boxes, "r")
    return files


def write_vot(records: Sequence[Record], *, experiment: str) -> dict[str, str | bytes]:
    """Files of all runs of a sequence of VOT's reset experiments.

    The times are in ``.value`` files: pysot takes every file with a 0 in a name that ends in .txt
    for a run.
    """
    name = records[0].sequence
    files: dict[str, str | bytes] = {}
    for record in records:
        stem = f"{experiment}/{name}/{name}_{record.repetition:03d}"
        if record.times is not None:
            files[f"{stem}_time.value"] = values_of(record.times)
        files[f"{stem}.txt"] = vot.regions_text(record.regions, "%.4f", single=True)
    return files


def write_longterm(records: Sequence[Record]) -> dict[str, str | bytes]:
    """Files of the one run of a sequence of VOT-LT."""
    (record,) = records
    name = record.sequence
    stem = f"longterm/{name}/{name}_001"
    files: dict[str, str | bytes] = {}
    if record.scores is not None:
        files[f"{stem}_confidence.value"] = values_of(record.scores, "%.6f")
    if record.times is not None:
        files[f"longterm/{name}/{name}_time.txt"] = values_of(record.times, "%.6f")
    files[f"{stem}.txt"] = vot.regions_text(record.regions, "r")
    return files
