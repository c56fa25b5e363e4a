"""Overlap of regions where some pixels do not count: the ``_ignore`` masks of VOT2020 and later."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.raster_rules import Shapes, Windows
from feathertrack.evaluation.vot.region_overlap import (
    RULES,
    Rule,
    image_sizes,
    paint,
    region_overlaps,
)
from feathertrack.evaluation.vot.regions import Flags, Regions
from feathertrack.evaluation.vot.spans import spans_of_boxes


def overlaps_without(
    first: Regions, second: Regions, ignore: Regions, *, size_wh: ArrayLike
) -> NDArray[np.float64]:
    """Overlap by the VOT toolkit's pixels, those of ``ignore`` left out of both regions, (N,).

    Raises:
        InputError: there are not N regions of each, or one of them is a point.
    """
    if not len(first) == len(second) == len(ignore):
        raise InputError(
            f"{len(first)} and {len(second)} regions with {len(ignore)} to be ignored; "
            "expected as many of each"
        )
    rule = RULES["toolkit"]
    overlaps = np.asarray(region_overlaps(first, second, size_wh=size_wh, rule="toolkit"))
    one, two, without = (rule.shapes(regions) for regions in (first, second, ignore))
    windows = rule.windows(one, two, image_sizes(size_wh, len(first)))
    for index in np.flatnonzero(windows.is_open & ~ignore.is_empty()):
        here = np.array([index])
        a, b, skip = (_bitmap(s[here], windows[here], rule) for s in (one, two, without))
        union = np.count_nonzero((a | b) & ~skip)
        overlaps[index] = np.count_nonzero(a & b & ~skip) / union if union else 0.0
    return np.asarray(overlaps, dtype=np.float64)


def _bitmap(shape: Shapes, window: Windows, rule: Rule) -> Flags:
    """Pixels of one shape in its window, which the image bounds."""
    if shape.is_box[0]:
        spans = spans_of_boxes(rule.boxes(shape, window))
    else:
        spans, _ = paint(shape, window, rule)
    width, height = window.last[0] + 1
    pixels = np.zeros((height, width), dtype=np.bool_)
    for piece, top in enumerate(spans.top):
        rows = range(spans.start[piece], spans.start[piece + 1])
        for y, row in enumerate(rows, start=int(top)):
            if 0 <= y < height:
                pixels[y, spans.left[row] : spans.right[row] + 1] = True
    return pixels
