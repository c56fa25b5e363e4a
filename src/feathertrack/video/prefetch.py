"""Decode ahead on a thread of its own, a bounded number of frames at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from threading import Condition, Event, Thread, current_thread
from typing import Generic, TypeVar

from feathertrack.errors import InputError

Item = TypeVar("Item")
PATIENCE = 0.2  # seconds; a wait without limit cannot be broken off by Ctrl-C on Windows


class DecodeAhead(Generic[Item]):
    """Items of an iterator that runs in a thread; iterate once, ``close`` any time.

    The iterator is made, used and closed in the thread. At most ``depth`` items wait, one more is
    in the hands of the thread and one in the caller's: memory does not grow with the stream. An
    error of the iterator is raised to the caller after all the items before it.

    Args:
        items: makes the iterator; it is given an event that is set when it should end early.
        depth: how many items may wait.
        newest_only: a waiting item is replaced by the next one instead of holding up the thread,
            so that a slow caller sees the present and not the past.
        linger: seconds that ``close`` waits for a thread that is stuck in a device; None for as
            long as it takes. The thread ends by itself after that, and never holds up the exit.
    """

    def __init__(
        self,
        items: Callable[[Event], Iterator[Item]],
        *,
        depth: int,
        newest_only: bool = False,
        linger: float | None = None,
    ) -> None:
        if depth < 1:
            raise InputError(f"depth is {depth}; at least one frame has to wait")
        self._items = items
        self._depth = depth
        self._newest_only = newest_only
        self._linger = linger
        self._waiting: deque[Item] = deque()
        self._changed = Condition()
        self._closing = Event()
        self._ended = False
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, name="feathertrack-decode", daemon=True)

    def __iter__(self) -> Iterator[Item]:
        if self._closing.is_set():
            return
        self._thread.start()
        try:
            while self._await_item():
                with self._changed:
                    if not self._waiting:  # closed in the meantime
                        return
                    item = self._waiting.popleft()
                    self._changed.notify_all()
                yield item
                del item  # else one frame more than promised stays alive
            error, self._error = self._error, None
            if error is not None:
                raise error
        finally:
            self.close()

    @property
    def alive(self) -> bool:
        """Whether the thread is still at work."""
        return self._thread.is_alive()

    def close(self) -> None:
        """End the thread and forget what waits; safe to call twice, and from any thread."""
        self._closing.set()
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()
        if self._thread.ident is not None and self._thread is not current_thread():
            self._thread.join(self._linger)

    def _await_item(self) -> bool:
        """Wait until there is an item (True) or there will be none (False)."""
        with self._changed:
            while not (self._waiting or self._ended or self._closing.is_set()):
                self._changed.wait(PATIENCE)
            return bool(self._waiting)

    def _put(self, item: Item) -> None:
        with self._changed:
            if self._newest_only:
                self._waiting.clear()
            while len(self._waiting) >= self._depth and not self._closing.is_set():
                self._changed.wait(PATIENCE)
            if not self._closing.is_set():
                self._waiting.append(item)
                self._changed.notify_all()

    def _run(self) -> None:
        try:
            items = self._items(self._closing)
            try:
                for item in items:
                    self._put(item)
                    del item
                    if self._closing.is_set():
                        break
            finally:
                if callable(close := getattr(items, "close", None)):
                    close()
        except BaseException as error:  # raised again in the caller's thread
            self._error = error
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
