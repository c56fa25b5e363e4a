"""Ctrl-C, SIGTERM and SIGHUP stop the work between two frames, so that outputs are playable.

The first signal takes effect at once while the work waits (for a frame, a download, a network to
load) and otherwise as soon as the frame in hand is finished. The second takes effect at once, but
for SIGHUP: of a terminal that goes away it comes twice, from the system and from the shell.
"""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Generator, Iterable, Iterator
from types import FrameType
from typing import TypeVar

from feathertrack.signals import handling_stops

_SIGHUP = getattr(signal, "SIGHUP", None)  # Windows has none

Item = TypeVar("Item")


class Stopped(KeyboardInterrupt):
    """The user or the system asked to stop.

    Args:
        signal_number: which signal did.
        detail: what had been done until then.
    """

    def __init__(self, signal_number: int, detail: str = "") -> None:
        super().__init__(signal_number, detail)
        self.signal_number = signal_number
        self.detail = detail

    def after(self, frame: int, kept: str) -> Stopped:
        """The same with what had been done until then; ``frame`` is negative before the first."""
        where = f"after frame {frame}: {kept}" if frame >= 0 else "before the first frame"
        return Stopped(self.signal_number, where)

    @property
    def exit_status(self) -> int:
        """130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP: what a shell expects."""
        return 128 + self.signal_number

    def __str__(self) -> str:
        names = {signal.SIGINT: "Ctrl-C", _SIGHUP: "SIGHUP, the terminal went away,"}
        by = names.get(self.signal_number, "SIGTERM")
        return f"stopped by {by} {self.detail}".rstrip()


class StopSignals:
    """Turns signals into ``Stopped`` where the work can be left."""

    def __init__(self) -> None:
        self._busy = False
        self._pending: int | None = None

    def iterate(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items; ``Stopped`` is raised while waiting for one, never while one is in hand."""
        waiting = iter(items)
        try:
            while True:
                self._busy = False
                if self._pending is not None:
                    raise Stopped(self._pending)
                try:
                    item = next(waiting)
                except StopIteration:
                    return
                finally:
                    self._busy = True
                yield item
        finally:
            self._busy = True  # what follows closes the outputs
            if isinstance(waiting, Generator):
                waiting.close()

    def handle(self, number: int, _: FrameType | None = None) -> None:
        """What runs when a signal arrives."""
        if number not in (signal.SIGTERM, _SIGHUP):
            number = signal.SIGINT  # SIGBREAK, which Windows sends for Ctrl-Break
        if number == _SIGHUP and self._pending == number:
            return
        if not self._busy or self._pending is not None:
            raise Stopped(number)
        self._pending = number


@contextlib.contextmanager
def stop_signals() -> Iterator[StopSignals]:
    """Listen to signals for the length of a ``with`` block, and restore what was set before.

    In a thread other than the main one signals cannot be listened to; nothing is changed there.
    """
    signals = StopSignals()
    with handling_stops(signals.handle):
        yield signals
