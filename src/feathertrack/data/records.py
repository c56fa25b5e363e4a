"""What a reader of a training set says of one video: its pictures and the boxes in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes

NOT_FINITE = "box is not finite"
NO_AREA = "box without area"
OUTSIDE = "box outside the picture"
TWICE = "second box of an object in one picture"
CROWD = "box around a crowd"
WITHOUT_BOX = "picture without a box"
PICTURE_MISSING = "picture missing"
UNREADABLE_PICTURE = "picture cannot be read"
UNREADABLE_ANNOTATION = "annotation cannot be read"
WITHOUT_ANNOTATION = "sequence without an annotation"
WITHOUT_PICTURES = "annotation without pictures"
SEQUENCE_MISSING = "sequence missing"
UNKNOWN_PICTURE = "box of a picture that is not listed"
VIDEO_FILE = "sequence in a video file, which is not read"


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """Something of a training set that cannot be used.

    Attributes:
        reason: what is wrong, in words that are the same for all such cases.
        count: how many pictures, boxes or files it is about.
        example: one of them, with its file.
    """

    reason: str
    count: int = 1
    example: str = ""


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class TrackRecord:
    """One object in the pictures of a video, as annotated.

    Attributes:
        name: of the object within its video.
        positions: int32 (k,), which pictures of the video it is annotated in, ascending.
        boxes: float64 (k, 4) x, y, w, h in pixels, 0-based, edges; NaN where there is none.
        visible: float32 (k,), the share of the object that can be seen, 0 to 1.
        category: what it is, "" where the data set does not say.
        visible_floor: the smallest share that FDSiamFC's rule for this data set takes as hidden.
    """

    name: str
    positions: NDArray[np.int32]
    boxes: Boxes
    visible: NDArray[np.float32]
    category: str = ""
    visible_floor: float = 0.0


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class VideoRecord:
    """Pictures that belong together, in order; a photograph is a video of one.

    Attributes:
        name: of the video within its data set.
        images: paths of the pictures that are there, relative to the root, with ``/``.
        sizes: int32 (n, 2) width and height of each, or (1, 2) for all; None where not known.
        tracks: the objects.
        problems: what had to be left out.
        sources: files and folders, relative to the root, that the record was read from: when one of
            them changes, the index is stale.
    """

    name: str
    images: Sequence[str]
    sizes: NDArray[np.int32] | None
    tracks: Sequence[TrackRecord]
    problems: Sequence[Problem] = ()
    sources: Sequence[str] = ()
