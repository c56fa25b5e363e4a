"""What pictures, the window and the debug view show of a frame."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from feathertrack.cli._compare import Compared, read_compared
from feathertrack.cli._debug_view import debug_picture
from feathertrack.cli._window import LiveWindow
from feathertrack.errors import InputError
from feathertrack.results import Result
from feathertrack.trackers.tracker import Tracker
from feathertrack.video.drawing import Draw, draw_comparison
from feathertrack.video.formats import box_format
from feathertrack.video.frames import Frame, Image, SourceInfo
from feathertrack.video.records import ClipInfo, row_of
from feathertrack.video.sinks import draw_frame


class View:
    """Ours alone, or ours and others with a legend; in a window, where one is wanted.

    Args:
        compare: ``[FORMAT:]PATH`` of other results or a ground truth.
        info: what is known of the source.
        ours: what the legend calls our own result.
        show: open a window.

    Raises:
        InputError: a file to compare with cannot be read as boxes.
    """

    def __init__(
        self, compare: Iterable[str], *, info: SourceInfo, ours: str, show: bool = False
    ) -> None:
        self.ours = ours
        self.others: tuple[Compared, ...] = read_compared(compare, info=info, ours=ours)
        self.window = LiveWindow() if show else None

    def draw(self, frame: Frame, result: Result | None) -> Image:
        """The frame with every result for it."""
        if not self.others:
            return draw_frame(frame, result)
        theirs = {other.name: other.rows.get(frame.index) for other in self.others}
        return draw_comparison(frame.image, {self.ours: result, **theirs})

    def draw_debug(self, tracker: Tracker) -> Draw:
        """How to draw a frame with what the tracker last saw and what it answered.

        Raises:
            InputError: the tracker does not tell.
        """
        if not hasattr(tracker, "last_search") or not hasattr(tracker, "last_score"):
            raise InputError("--debug-view: this tracker shows no search region and no score map")

        def drawn(frame: Frame, result: Result | None) -> Image:
            # On a frame with a given box nothing was searched for: the maps there are older.
            searched = result is not None and not result.given
            return debug_picture(
                self.draw(frame, result),
                tracker.last_search if searched else None,
                tracker.last_score if searched else None,
            )

        return drawn

    def watch(self, frame: Frame, result: Result | None) -> bool:
        """Count and show a frame that has been written; False once the user has seen enough."""
        if result is not None:
            for other in self.others:
                other.add(result)
        return self.window is None or self.window.show(self.draw(frame, result))

    def summaries(self) -> list[str]:
        """One line for each of the others: how much ours overlaps with it."""
        return [other.summary() for other in self.others]

    def close(self) -> None:
        """Close the window."""
        if self.window is not None:
            self.window.close()


class PrintedRows:
    """Boxes as CSV on standard output, each as soon as it is known, for another program."""

    notes: tuple[str, ...] = ()

    def __init__(self) -> None:
        self._begun = False

    def write(self, frame: Frame, result: Result | None, *, seconds: float | None = None) -> None:
        """Print the row of a frame, after the header before the first."""
        if result is None:
            return
        lines = list(box_format("csv").encode([row_of(frame, result)], ClipInfo()))
        sys.stdout.writelines(lines[1 if self._begun else 0 :])
        sys.stdout.flush()
        self._begun = True

    def close(self) -> None:
        """Nothing is held back."""
