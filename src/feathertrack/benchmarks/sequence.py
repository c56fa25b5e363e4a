"""A sequence of a benchmark: its frames and what is annotated in them, exactly as annotated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from feathertrack.benchmarks.framelist import FrameList
from feathertrack.benchmarks.masks import Mask
from feathertrack.boxes import Boxes
from feathertrack.errors import InputError

if TYPE_CHECKING:
    from feathertrack.benchmarks.regions import Regions

Flags = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Sequence:
    """One target in one run of frames. N is the number of annotated frames.

    Attributes:
        name: as the benchmark's own code writes it.
        frames: the picture files, in order. Reading one is the caller's business.
        truth: float64 (N, 4) x,y,w,h, or (N, 8) polygons x1,y1,...,y4 with NaN from column 4 on
            where a row is a box (more than 8 columns where a polygon has more corners). Exactly as
            annotated, never shifted; NaN where there is no box.
        origin: number of the first pixel in the annotation, 0 or 1.
        absent: (N,) the annotation says that the target is not to be seen.
        attributes: short names of the attributes of the whole sequence.
        frame_attributes: name -> (N,) flags, for benchmarks that tag frames (VOT).
        size_wh: width and height of the frames where that is known without opening one.
        fps: frames per second where the benchmark says.
        cover: uint8 (N,), 0 to 8, how much of the target is to be seen (GOT-10k).
        masks: one per frame, None where the row is no mask (VOT from 2020 on); ``truth`` then holds
            the box around it.
        ignored: regions whose pixels do not count in overlaps, N of them (VOT from 2020 on).
        anchors: int (N,), 1 starts a run forwards and -1 backwards (VOT from 2020 on).
        object_class: what the target is, "" where the benchmark does not say.
        target: which of several targets in the same frames, "" where there is one.
        notes: what was unusual when it was read, a sentence each.
    """

    name: str
    frames: FrameList
    truth: Boxes
    origin: int = 0
    absent: Flags = field(default_factory=lambda: np.zeros(0, np.bool_))
    attributes: frozenset[str] = frozenset()
    frame_attributes: Mapping[str, Flags] = field(default_factory=dict)
    size_wh: tuple[int, int] | None = None
    fps: float | None = None
    cover: NDArray[np.uint8] | None = None
    masks: tuple[Mask | None, ...] | None = None
    ignored: Regions | None = None
    anchors: NDArray[np.int64] | None = None
    object_class: str = ""
    target: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if (
            self.truth.ndim != 2
            or self.truth.shape[1] < 4
            or self.truth.shape[1] % 2
            or not len(self.truth)
        ):
            raise InputError(
                f"the ground truth of {self.name} has the shape {self.truth.shape}; "
                "it should be (frames, 4) or (frames, 8 or more) with at least one row"
            )
        if not len(self.absent):
            object.__setattr__(self, "absent", np.isnan(self.truth[:, 0]))
        for what, rows in (("absent", self.absent), ("cover", self.cover)):
            if rows is not None and len(rows) != len(self.truth):
                raise InputError(
                    f"{self.name} has {len(rows)} rows of {what!r} but {len(self.truth)} boxes"
                )

    def __len__(self) -> int:
        """The number of frames, which is more than N where only the first boxes are published."""
        return len(self.frames)

    @property
    def complete(self) -> bool:
        """Every frame is annotated; false for the test sets whose boxes a server keeps."""
        return len(self.truth) >= len(self.frames)

    @property
    def first_box_xywh(self) -> Boxes:
        """The box to start a tracker on, in this package's convention: (4,), 0-based."""
        return start_box(self.truth[0], origin=self.origin)

    def image_size(self) -> tuple[int, int]:
        """Width and height: as annotated, else of the first frame, whose header is read."""
        from feathertrack.video.pictures import read_picture

        if self.size_wh is not None:
            return self.size_wh
        height, width = read_picture(self.frames[0]).shape[:2]
        object.__setattr__(self, "size_wh", (width, height))
        return width, height


def start_box(region: Boxes, *, origin: int) -> Boxes:
    """The 0-based box (4,) that a row of ground truth stands for.

    A polygon becomes the upright box of its centre, proportions and (nearly) area that pysot starts
    from (``get_axis_aligned_bbox``): sides s * w + 1, s * h + 1 of the bounding box w x h, with s
    the root of the area of the polygon's first two sides over that of the bounding box.

    >>> start_box(np.array([11.0, 21, 5, 6]), origin=1)
    array([10., 20.,  5.,  6.])
    >>> start_box(np.array([0.0, 0, 9, 0, 9, 9, 0, 9]), origin=0)
    array([ 0.,  0., 10., 10.])
    """
    if region.shape == (4,) or np.isnan(region[4:]).all():
        box: Boxes = region[:4] - np.array([origin, origin, 0.0, 0.0])
        return box
    corners = region.reshape(-1, 2)
    corners = corners[~np.isnan(corners).any(1)]
    center = corners.mean(0)
    extent = corners.max(0) - corners.min(0)
    sides = np.linalg.norm(corners[1] - corners[0]) * np.linalg.norm(corners[2] - corners[1])
    scale = math.sqrt(sides / extent.prod()) if extent.all() else 0.0
    size = scale * extent + 1
    return np.concatenate([center - (size - 1) / 2 - origin, size])
