"""Signals ask a training to stop; it does so after the step in hand, with a checkpoint."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import FrameType

from feathertrack.signals import handling_stops


class StopRequest:
    """Whether a signal came, and which: 0 before one does."""

    def __init__(self) -> None:
        self.signal_number = 0

    def __bool__(self) -> bool:
        return self.signal_number != 0

    def handle(self, number: int, _: FrameType | None = None) -> None:
        """What runs when a signal arrives; a second one stops at once."""
        if self.signal_number:
            raise KeyboardInterrupt
        self.signal_number = number


@contextlib.contextmanager
def stop_requests() -> Iterator[StopRequest]:
    """Listen to Ctrl-C, SIGTERM and the like inside the block; restore what was set before.

    In a thread other than the main one signals cannot be listened to; nothing is changed there.
    """
    request = StopRequest()
    with handling_stops(request.handle):
        yield request
