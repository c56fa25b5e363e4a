"""Which frames of a source are wanted, in which order."""

from __future__ import annotations

from dataclasses import dataclass

from feathertrack.errors import InputError, SourceError


@dataclass(frozen=True, kw_only=True, slots=True)
class Selection:
    """The frames ``all_frames[start:stop:step]``, in the opposite order with ``reverse``.

    Attributes:
        start: number of the first frame, from 0.
        stop: number of the frame before which reading ends, None for the end of the source.
        step: distance from one frame to the next, at least 1.
        reverse: yield the same frames, the last one first.

    Raises:
        InputError: a number below its minimum, or ``stop`` not behind ``start``.
    """

    start: int = 0
    stop: int | None = None
    step: int = 1
    reverse: bool = False

    def __post_init__(self) -> None:
        if self.start < 0:
            raise InputError(f"start is {self.start}; frames are counted from 0")
        if self.step < 1:
            raise InputError(
                f"step is {self.step}; it must be 1 or more (reverse turns the order round)"
            )
        if self.stop is not None and self.stop <= self.start:
            raise InputError(
                f"stop {self.stop} is not behind start {self.start}, so no frame is selected"
            )

    def wants(self, index: int) -> bool:
        """Whether frame number ``index`` of the source is selected.

        >>> [i for i in range(9) if Selection(start=2, stop=8, step=3).wants(i)]
        [2, 5]
        """
        return (
            index >= self.start
            and (self.stop is None or index < self.stop)
            and (index - self.start) % self.step == 0
        )

    def ends_before(self, index: int) -> bool:
        """Whether neither frame ``index`` nor any behind it is selected."""
        return self.stop is not None and index >= self.stop

    def indices(self, num_frames: int) -> range:
        """Numbers of the selected frames of a source of ``num_frames``, in their order.

        >>> list(Selection(start=1, step=2, reverse=True).indices(6))
        [5, 3, 1]
        """
        forward = range(num_frames)[self.start : self.stop : self.step]
        return forward[::-1] if self.reverse else forward

    def count(self, num_frames: int | None) -> int | None:
        """How many frames are selected of ``num_frames``; None where that is not known."""
        return None if num_frames is None else len(self.indices(num_frames))

    def check_start(self, num_frames: int, *, name: str) -> None:
        """Complain where a source of ``num_frames`` ends before ``start``.

        Raises:
            SourceError: it does.
        """
        if self.start >= num_frames:
            raise SourceError(f"start {self.start} is past the end: {name} has {num_frames} frames")

    def __str__(self) -> str:
        return f"start={self.start}, stop={self.stop}, step={self.step}"
