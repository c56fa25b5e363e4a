"""Frames of a sequence with the true box and those of the trackers, as pictures in the page."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from feathertrack.benchmarks import Benchmark
from feathertrack.benchmarks import Sequence as Clip
from feathertrack.boxes import Boxes
from feathertrack.errors import FeathertrackError
from feathertrack.evaluation.report.comparison import Comparison
from feathertrack.evaluation.report.style import Style
from feathertrack.evaluation.report.timeline import NUM_SHOWN
from feathertrack.video.drawing import draw_boxes
from feathertrack.video.frames import Image
from feathertrack.video.pictures import read_picture

TRUTH_COLOR = (255, 255, 255)
_WIDTH = 420
_QUALITY = 80


@dataclass(frozen=True, kw_only=True)
class Still:
    """A frame in the page.

    Attributes:
        frame: its number, from 0.
        address: the picture itself, as a ``data:`` address.
        width: of the picture, in pixels.
        height: of the picture, in pixels.
    """

    frame: int
    address: str
    width: int
    height: int


def draw_stills(
    comparison: Comparison,
    sequence: str,
    frames: Sequence[int],
    *,
    benchmark: Benchmark | None,
    styles: Mapping[str, Style],
) -> list[Still]:
    """Pictures of the frames; none where the benchmark, or its pictures, are not here."""
    if benchmark is None:
        return []
    stills = []
    try:
        clip = benchmark[sequence]
        for frame in frames:
            if frame < len(clip.frames):
                stills.append(_still(comparison, clip, frame, styles))
    except (FeathertrackError, OSError):
        return []  # the page says the numbers; pictures are an extra that may be gone
    return stills


def _still(comparison: Comparison, clip: Clip, frame: int, styles: Mapping[str, Style]) -> Still:
    picture = read_picture(clip.frames[frame])
    scale = min(1.0, _WIDTH / picture.shape[1])
    if scale < 1:
        size = (_WIDTH, max(1, round(picture.shape[0] * scale)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    boxes = []
    truth = upright(clip.truth[frame]) if frame < len(clip.truth) else None
    if truth is not None:
        boxes.append((truth, TRUTH_COLOR))
    for entry in reversed(comparison.entries[:NUM_SHOWN]):
        rows = entry.boxes.get(clip.name, np.zeros((0, 4)))
        if frame < len(rows):
            boxes.append((rows[frame], styles[entry.tracker].rgb))
    shifted = [((box - [clip.origin, clip.origin, 0, 0]) * scale, color) for box, color in boxes]
    drawn = draw_boxes(picture, shifted)
    return Still(frame=frame, address=_address(drawn), width=drawn.shape[1], height=drawn.shape[0])


def upright(region: Boxes) -> Boxes | None:
    """The smallest upright box around a row of ground truth, (4,); None without a region.

    >>> upright(np.array([0.0, 0, 9, 0, 9, 5, 0, 5]))
    array([0., 0., 9., 5.])
    """
    if np.isnan(region[:4]).any():
        return None
    if len(region) == 4 or np.isnan(region[4:]).all():
        return region[:4]
    corners = region.reshape(-1, 2)
    return np.concatenate([corners.min(0), np.ptp(corners, axis=0)])


def _address(image: Image) -> str:
    bgr = np.ascontiguousarray(image[:, :, ::-1])
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(data.tobytes()).decode("ascii")
