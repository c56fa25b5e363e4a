"""A ground truth whose pixels are found once and then compared with any number of trackers."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.raster_rules import RuleName, Shapes, Windows
from feathertrack.evaluation.vot.region_overlap import (
    RULES,
    Overlaps,
    box_areas,
    image_sizes,
    overlaps_of_shapes,
    paint,
)
from feathertrack.evaluation.vot.regions import Flags, Integers, Regions
from feathertrack.evaluation.vot.spans import Spans


class CachedTruth:
    """N regions of a ground truth in images of known sizes, prepared for one overlap rule.

    ``overlaps`` gives exactly what ``region_overlap.region_overlaps`` gives. It is fast where the
    truth is a polygon or mask and the result a rectangle, which is nearly always.
    """

    def __init__(self, regions: Regions, *, size_wh: ArrayLike, rule: RuleName = "pysot") -> None:
        self.regions = regions
        self.size_wh = image_sizes(size_wh, len(regions))
        self.rule_name = rule
        self._rule = RULES[rule]

    @cached_property
    def _shapes(self) -> Shapes:
        return self._rule.shapes(self.regions)

    @cached_property
    def _painted(self) -> tuple[Spans, Flags, Integers]:
        """Pixels of all that is no rectangle in the whole image, which are fragile, areas."""
        count = len(self.regions)
        image = Windows(
            origin=np.zeros((count, 2), dtype=np.int64),
            last=self._rule.last_pixel(self.size_wh),
            value=np.zeros(count),
            is_open=np.ones(count, dtype=np.bool_),
        )
        spans, fragile = paint(self._shapes, image, self._rule)
        return spans, fragile, spans.areas()

    def overlaps(self, results: Regions) -> Overlaps:
        """Overlap of each region with a result in the image's bounds (w, h), shape (N,).

        Raises:
            InputError: there are not N results, or one of a kind that the rule cannot compare.
        """
        return self._overlaps(self._checked(results))

    def overlaps_twice(self, results: Regions) -> tuple[Overlaps, Overlaps]:
        """Overlaps in the bounds (w, h) and in (w - 1, h - 1).

        pysot takes the first for accuracy and the second for the expected average overlap. They
        differ only where a region reaches the right or lower border, so that is all that is
        counted twice.

        Raises:
            InputError: as ``overlaps``.
        """
        shapes = self._checked(results)
        whole = self._overlaps(shapes)
        reach = np.fmax(self._shapes.outline[:, 2:], shapes.outline[:, 2:])
        index = np.flatnonzero((np.ceil(reach) >= self._rule.last_pixel(self.size_wh)).any(axis=1))
        less = whole.copy()
        less[index] = overlaps_of_shapes(
            self._shapes[index], shapes[index], self.size_wh[index] - 1, self._rule
        )
        return whole, less

    def _checked(self, results: Regions) -> Shapes:
        if len(results) != len(self.regions):
            raise InputError(f"{len(results)} results for {len(self.regions)} frames of truth")
        return self._rule.shapes(results)

    def _overlaps(self, results: Shapes) -> Overlaps:
        rule, truth = self._rule, self._shapes
        windows = rule.windows(truth, results, self.size_wh)
        spans, fragile, area = self._painted
        quick = windows.is_open & results.is_box & ~truth.is_box
        quick &= ~(fragile & (windows.origin[:, 0] > 0))
        boxes = rule.boxes(results, windows) + np.tile(windows.origin, 2)
        boxes[~quick] = (0, 0, -1, -1)
        shared = spans.shared_with_boxes(boxes)
        value = windows.value.copy()
        value[quick] = rule.ratio(shared, area + box_areas(boxes) - shared)[quick]
        index = np.flatnonzero(windows.is_open & ~quick)
        value[index] = overlaps_of_shapes(truth[index], results[index], self.size_wh[index], rule)
        return value
