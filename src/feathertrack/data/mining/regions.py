"""Regions of a picture that end on all sides, as things do and ground does not.

The picture is segmented at several scales (Felzenszwalb and Huttenlocher 2004, as OpenCV has it).
A segment counts for a thing as far as its colours differ from those around it along its whole
outline: it is judged by the parts of its outline where they differ least.

Shapes: H W of the picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.video.frames import Image

Mask = NDArray[np.bool_]
Labels = NDArray[np.int32]

SCALES = (60, 130, 280, 600)
"""Of the segmentation: the larger, the larger the segments."""

_SMALLEST_SEGMENT = 100  # pixels
_SMALLEST_SIDE = 16.0  # pixels, the root of the box's area
_THINNEST = 10  # pixels of the shorter side
_LARGEST_SIDE = 0.45  # of the frame's, so too
_LONGEST_SIDE = 0.75  # of the frame's same side
_MOST_ELONGATED = 4.0
_FEWEST_FILLED = 0.35  # of the pixels of the box
_MARGIN = 2  # pixels to the border of the frame, which hides the rest of what touches it

_INSIDE, _RIM, _OUTSIDE = 5, 4, 8  # pixels: half the window inside, the blurred rim, that outside
_WEAKEST = 20  # per cent of the outline by which a region is judged
_USUAL_SIDE, _SIDE_POWER = 40.0, 0.5
_FULLNESS = 0.6  # of the pixels of the box, from which on a region is compact
_RICH, _PLAIN = 20.0, 0.3  # deviation of its colours; what a region without any texture is worth


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Region:
    """A part of a picture that may be a thing.

    Attributes:
        box: float64 (x, y, w, h) around it.
        mask: bool (H, W).
        contrast: difference of its colours to those around it, in Lab of 8 bits, where it is
            weakest; for ground and parts of a surface below 10, for most things above 20.
        form: 0 to about 1, less for what is small, not compact, or of one colour.
    """

    box: Boxes
    mask: Mask
    contrast: float
    form: float

    @property
    def score(self) -> float:
        """How much it looks like a thing."""
        return self.contrast * self.form


def lab_of(image: Image) -> Image:
    """An RGB picture (H, W, 3) in Lab, without the noise of its compression."""
    blurred = cv2.GaussianBlur(image, (0, 0), 1.0)
    return np.asarray(cv2.cvtColor(blurred, cv2.COLOR_RGB2LAB), np.uint8)


def segment(lab: Image, scale: float) -> Labels:
    """The number of its segment for every pixel, (H, W).

    Raises:
        InputError: this OpenCV is one without its contributed modules.
    """
    if not hasattr(cv2, "ximgproc"):
        raise InputError(
            "this OpenCV cannot segment: pip install opencv-contrib-python-headless in its place"
        )
    make = cv2.ximgproc.segmentation.createGraphSegmentation
    return np.asarray(make(0.6, scale, _SMALLEST_SEGMENT).processImage(lab), np.int32)


def find_regions(lab: Image, segmentations: list[Labels]) -> list[Region]:
    """All segments that are neither too large nor too small, compact, and inside the frame."""
    return [
        judged(lab, labels == number, box)
        for labels in segmentations
        for number, box in _compact(labels)
    ]


def connected(mask: Mask) -> Iterator[tuple[Mask, Boxes]]:
    """The connected parts of a mask that find_regions would take, and their boxes."""
    _, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)
    for number, box in _compact(np.where(labels == 0, -1, labels - 1)):
        yield labels == number + 1, box


def _compact(labels: Any) -> Iterator[tuple[int, Boxes]]:
    """Numbers and boxes of the segments that may be things; -1 is none."""
    height, width = labels.shape
    rows, columns = np.nonzero(labels >= 0)
    own = labels[rows, columns]
    count = int(own.max(initial=-1)) + 1
    area = np.bincount(own, minlength=count)
    left, top = np.full(count, width), np.full(count, height)
    right, bottom = np.zeros(count, int), np.zeros(count, int)
    np.minimum.at(left, own, columns)
    np.minimum.at(top, own, rows)
    np.maximum.at(right, own, columns + 1)
    np.maximum.at(bottom, own, rows + 1)
    wide, high = np.maximum(right - left, 1), np.maximum(bottom - top, 1)
    side = np.sqrt(wide * high)
    good = (
        (side >= _SMALLEST_SIDE)
        & (side <= _LARGEST_SIDE * np.sqrt(width * height))
        & (wide <= _LONGEST_SIDE * width)
        & (high <= _LONGEST_SIDE * height)
        & (np.minimum(wide, high) >= _THINNEST)
        & (np.maximum(wide / high, high / wide) <= _MOST_ELONGATED)
        & (area >= _FEWEST_FILLED * wide * high)
        & (np.minimum(left, top) >= _MARGIN)
        & (right <= width - _MARGIN)
        & (bottom <= height - _MARGIN)
    )
    for number in np.flatnonzero(good).tolist():
        box = left[number], top[number], wide[number], high[number]
        yield number, np.array(box, np.float64)


def judged(lab: Image, mask: Mask, box: Boxes) -> Region:
    """The region of a mask, with what tells whether it is a thing."""
    x, y, w, h = (int(value) for value in box)
    reach = _RIM + _OUTSIDE + 4
    window = np.s_[max(y - reach, 0) : y + h + reach, max(x - reach, 0) : x + w + reach]
    contours, _ = cv2.findContours(
        mask[window].astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    outline = max(contours, key=len)
    filled = np.zeros(mask[window].shape, np.uint8)
    cv2.drawContours(filled, [outline], -1, 1, cv2.FILLED)
    contrast = _contrast(lab[window].astype(np.float32), filled, outline[:, 0])
    hull = max(cv2.contourArea(cv2.convexHull(outline)), 1.0)
    solidity = min(float(filled.sum()) / hull, 1.0)
    fullness = min(float(filled.sum()) / (w * h) / _FULLNESS, 1.0)
    usual = float((np.sqrt(w * h) / _USUAL_SIDE) ** _SIDE_POWER)
    texture = float(np.linalg.norm(lab[mask].std(axis=0))) / _RICH
    form = solidity * fullness * usual * min(max(texture, _PLAIN), 1.0)
    return Region(box=box, mask=mask, contrast=contrast, form=form)


def _contrast(lab: NDArray[Any], filled: Image, outline_N2: NDArray[Any]) -> float:
    """How much colours inside and outside differ along the outline where they do least."""
    rim = np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8)
    inside, _ = _means(lab, filled, _INSIDE)
    outside, known = _means(lab, 1 - cv2.dilate(filled, rim), _OUTSIDE)
    columns, rows = outline_N2.T
    differences = np.linalg.norm((inside - outside)[rows, columns], axis=1)
    differences[known[rows, columns] < 1] = 0
    return float(np.percentile(differences, _WEAKEST))


def _means(lab: NDArray[Any], mask: Image, reach: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """The mean colour of the pixels of a mask around each pixel, and how many there are."""
    weight = mask.astype(np.float32)
    window = (2 * reach + 1, 2 * reach + 1)
    count = cv2.boxFilter(weight, -1, window, normalize=False)
    total = cv2.boxFilter(lab * weight[..., None], -1, window, normalize=False)
    return total / np.maximum(count, 1e-3)[..., None], count
