"""Boxes as regions of the TraX protocol, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from feathertrack.boxes import Boxes


def bounds(region: Any) -> Boxes | None:
    """The bounding box (x, y, w, h) of a TraX region; None for one that has no area."""
    box: tuple[float, float, float, float] | None = None
    if region.type == "rectangle":
        box = region.bounds()
    elif region.type == "polygon":
        corners = np.array([region.get(i) for i in range(region.size())], dtype=np.float64)
        box = (*corners.min(axis=0), *np.ptp(corners, axis=0))
    elif region.type == "mask":
        mask = np.asarray(region.array(normalize=True))
        rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
        if rows.size:
            left, right, top, bottom = columns[0], columns[-1], rows[0], rows[-1]
            box = (float(left), float(top), float(right - left + 1), float(bottom - top + 1))
    if box is None or not np.isfinite(box).all() or box[2] <= 0 or box[3] <= 0:
        return None
    return np.array(box, dtype=np.float64)


def region_of(trax: Any, box_xywh: Boxes, formats: list[str], shape: tuple[int, ...]) -> Any:
    """A box in the first of these forms that a program takes: rectangle, polygon, mask."""
    x, y, w, h = box_xywh.tolist()
    if "rectangle" in formats:
        return trax.Rectangle.create(x, y, w, h)
    if "polygon" in formats:
        return trax.Polygon.create([(x, y), (x + w, y), (x + w, y + h), (x, y + h)])
    mask = np.zeros(shape[:2], np.uint8)
    left, top = max(round(x), 0), max(round(y), 0)
    mask[top : max(round(y + h), top + 1), left : max(round(x + w), left + 1)] = 1
    return trax.Mask.create(mask)
