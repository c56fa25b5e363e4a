"""Measures of VOTS (VOT from 2023 on): one run per object, which may be absent and must say so.

Every frame in which the truth is known is one of five cases: tracked, missed (nothing reported),
failed (reported elsewhere), and, where the object is absent, rightly nothing or a hallucination.
Source of the rules: VOT toolkit 0.8. Shapes: L frames of one object.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.region_overlap import region_overlaps
from feathertrack.evaluation.vot.regions import Flags, Floats, Regions

ABSENT_FRAMES = 10
"""Saying nothing is measured for objects that are absent in more known frames than this."""


@dataclass(frozen=True, kw_only=True)
class VotsScore:
    """What one object, a sequence or all sequences score; NaN where it is not defined.

    Attributes:
        accuracy: mean overlap where there is any; the start counts with 0.
        robustness: share of the frames with the object in which it is tracked.
        not_reported: share of them in which nothing is reported (NRE).
        drift: share of them in which something else is reported (DRE).
        absence: share of the frames without the object in which nothing is reported (ADQ).
    """

    accuracy: float
    robustness: float
    not_reported: float
    drift: float
    absence: float


def score_run(
    results: Regions, truth: Regions, *, size_wh: tuple[int, int], known: Flags | None = None
) -> VotsScore:
    """Score a run by the toolkit's pixels.

    Args:
        results: L regions; the first is the special of the start.
        truth: L regions, empty where the object is absent.
        size_wh: of the images.
        known: (L,) False where the truth says nothing; all True by default.

    Raises:
        InputError: the numbers of regions differ.
    """
    overlaps = region_overlaps(results, truth, size_wh=size_wh, rule="toolkit")
    return score_object(
        np.asarray(overlaps, dtype=np.float64),
        truth_empty=truth.is_empty(),
        result_empty=results.is_empty(),
        known=known,
    )


def score_object(
    overlaps: Floats, *, truth_empty: Flags, result_empty: Flags, known: Flags | None = None
) -> VotsScore:
    """Score the frames of one object, (L,) each; the first frame is the start.

    >>> nothing = np.array([False, False, False])
    >>> start = np.array([True, False, False])
    >>> score = score_object(np.array([0, 0.8, 0]), truth_empty=nothing, result_empty=start)
    >>> score.accuracy, round(score.robustness, 3), round(score.drift, 3)
    (0.4, 0.333, 0.333)
    """
    counts = np.ones(len(overlaps), dtype=np.bool_) if known is None else known
    present, absent = counts & ~truth_empty, counts & truth_empty
    tracked = present & (overlaps > 0)
    averaged = tracked.copy()
    averaged[:1] = present[:1]
    num_present = _count(present)
    num_absent = _count(absent)
    missed = present & ~tracked & result_empty
    return VotsScore(
        accuracy=_share(float(overlaps[averaged].sum()), _count(averaged)),
        robustness=_share(_count(tracked), num_present),
        not_reported=_share(_count(missed), num_present),
        drift=_share(_count(present & ~tracked & ~result_empty), num_present),
        absence=_share(
            _count(absent & result_empty), num_absent if num_absent > ABSENT_FRAMES else 0
        ),
    )


def mean_score(scores: Sequence[VotsScore]) -> VotsScore:
    """Mean over the objects of a sequence, or over sequences; what is not defined is left out.

    Raises:
        InputError: there is none.
    """
    if not scores:
        raise InputError("no object was scored, so there is no mean")
    means = {}
    for field in fields(VotsScore):
        values = np.array([getattr(score, field.name) for score in scores])
        means[field.name] = _share(float(np.nansum(values)), _count(~np.isnan(values)))
    return VotsScore(**means)


def _share(part: float, whole: int) -> float:
    return part / whole if whole else float("nan")


def _count(flags: Flags) -> int:
    return int(np.count_nonzero(flags))
