"""What a result file holds: one row per frame, and what is known of the clip they belong to."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from feathertrack.errors import InputError
from feathertrack.results import STATES, Result, State
from feathertrack.video.frames import Frame, Image, SourceInfo

BoxTuple = tuple[float, float, float, float]

LARGEST_FRAME = 10**9
"""A year of video at 30 frames a second; a larger frame number is a mistake in a file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackRow:
    """The target in one frame, as a file tells it.

    Attributes:
        frame: index of the frame in its source, from 0.
        box: (x, y, w, h) in pixels, 0-based, continuous, top-left; None where the target is absent.
        score: 0 to 1, None where the file does not say.
        state: "tracking", "uncertain", "lost", None where the file does not say.
        time: seconds since the start of the source, None where the file does not say.
        given: the box was given by the user on this frame, not predicted.
        name: file name of the picture, "" for a frame of a video.
        seconds: how long the tracker took for the frame, None where that is not known.

    Raises:
        InputError: a number that is not finite, a box without area, a score outside 0 to 1, a
            negative frame or an unknown state.
    """

    frame: int
    box: BoxTuple | None = None
    score: float | None = None
    state: State | None = None
    time: float | None = None
    given: bool = False
    name: str = ""
    seconds: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.frame <= LARGEST_FRAME:
            raise InputError(f"frame {self.frame} is not a number from 0 to {LARGEST_FRAME}")
        if self.box is not None and not _has_area(self.box):
            text = ",".join(f"{value:g}" for value in self.box)
            raise InputError(f"box {text} is not four finite numbers with a positive size")
        if self.score is not None and not 0 <= self.score <= 1:
            raise InputError(f"score {self.score:g} is not between 0 and 1")
        if self.state is not None and self.state not in STATES:
            raise InputError(f"state {self.state!r} is none of {', '.join(STATES)}")
        for value in (self.time, self.seconds):
            if value is not None and not math.isfinite(value):
                raise InputError(f"time {value} is not finite")

    @property
    def visible(self) -> bool:
        """There is a box and the tracker does not call it lost: what annotation formats write."""
        return self.box is not None and self.state != "lost"


def row_of(frame: Frame, result: Result, *, seconds: float | None = None) -> TrackRow:
    """What a tracker said about a frame; a box without area or with NaN becomes an absent one."""
    x, y, w, h = (float(value) for value in result.box)
    score = float(result.score)
    return TrackRow(
        frame=frame.index,
        box=(x, y, w, h) if _has_area((x, y, w, h)) else None,
        score=min(max(score, 0.0), 1.0) if math.isfinite(score) else None,
        state=result.state,
        time=frame.time,
        given=result.given,
        name=unicode_name(frame.name),
        seconds=seconds,
    )


def unicode_name(name: str) -> str:
    r"""A name that any file can hold: what is not Unicode in a file's name becomes U+FFFD.

    >>> unicode_name("bad\udcff.mp4") == "bad\ufffd.mp4"
    True
    """
    return re.sub("[\ud800-\udfff]", "\ufffd", name)


def _has_area(box: BoxTuple) -> bool:
    return len(box) == 4 and all(map(math.isfinite, box)) and box[2] > 0 and box[3] > 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ClipInfo:
    """What outputs must know of the clip besides the rows.

    Attributes:
        name: what to call the clip in files.
        width: pixels, after rotation; 0 where only the first frame tells.
        height: pixels, after rotation; 0 where only the first frame tells.
        fps: nominal frames per second of the source, None for pictures.
        num_frames: frames of the whole source, before any selection; None where not known.
        pixel_aspect: width of a pixel divided by its height.
        path: the video file that sound is copied from, None where there is none.
        files: the pictures, where the source is made of such; no output may overwrite them.
        label: what the target is called in annotation files.
        step: every which frame of the source is tracked.
        reverse: the frames come last to first.
    """

    name: str = "video"
    width: int = 0
    height: int = 0
    fps: Fraction | None = None
    num_frames: int | None = None
    pixel_aspect: Fraction = Fraction(1)
    path: Path | None = None
    files: tuple[Path, ...] = ()
    label: str = "object"
    step: int = 1
    reverse: bool = False

    @classmethod
    def of(cls, info: SourceInfo, *, label: str = "object") -> ClipInfo:
        """The clip of a source that is read whole; ``dataclasses.replace`` tells of a selection."""
        return cls(
            name=unicode_name(info.path.name if info.path is not None else info.name),
            width=info.width,
            height=info.height,
            fps=info.fps,
            num_frames=info.num_frames,
            pixel_aspect=info.pixel_aspect,
            path=info.path,
            files=info.files,
            label=label,
        )

    def sized(self, image: Image) -> ClipInfo:
        """The same clip with the size of ``image`` where none is known."""
        if self.width and self.height:
            return self
        height, width = image.shape[:2]
        return dataclasses.replace(self, width=width, height=height)
