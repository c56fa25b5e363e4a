"""Toolkits that hand a tracker the boxes of a file as they are, whichever pixel it calls first."""

from __future__ import annotations

import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError


def shift_of(origin: int) -> Boxes:
    """What to take off a box whose first pixel has the number ``origin``, 0 or 1.

    Raises:
        InputError: another number.
    """
    if origin not in (0, 1):
        raise InputError(f"origin, the number of the first pixel, is 0 or 1, got {origin!r}")
    return np.array([origin, origin, 0.0, 0.0])
