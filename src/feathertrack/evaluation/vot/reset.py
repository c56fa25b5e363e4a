"""Reset-based runs (VOT2013 to 2019): a tracker that loses its target is started again.

The tracker is started in frame 0 (code 1). While its box overlaps the truth it goes on; when it
does not, the frame gets code 2, the next four frames are skipped (code 0), and the tracker is
started on the truth of the fifth.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, TypeVar

import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.vot.eao import SKIPPED
from feathertrack.evaluation.vot.exact_overlap import exact_overlaps
from feathertrack.evaluation.vot.initial_box import BoxRule, initial_box, quad_of_box
from feathertrack.evaluation.vot.region_overlap import region_overlaps
from feathertrack.evaluation.vot.regions import FAILED, STARTED, UNKNOWN, Floats, Regions

_MARGIN = 3.0
"""Rounding corners and cutting nodes moves an edge by less than this, in pixels."""
_LONGEST = 1e5

Image = TypeVar("Image")
_Image = TypeVar("_Image", contravariant=True)
Clock = Callable[[], float]
ResetRuleName = Literal["pysot", "toolkit", "got10k"]


class BoxTracker(Protocol[_Image]):
    """What is run: anybody's tracker."""

    def init(self, image: _Image, box_xywh: Boxes, /) -> object:
        """Start on a box x,y,w,h."""

    def update(self, image: _Image, /) -> object:
        """The box (4,), a polygon (6 and more numbers), or something with such a ``box``."""


@dataclass(frozen=True, kw_only=True)
class ResetRule:
    """How one toolkit runs a tracker.

    Attributes:
        overlap: what must be above 0.
        box: what the tracker is started on.
        narrow: compare with the corners of pixels where the truth is a rectangle.
    """

    overlap: Literal["pysot", "toolkit", "exact"]
    box: BoxRule
    narrow: bool = False


RESET_RULES: dict[ResetRuleName, ResetRule] = {
    "pysot": ResetRule(overlap="pysot", box="pysot", narrow=True),
    "toolkit": ResetRule(overlap="toolkit", box="bounds"),
    "got10k": ResetRule(overlap="exact", box="got10k"),
}


@dataclass(frozen=True, eq=False)
class TrackedRun:
    """What a run yields, for N frames.

    Attributes:
        regions: N regions, specials where the tracker was started, failed or was not shown the
            frame.
        times: (N,) seconds that each call took; NaN where there was none.
    """

    regions: Regions
    times: Floats


def run_with_resets(
    tracker: BoxTracker[Image],
    frame: Callable[[int], Image],
    truth: Regions,
    *,
    size_wh: tuple[int, int],
    rule: ResetRuleName = "pysot",
    clock: Clock = time.perf_counter,
) -> TrackedRun:
    """Run a tracker through a sequence with resets.

    Args:
        tracker: started as often as needed.
        frame: yields the image of a frame, counted from 0; asked for only where it is shown.
        truth: N regions; boxes are handed over and compared in the same coordinates.
        size_wh: of the images.
        rule: whose start box and whose overlap.
        clock: seconds; injected by tests.

    Raises:
        InputError: the truth is empty, or a frame to start in has none.
    """
    if not len(truth):
        raise InputError("a sequence without ground truth cannot be run")
    rows: list[Floats] = []
    times = np.full(len(truth), np.nan)
    start = 0
    for index in range(len(truth)):
        if index < start:
            rows.append(np.array([float(UNKNOWN)]))
            continue
        image = frame(index)
        begin = clock()
        if index == start:
            tracker.init(image, initial_box(truth.row(index), rule=RESET_RULES[rule].box))
            times[index] = clock() - begin
            rows.append(np.array([float(STARTED)]))
            continue
        region = region_of(tracker.update(image))
        times[index] = clock() - begin
        if is_on_target(region, truth.row(index), size_wh=size_wh, rule=rule):
            rows.append(region)
        else:
            rows.append(np.array([float(FAILED)]))
            start = index + SKIPPED
    return TrackedRun(Regions.from_list(rows), times)


def region_of(output: object) -> Floats:
    """The numbers of what a tracker returned: a box, a polygon, or an object with a ``box``.

    Raises:
        InputError: it is none of these.
    """
    try:
        region = np.array(getattr(output, "box", output), dtype=np.float64).reshape(-1)
    except (TypeError, ValueError) as error:
        raise InputError(f"the tracker returned {output!r:.80}, expected a box x,y,w,h") from error
    if len(region) != 4 and (len(region) < 6 or len(region) % 2):
        raise InputError(
            f"the tracker returned {len(region)} numbers, expected 4 (a box) or 6, 8, ... "
            "(a polygon)"
        )
    return region


def is_on_target(
    region: Floats, truth: Floats, *, size_wh: tuple[int, int], rule: ResetRuleName
) -> bool:
    """Whether a region overlaps the truth at all, by the rule's measure, within the image."""
    chosen = RESET_RULES[rule]
    if chosen.narrow and len(truth) == 4:
        truth = quad_of_box(truth)
    if _clearly_share(region, truth, size_wh):
        return True
    one, two = Regions.from_list([region]), Regions.from_list([truth])
    if chosen.overlap == "exact":
        overlap = exact_overlaps(one, two, size_wh=size_wh)[0]
    else:
        overlap = region_overlaps(one, two, size_wh=size_wh, rule=chosen.overlap)[0]
    return bool(overlap > 0)


def _clearly_share(one: Floats, two: Floats, size_wh: tuple[int, int]) -> bool:
    """True only if the middle of one region is a pixel well inside both, whatever the rounding.

    Nearly all frames are decided here, in a hundredth of the time that counting pixels takes.
    """
    if len(one) not in (4, 8) or len(two) not in (4, 8):
        return False
    quads = [_corners(one), _corners(two)]
    for quad in quads:
        x, y = (sum(places) / 4 for places in zip(*quad, strict=True))
        within = _MARGIN < x < size_wh[0] - _MARGIN and _MARGIN < y < size_wh[1] - _MARGIN
        if within and all(_is_well_inside(round(x), round(y), other) for other in quads):
            return True
    return False


def _corners(region: Floats) -> list[tuple[float, float]]:
    numbers = region.tolist()
    if len(numbers) == 4:
        x, y, w, h = numbers
        return [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _is_well_inside(x: float, y: float, quad: list[tuple[float, float]]) -> bool:
    """The point lies on the same side of all four edges, ``_MARGIN`` pixels or more from each."""
    distances = []
    for (x0, y0), (x1, y1) in zip(quad, [*quad[1:], quad[0]], strict=True):
        length = math.hypot(x1 - x0, y1 - y0)
        if not _MARGIN < length < _LONGEST:  # also where a number is NaN
            return False
        distances.append(((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length)
    return min(distances) >= _MARGIN or max(distances) <= -_MARGIN
