"""Any program that speaks the TraX protocol as a tracker: ``trax:COMMAND``.

The program is started anew for every target. Most TraX programs in Python follow one target and
end, and a program that is started anew can carry nothing from one target to the next.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from feathertrack.boxes import as_box, check_box_in_frame
from feathertrack.errors import InputError, require
from feathertrack.results import Result
from feathertrack.trackers.tracker import NOT_STARTED, Image, check_frame, check_image
from feathertrack.trackers.trax_regions import bounds, region_of
from feathertrack.trackers.trax_session import TraxSession

__all__ = ["TraxTracker", "bounds", "region_of"]

_EXTRA = "vot"


class TraxTracker:
    """A program that speaks TraX, as a tracker.

    It gets the frames in the first of these forms that it takes: pixels in memory, a PNG in memory,
    the path of a PNG. Its answer may be a rectangle, a polygon or a mask, whose bounding box is
    taken; any other answer means that the target is lost. Its property ``confidence`` is the score.

    Args:
        command: the command line, as in a shell but without one.
        timeout: seconds that the program may take to start and for each frame.

    Raises:
        MissingExtra: vot-trax is not installed.
    """

    is_deterministic = False
    init_starts_program = True  # so its seconds are not those of a frame

    def __init__(self, command: str, *, timeout: float = 120.0) -> None:
        self.command = command
        self.timeout = timeout
        self.session: TraxSession | None = None
        self._trax = require("trax", extra=_EXTRA)
        require("trax.client", extra=_EXTRA)  # becomes an attribute of it

    def check(self) -> None:
        """Start the program and end it again, to see that it greets as TraX programs do.

        Raises:
            InputError: no such program.
            FeathertrackError: it ended, or said nothing in time.
        """
        TraxSession(self._trax, self.command, timeout=self.timeout).close()

    def init(self, image: Image, box: ArrayLike) -> None:
        """Start the program on an RGB uint8 image (H, W, 3) with a box (x, y, w, h).

        Raises:
            InputError: no such program, or an image or box that cannot be used.
            FeathertrackError: the program ended, failed, or took too long.
        """
        box_xywh = as_box(box)
        height, width = check_image(image).shape[:2]
        check_box_in_frame(box_xywh, width=width, height=height)
        self.close()
        self.shape, self.box = image.shape, box_xywh
        self.session = TraxSession(self._trax, self.command, timeout=self.timeout)
        self.session.initialize(image, box_xywh)

    def update(self, image: Image) -> Result:
        """What the program says of the next image.

        Raises:
            InputError: there is no target, or the image has another shape than the first.
            FeathertrackError: the program ended, failed, or took too long.
        """
        if self.session is None:
            raise InputError(NOT_STARTED)
        check_frame(image, self.shape)
        answer = self.session.frame(image)
        box_xywh = bounds(answer[0][0]) if answer else None
        if box_xywh is None:
            return Result(box=self.box, score=0.0, state="lost")
        self.box = box_xywh
        return Result(box=box_xywh, score=_score(answer[0][1]), state="tracking")

    def close(self) -> None:
        """End the program; it is also ended when the tracker is forgotten."""
        if self.session is not None:
            self.session.close()
            self.session = None


def _score(properties: Mapping[str, str]) -> float:
    try:
        score = float(properties.get("confidence", 1.0))
    except ValueError:
        return 1.0
    return min(max(score, 0.0), 1.0) if np.isfinite(score) else 1.0
