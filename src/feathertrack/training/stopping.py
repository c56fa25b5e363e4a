"""Signals ask a training to stop; it does so after the step in hand, with a checkpoint."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


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
    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
            number = getattr(signal, name, None)
            # nohup ignores SIGHUP, and a shell SIGINT for a job in the background: leave that.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, request.handle)
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
