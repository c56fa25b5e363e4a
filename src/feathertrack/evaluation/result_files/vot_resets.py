"""Whether the result of a reset-based run is kept as VOT's protocol says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from feathertrack.errors import InputError
from feathertrack.evaluation.records import Codes
from feathertrack.evaluation.result_files.rows import Remarks
from feathertrack.evaluation.vot.eao import SKIPPED
from feathertrack.evaluation.vot.regions import FAILED, NO_CODE, STARTED, UNKNOWN, Regions


def check_resets(regions: Regions, *, where: Callable[[int], str], remarks: Remarks) -> None:
    """See that a reset-based run is kept as the protocol says.

    It starts with 1; after a failure 2 come four frames of 0, and 1 in the fifth, or the end.
    Later starts are remarked: VOT waits where the target cannot be seen.

    Args:
        regions: of a run.
        where: file and line of a row, from 0.
        remarks: what is tolerated.

    Raises:
        InputError: anything else, with file and line.
    """
    codes = regions.codes
    if not len(codes) or codes[0] != STARTED:
        return  # of another experiment, as scoring says
    failed = -1  # the frame since when the tracker is not running
    for row in np.flatnonzero((codes != NO_CODE) | _after_failures(codes)).tolist()[1:]:
        code, gap = int(codes[row]), row - failed
        if failed < 0:
            if code != FAILED:
                raise InputError(f"{where(row)}: the code {code} without a failure (2) before it")
            failed = row
        elif code in (FAILED, NO_CODE):
            what = "a second failure (2)" if code == FAILED else "a region"
            raise InputError(f"{where(row)}: {what} after a failure, without a start (1) between")
        elif code == STARTED and gap < SKIPPED:
            raise InputError(
                f"{where(row)}: started {gap} frames after a failure, VOT starts {SKIPPED} after"
            )
        elif code == STARTED:
            if gap > SKIPPED:
                remarks.add(f"started over {SKIPPED} frames after a failure", where(row))
            failed = -1


def _after_failures(codes: Codes) -> NDArray[np.bool_]:
    """Regions right behind a 2 or a 0, (n,)."""
    stopped = (codes == FAILED) | (codes == UNKNOWN)
    stopped = np.concatenate([[False], stopped[:-1]])
    return np.asarray(stopped & (codes == NO_CODE))
