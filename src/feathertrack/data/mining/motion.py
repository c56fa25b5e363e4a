"""What moves by itself in a video whose camera may move too.

Dense optical flow there and back, less the motion of one plane, which RANSAC finds.

Shapes: H W of the frames.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.data.mining.regions import Labels, Mask
from feathertrack.video.frames import Image

Flow = NDArray[np.float32]

_GRID = 8  # pixels between the places by which the plane is found
_PLANE = 1.0  # pixels that they may be off it
_SLOWEST = 1.0  # pixels of motion against the plane
_ABOVE_USUAL = 2.5  # times the median motion against the plane, where parallax is everywhere
_ROUNDS_OFF = 5  # pixels: thinner parts of what moves are left out
_MOVING_SHARE = 0.5  # of the pixels of a segment
_AROUND, _LEAST_AROUND = 0.2, 6  # of a region's side, and pixels: how far its surroundings reach


def own_motion(first: Image, second: Image) -> NDArray[np.float32]:
    """How far each pixel of the first frame moves against the scene, (H, W), in units.

    From 1 on it moves. It is 0 where the flow there and back disagree, as where a pixel is covered.

    Args:
        first: RGB frame (H, W, 3).
        second: a frame a little later.
    """
    grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (first, second)]
    if min(grey[0].shape) < 2 * _GRID:
        return np.zeros(grey[0].shape, np.float32)
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    there = np.asarray(flow.calc(grey[0], grey[1], None), np.float32)
    back = np.asarray(flow.calc(grey[1], grey[0], None), np.float32)
    agree = _agree(there, back)
    motion = np.linalg.norm(there - _plane(there, agree), axis=-1)
    least = max(_SLOWEST, _ABOVE_USUAL * float(np.median(motion)))
    return np.where(agree, motion / least, 0).astype(np.float32)


def _agree(there: Flow, back: Flow) -> Mask:
    height, width = there.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    landed = cv2.remap(
        back,
        columns + there[..., 0],
        rows + there[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(1e3, 1e3),  # what leaves the frame does not come back
    )
    gap = np.linalg.norm(there + landed, axis=-1)
    return np.asarray(gap < 1 + 0.1 * np.linalg.norm(there, axis=-1))


def _plane(flow: Flow, agree: Mask) -> NDArray[Any]:
    """The motion that a plane would have which moves as most of the scene does, (H, W, 2)."""
    height, width = flow.shape[:2]
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    places = np.stack([columns, rows], axis=-1)
    some = np.s_[_GRID // 2 :: _GRID, _GRID // 2 :: _GRID]
    known = agree[some]
    if known.sum() < 8:
        return np.zeros_like(flow)
    start = places[some][known]
    plane, _ = cv2.findHomography(start, start + flow[some][known], cv2.RANSAC, _PLANE)
    if plane is None:
        return np.zeros_like(flow)
    landed = cv2.perspectiveTransform(places.reshape(1, -1, 2), plane)
    return np.asarray(landed.reshape(height, width, 2) - places)


def moving_segments(motion: NDArray[np.float32], labels: Labels) -> Mask:
    """The segments that move for the most part, (H, W); thin parts are left out.

    Segments end where colours do: the outline of the flow alone is some pixels off.
    """
    moves = (motion > 1).astype(np.uint8)
    square = np.ones((_ROUNDS_OFF, _ROUNDS_OFF), np.uint8)
    moves = cv2.morphologyEx(moves, cv2.MORPH_OPEN, square)
    own = labels.ravel()
    share = np.bincount(own, weights=moves.ravel()) / np.maximum(np.bincount(own), 1)
    whole = (share > _MOVING_SHARE)[labels].astype(np.uint8)
    return np.asarray(cv2.morphologyEx(whole, cv2.MORPH_OPEN, square), np.bool_)


def stands_out(motion: NDArray[np.float32], mask: Mask) -> float:
    """How much more of a region moves than of what surrounds it, -1 to 1.

    Part of a moving thing has the rest of it beside it, and so less than the whole.
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    around = max(round(_AROUND * np.sqrt(len(rows) * len(columns))), _LEAST_AROUND)
    top, left = max(int(rows[0]) - around, 0), max(int(columns[0]) - around, 0)
    window = np.s_[top : rows[-1] + around + 1, left : columns[-1] + around + 1]
    inside = mask[window]
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * around + 1, 2 * around + 1))
    outside = (cv2.dilate(inside.astype(np.uint8), disc) > 0) & ~inside
    moves = motion[window] > 1
    return float(moves[inside].mean()) - float(moves[outside].mean() if outside.any() else 1.0)
