"""Overlap and distances of every frame, with the rounding of each toolkit.

Which side of a threshold a frame falls on may hang on the last bit, so the order of operations is
part of a convention: it is not simplified here.

Shapes: M frames; boxes by column, (4, M).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.ope.convention import Convention, FrameRule
from feathertrack.evaluation.ope.frames import Frames, Mask


@dataclass(frozen=True, kw_only=True, eq=False)
class FrameMeasures:
    """What the curves are counted from; one value a frame that was not dropped.

    Attributes:
        frames: the boxes, and the sequence and number of each frame.
        overlap: (M,) from 0 to 1; -1 where the true box is not usable; NaN where a box holds one.
        distance: (M,) between the centres, in pixels.
        normalised_distance: (M,) in true sizes; None where the toolkit has none.
        usable: (M,) the true box is usable for the overlap.
    """

    frames: Frames
    overlap: Floats
    distance: Floats
    normalised_distance: Floats | None
    usable: Mask


def measure_frames(frames: Frames, convention: Convention) -> FrameMeasures:
    """Overlap, distance and normalised distance of every frame."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        usable = _frames_of(convention.overlap_frames, frames.truth_4M, None)
        if convention.absent_unusable and frames.absent is not None:
            usable &= ~frames.absent
        overlap = _OVERLAPS[convention.overlap](frames.track_4M, frames.truth_4M, convention)
        overlap[~usable] = -1.0
        track, truth = _centers(frames.track_4M, convention), _centers(frames.truth_4M, convention)
        return FrameMeasures(
            frames=frames,
            overlap=overlap,
            distance=_distance(track, truth, frames, convention),
            normalised_distance=_normalised_distance(track, truth, frames, convention),
            usable=usable,
        )


def overlap_of_corners(track_4M: Floats, truth_4M: Floats, convention: Convention) -> Floats:
    """Intersection over union of continuous boxes (pysot, got10k)."""
    x, y, w, h = track_4M
    true_x, true_y, true_w, true_h = truth_4M
    width = np.minimum(x + w, true_x + true_w) - np.maximum(x, true_x)
    height = np.minimum(y + h, true_y + true_h) - np.maximum(y, true_y)
    shared = np.maximum(width, 0, out=width) * np.maximum(height, 0, out=height)
    return _ratio(shared, w * h + true_w * true_h, convention)


def overlap_of_pixels(track_4M: Floats, truth_4M: Floats, convention: Convention) -> Floats:
    """The same through the last pixel of each box, x + w - 1 (OTB, LaSOT, pytracking)."""
    x, y, w, h = track_4M
    true_x, true_y, true_w, true_h = truth_4M
    width = np.minimum(x + w - 1, true_x + true_w - 1) - np.maximum(x, true_x) + 1
    height = np.minimum(y + h - 1, true_y + true_h - 1) - np.maximum(y, true_y) + 1
    shared = np.maximum(width, 0, out=width) * np.maximum(height, 0, out=height)
    return _ratio(shared, w * h + true_w * true_h, convention)


def overlap_in_float32(track_4M: Floats, truth_4M: Floats, convention: Convention) -> Floats:
    """The same from corners in float32, with a union of at least 1e-6 (mmdet, mmtracking)."""
    left, top, right, bottom = _corners32(track_4M)
    true_left, true_top, true_right, true_bottom = _corners32(truth_4M)
    zero = np.float32(0)
    width = np.maximum(np.minimum(right, true_right) - np.maximum(left, true_left), zero)
    height = np.maximum(np.minimum(bottom, true_bottom) - np.maximum(top, true_top), zero)
    shared = width * height
    area = (right - left) * (bottom - top)
    true_area = (true_right - true_left) * (true_bottom - true_top)
    union = np.maximum(area + true_area - shared, np.float32(1e-6))
    return np.asarray(shared / union, dtype=np.float64)


_OVERLAPS = {
    "corners": overlap_of_corners,
    "pixels": overlap_of_pixels,
    "float32": overlap_in_float32,
}


def _corners32(boxes_4M: Floats) -> tuple[NDArray[np.float32], ...]:
    x, y, w, h = boxes_4M
    return tuple(side.astype(np.float32) for side in (x, y, x + w, y + h))


def _ratio(shared: Floats, areas: Floats, convention: Convention) -> Floats:
    union = np.subtract(areas, shared, out=areas)
    if convention.union_added:
        union += convention.union_added
    ratio = np.divide(shared, union, out=union)
    return np.clip(ratio, 0.0, 1.0, out=ratio) if convention.overlap_clipped else ratio


def _centers(boxes_4M: Floats, convention: Convention) -> Floats:
    """(2, M), a constant apart between toolkits."""
    corner, size = boxes_4M[:2], boxes_4M[2:]
    if convention.center == "size":
        return (corner + (corner + size)) / 2
    return corner + (size - 1) / 2


def _frames_of(rule: FrameRule, truth_4M: Floats, center_2M: Floats | None) -> Mask:
    """(M,) which true boxes a rule accepts; a NaN is never accepted but by ``any``."""
    if rule == "any":
        return np.ones(truth_4M.shape[1], dtype=bool)
    x, y, w, h = truth_4M
    if rule == "sized":
        accepted = (w > 0) & (h > 0)
    elif rule == "cornered":
        accepted = (x + w > x) & (y + h > y)
    elif rule == "positive":
        accepted = (x > 0) & (y > 0) & (w > 0) & (h > 0)
    else:
        assert center_2M is not None, "the rule 'centered' needs centres"
        accepted = (center_2M[0] > 0) & (center_2M[1] > 0)
    return np.asarray(accepted, dtype=bool)


def _distance(track_2M: Floats, truth_2M: Floats, frames: Frames, convention: Convention) -> Floats:
    distance = _length(track_2M - truth_2M)
    if convention.distance_decimals is not None:
        np.round(distance, convention.distance_decimals, out=distance)
    measured = _frames_of(convention.distance_frames, frames.truth_4M, truth_2M)
    distance[~measured] = convention.distance_otherwise
    if convention.absent_unusable and frames.absent is not None:
        distance[frames.absent] = np.inf
    return distance


def _normalised_distance(
    track_2M: Floats, truth_2M: Floats, frames: Frames, convention: Convention
) -> Floats | None:
    if convention.normalised is None:
        return None
    size = frames.truth_4M[2:]
    if convention.center == "size":  # from corners, as the centres are
        size = (frames.truth_4M[:2] + size) - frames.truth_4M[:2]
    if convention.normalised == "difference":
        distance = _length((track_2M - truth_2M) / np.maximum(1.0, size))
    else:
        divisor = size + 1e-16 if convention.normalised == "divided_eps" else size
        track_2M, truth_2M = track_2M / divisor, truth_2M / divisor
        distance = _length(track_2M - truth_2M)
    measured = _frames_of(convention.normalised_frames, frames.truth_4M, truth_2M)
    distance[~measured] = convention.normalised_otherwise
    if convention.absent_unusable and frames.absent is not None:
        distance[frames.absent] = np.inf
    return distance


def _length(difference_2M: Floats) -> Floats:
    squares = np.square(difference_2M, out=difference_2M)
    total = np.add(squares[0], squares[1], out=squares[0])
    return np.asarray(np.sqrt(total, out=total))
