"""Where the user says the target is: ``--box``, ``--box-file`` or ``--select``."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from feathertrack.boxes import Boxes, as_box, check_box_in_frame
from feathertrack.errors import InputError
from feathertrack.video.frames import Frame, SourceInfo

_SEPARATOR = re.compile(r"[\s,;]+")


@dataclass(frozen=True, kw_only=True)
class Given:
    """What the user gave.

    Attributes:
        first: the box on the first frame that is read, None where there is none.
        by_frame: frame of the source -> box there.
    """

    first: Boxes | None = None
    by_frame: Mapping[int, Boxes] = field(default_factory=dict)

    def check(self, info: SourceInfo) -> None:
        """Refuse boxes that cannot be targets, where the source says how large its frames are.

        Raises:
            InputError: a box lies outside the frame, or is far larger than it.
        """
        if info.width and info.height:
            for box in (*self.by_frame.values(), *([] if self.first is None else [self.first])):
                check_box_in_frame(box, width=info.width, height=info.height)


def read_given(box: str | None, box_file: Path | None, *, select: bool) -> Given:
    """The boxes of the command line; nothing yet where the user will draw one.

    Raises:
        InputError: none is given, or more than one way is used, or the box or the file is wrong.
    """
    from feathertrack.video.formats import read_box_file

    ways = [
        name
        for name, used in (
            ("--box", box is not None),
            ("--box-file", box_file is not None),
            ("--select", select),
        )
        if used
    ]
    if not ways:
        raise InputError(
            "no box: say where the target is with --box X,Y,W,H (or --box-file, --select); "
            "'feathertrack still SOURCE' shows the first frame with a grid to read it from"
        )
    if len(ways) > 1:
        raise InputError(f"{' and '.join(ways)} both say where the target is: give one")
    if box is not None:
        return Given(first=parse_box(box))
    return Given(by_frame=read_box_file(box_file)) if box_file is not None else Given()


def parse_box(text: str) -> Boxes:
    """Four numbers, separated by commas or spaces, as a box.

    Raises:
        InputError: they are not four, not finite, or have no positive size.

    >>> parse_box("-3, 4, 50, 60")
    array([-3.,  4., 50., 60.])
    """
    parts = [part for part in _SEPARATOR.split(text) if part]
    numbers = []
    for part in parts:
        try:
            numbers.append(float(part))
        except ValueError as error:
            raise InputError(
                f"box {text!r}: {part!r} is no number; expected x,y,width,height"
            ) from error
    if len(numbers) != 4:
        raise InputError(f"box {text!r} has {len(numbers)} numbers, expected 4: x,y,width,height")
    return as_box(numbers)


def draw_given(frames: Iterable[Frame]) -> tuple[Iterable[Frame], Given]:
    """Let the user draw the box on the first frame; the frames come back with it.

    Raises:
        InputError: there is no frame, or no box was drawn.
    """
    from feathertrack.cli._window import select_box

    following = iter(frames)
    first = next(following, None)
    if first is None:
        raise InputError("the source has no frames in the range that was asked for")
    return itertools.chain([first], following), Given(first=select_box(first.image))
