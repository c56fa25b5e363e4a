"""Signals that ask a program to stop, handed to a function while a block runs."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

Handler = Callable[[int, FrameType | None], None]


@contextlib.contextmanager
def handling_stops(handler: Handler) -> Iterator[None]:
    """Hand Ctrl-C, SIGTERM and the like to ``handler``; restore what was set before.

    In a thread other than the main one signals cannot be listened to; nothing is changed there.
    """
    before = {}
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
            number = getattr(signal, name, None)
            # A shell ignores SIGINT for a job in the background, and nohup SIGHUP: leave that.
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                before[number] = signal.signal(number, handler)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
