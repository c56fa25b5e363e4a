"""The bar of ``feathertrack evaluate``: it counts frames, so that long sequences weigh more."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from feathertrack.cli._terminal import at_terminal

if TYPE_CHECKING:
    from feathertrack.evaluation.tasks import Outcome, Task


class Progress:
    """A bar for the length of a ``with`` block; it only counts where there is no terminal.

    Args:
        frames: of all sequences.
        sequences: how many there are.

    Attributes:
        done: sequences that are done.
    """

    def __init__(self, frames: int, sequences: int) -> None:
        self.done = 0
        self._frames, self._sequences = frames, sequences
        self._finished = 0
        self._in_hand: dict[Task, int] = {}
        self._bar: Any = None

    def __enter__(self) -> Progress:
        if not at_terminal() or not self._frames:
            return self
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self._bar = Bar(
            TextColumn("{task.fields[done]}/{task.fields[all]} sequences", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.percentage:.0f} %  {task.fields[last]}", markup=False),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
        )
        self._row = self._bar.add_task("", total=self._frames, done=0, all=self._sequences, last="")
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def frames_done(self) -> int:
        """Frames that are done, those of sequences in hand included."""
        return self._finished + sum(self._in_hand.values())

    def moved(self, task: Task, frames: int) -> None:
        """So many frames of a sequence are done."""
        self._in_hand[task] = frames
        self._draw(task)

    def advance(self, outcome: Outcome) -> None:
        """A sequence is done, or given up."""
        self.done += 1
        self._finished += outcome.task.frames
        self._in_hand.pop(outcome.task, None)
        self._draw(outcome.task)

    def _draw(self, task: Task) -> None:
        if self._bar is not None:
            self._bar.update(
                self._row, completed=self.frames_done, done=self.done, last=task.sequence
            )
