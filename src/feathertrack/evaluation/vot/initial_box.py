"""The upright box that a tracker is started on, from the region that the ground truth holds.

Each toolkit makes another one of a rotated rectangle. All boxes are as annotated, never shifted.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from feathertrack.benchmarks.sequence import start_box
from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.vot.regions import Floats

BoxRule = Literal["pysot", "got10k", "bounds"]
"""``pysot`` and ``got10k``: the polygon's proportions and area; ``bounds``: around its corners."""


def initial_box(region: Floats, *, rule: BoxRule = "pysot") -> Boxes:
    """Box x,y,w,h (4,) of a region of 4 numbers (a rectangle) or 6 and more (a polygon).

    pysot and got10k agree on the centre and the size, which is one pixel larger than the polygon;
    pysot puts the corner (w - 1) / 2 from the centre and got10k w / 2.

    Raises:
        InputError: a special, a point or a mask, or a number that is not finite.

    >>> initial_box(np.array([0.0, 0, 9, 0, 9, 9, 0, 9]), rule="got10k")
    array([-0.5, -0.5, 10. , 10. ])
    """
    values = np.asarray(region, dtype=np.float64).reshape(-1)
    if len(values) not in (4, 6) and (len(values) < 8 or len(values) % 2):
        raise InputError(f"a region of {len(values)} numbers cannot start a tracker")
    if not np.isfinite(values).all():
        raise InputError("a region with a number that is not finite cannot start a tracker")
    if len(values) == 4:
        return values.copy()
    if rule == "bounds":
        corners = values.reshape(-1, 2)
        low = corners.min(axis=0)
        return np.concatenate([low, corners.max(axis=0) - low])
    box = start_box(values, origin=0)
    if rule == "got10k":
        box[:2] -= 0.5
    return box


def quad_of_box(box_xywh: Boxes) -> Floats:
    """Corners (8,) of the pixels of a rectangle: pysot compares with these while it runs a tracker.

    It is one pixel narrower and lower than what pysot's evaluation makes of the same rectangle.

    >>> quad_of_box(np.array([2.0, 3, 10, 5]))
    array([ 2.,  3.,  2.,  7., 11.,  7., 11.,  3.])
    """
    x, y, w, h = box_xywh
    right, bottom = x + w - 1, y + h - 1
    return np.array([x, y, x, bottom, right, bottom, right, y])
