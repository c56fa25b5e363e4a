"""Result files of the LaSOT toolkit: ``<tracker>_tracking_result/<sequence>.txt``, commas."""

from __future__ import annotations

from collections.abc import Sequence

from feathertrack.evaluation.records import Record
from feathertrack.evaluation.result_files.rows import text_of

FOLDER_ENDING = "_tracking_result"


def write_flat(records: Sequence[Record]) -> dict[str, str | bytes]:
    """The file of the one run of a sequence; LaSOT keeps no times."""
    (record,) = records
    return {f"{record.sequence}.txt": text_of(record.boxes, "r")}


def tracker_of(folder: str) -> str:
    """The tracker whose results a folder holds.

    >>> tracker_of("ATOM_tracking_result")
    'ATOM'
    """
    return folder.removesuffix(FOLDER_ENDING) or folder
