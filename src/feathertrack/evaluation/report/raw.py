"""Raw results beside the ground truth, frame by frame, for timelines and pictures.

The overlaps here are to be looked at. Those that scores are made of follow the protocol's rules.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from feathertrack.benchmarks import Sequence as Clip
from feathertrack.boxes import Boxes, iou
from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.gathering import Ground, true_regions
from feathertrack.evaluation.records import Record, TrackerRecords
from feathertrack.evaluation.report.evaluated import Evaluated
from feathertrack.evaluation.scoring import ScoreTable
from feathertrack.evaluation.vot.eao import WINDOWS
from feathertrack.evaluation.vot.exact_overlap import exact_overlaps
from feathertrack.evaluation.vot.multistart import WINDOW
from feathertrack.evaluation.vot.region_overlap import region_overlaps
from feathertrack.evaluation.vot.regions import FAILED, NO_CODE, RegionKind

_SENSITIVITY = 30
"""Frames of a stretch without failure on the axis of VOT's accuracy-robustness plot."""


def evaluated_of(table: ScoreTable, *, config: Mapping[str, str] | None = None) -> Evaluated:
    """A table with what follows from it: robustness as a share, and the window of the EAO."""
    multistart = table.protocol.startswith("vot2020")
    return Evaluated(
        scores=table,
        window=WINDOW if multistart else WINDOWS.get(table.benchmark),
        reliability=_reliability(table, multistart=multistart),
        config=config or {},
    )


def _reliability(table: ScoreTable, *, multistart: bool) -> float | None:
    """exp(-S failures / frames) as the VOT toolkit draws it; multi-start measures it directly."""
    robustness = table.headline.get("robustness")
    if multistart or robustness is None:
        return robustness
    if "reliability" in table.headline:
        return table.headline["reliability"]
    if table.units.get("robustness") == "lost/100 frames":
        return math.exp(-_SENSITIVITY * robustness / 100)
    return None


def with_raw_results(entry: Evaluated, results: TrackerRecords, ground: Ground) -> Evaluated:
    """Add the overlap and the box of every frame of the first run of each sequence."""
    overlaps: dict[str, Floats] = {}
    boxes: dict[str, Boxes] = {}
    for name, runs in results.records.items():
        run = runs[0]
        if run.anchor is not None or run.start or run.name or name not in entry.sequences:
            continue  # no run over the whole sequence
        overlaps[name] = frame_overlaps(run, ground[name])
        shown = np.array(run.boxes, dtype=np.float64)
        if run.codes is not None:
            shown[run.codes != NO_CODE] = np.nan
        boxes[name] = shown
    return replace(entry, overlaps=overlaps, boxes=boxes)


def frame_overlaps(run: Record, clip: Clip) -> Floats:
    """Intersection over union of each frame that both have, (n,).

    0 where the tracker had failed; NaN where the target is absent, and where a reset-based run
    starts or waits for its next start.
    """
    same = min(len(run), len(clip.truth))
    if run.codes is None and run.shapes is None and clip.truth.shape[1] == 4:
        overlap = np.asarray(iou(run.boxes[:same], clip.truth[:same]), dtype=np.float64)
    else:
        size = clip.image_size()
        regions, truth = run.regions[:same], true_regions(clip)[:same]
        masks = (regions.kind == RegionKind.MASK).any() or (truth.kind == RegionKind.MASK).any()
        compare = partial(region_overlaps, rule="toolkit") if masks else exact_overlaps
        overlap = np.array(compare(regions, truth, size_wh=size), dtype=np.float64)
        overlap[regions.codes != NO_CODE] = np.nan
        overlap[regions.codes == FAILED] = 0.0
    absent = clip.absent[:same]
    overlap[: len(absent)][absent] = np.nan
    return overlap
