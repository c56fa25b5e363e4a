"""Result files of pytracking: whole numbers, cut toward zero, between tabs; ``%f`` seconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.records import Record
from feathertrack.evaluation.result_files.rows import text_of


def write_flat(records: Sequence[Record]) -> dict[str, str | bytes]:
    """Files of the one run of a sequence, by relative name; times and scores first.

    Raises:
        InputError: a box is not finite, which no whole number can say.
    """
    (record,) = records
    files: dict[str, str | bytes] = {}
    if record.times is not None:
        files[f"{record.sequence}_time.txt"] = text_of(record.times, "%f")
    if record.scores is not None:
        files[f"{record.sequence}_object_presence_scores.txt"] = text_of(record.scores, "%.2f")
    if not np.isfinite(record.boxes).all():
        row = int((~np.isfinite(record.boxes)).any(axis=1).argmax())
        raise InputError(
            f"{record.sequence}, frame {row + 1}: a box with NaN cannot be written in pytracking's "
            "whole numbers; use --format pysot"
        )
    files[f"{record.sequence}.txt"] = text_of(truncated(record.boxes), "%d", separator="\t")
    return files


def truncated(boxes: Boxes) -> Boxes:
    """Boxes as this format keeps them: up to a pixel is lost.

    >>> truncated(np.array([[-1.7, 2.9, 3.0, 4.5]]))
    array([[-1.,  2.,  3.,  4.]])
    """
    return np.trunc(boxes)
