from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from threading import Event

import pytest

from feathertrack.errors import InputError
from feathertrack.video.prefetch import DecodeAhead


class Item:
    """Something that can be counted while it is alive."""

    def __init__(self, number: int) -> None:
        self.number = number


def count_to(
    limit: int, *, error: BaseException | None = None, alive: weakref.WeakSet[Item] | None = None
) -> Callable[[Event], Iterator[Item]]:
    def make(closing: Event) -> Iterator[Item]:
        for number in range(limit):
            item = Item(number)
            if alive is not None:
                alive.add(item)
            yield item
            del item
        if error is not None:
            raise error

    return make


def decode_threads() -> int:
    return sum(t.name == "feathertrack-decode" for t in threading.enumerate())


def test_items_come_in_order() -> None:
    ahead = DecodeAhead(count_to(50), depth=3)
    assert [item.number for item in ahead] == list(range(50))
    assert not ahead.alive


def test_memory_is_bounded_over_a_long_stream() -> None:
    alive: weakref.WeakSet[Item] = weakref.WeakSet()
    most = 0
    for item in DecodeAhead(count_to(5000, alive=alive), depth=3):
        most = max(most, len(alive))
        del item
    assert most <= 3 + 2  # three wait, one is with the thread, one with the caller
    gc.collect()
    assert not alive


def test_an_error_comes_after_all_items_before_it() -> None:
    numbers = []
    with pytest.raises(OSError, match="disk gone"):
        for item in DecodeAhead(count_to(7, error=OSError("disk gone")), depth=20):
            numbers.append(item.number)
    assert numbers == list(range(7))
    assert decode_threads() == 0


def test_leaving_the_loop_ends_the_thread_and_closes_the_iterator() -> None:
    closed = Event()

    def endless(closing: Event) -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    for _ in DecodeAhead(endless, depth=2):
        break
    gc.collect()
    assert closed.is_set()
    assert decode_threads() == 0


def test_an_exception_in_the_loop_ends_the_thread() -> None:
    ahead = DecodeAhead(count_to(10**9), depth=2)
    with pytest.raises(KeyboardInterrupt):
        try:
            for _ in ahead:
                raise KeyboardInterrupt
        finally:
            ahead.close()
    assert not ahead.alive


def test_close_within_the_loop_ends_it() -> None:
    ahead = DecodeAhead(count_to(10**9), depth=2)
    seen = 0
    for _ in ahead:
        seen += 1
        ahead.close()
        ahead.close()
    assert seen == 1
    assert not ahead.alive


def test_close_from_another_thread_frees_a_waiting_caller() -> None:
    waiting = Event()

    def nothing_comes(closing: Event) -> Iterator[int]:
        waiting.set()
        closing.wait()
        yield from ()

    ahead = DecodeAhead(nothing_comes, depth=1)
    closer = threading.Thread(target=lambda: (waiting.wait(), ahead.close()))
    closer.start()
    assert list(ahead) == []
    closer.join()


def test_closed_before_the_first_item_starts_no_thread() -> None:
    ahead = DecodeAhead(count_to(3), depth=1)
    ahead.close()
    assert list(ahead) == []
    assert not ahead.alive


def test_a_slow_caller_sees_the_newest_item_and_then_the_error() -> None:
    first_taken, all_made = Event(), Event()

    def live(closing: Event) -> Iterator[int]:
        yield 0
        first_taken.wait()
        yield from range(1, 100)
        all_made.set()
        raise OSError("unplugged")

    seen = []
    with pytest.raises(OSError, match="unplugged"):
        for number in DecodeAhead(live, depth=4, newest_only=True):
            seen.append(number)
            first_taken.set()
            all_made.wait()
    assert seen == [0, 99]


def test_a_stuck_device_does_not_hold_up_close() -> None:
    freed, stuck = Event(), Event()

    def device(closing: Event) -> Iterator[int]:
        yield 0
        stuck.set()
        freed.wait()

    ahead = DecodeAhead(device, depth=1, linger=0.0)
    for _ in ahead:
        stuck.wait()
        ahead.close()
    assert ahead.alive
    freed.set()
    ahead.close()


def test_depth_below_one_is_refused() -> None:
    with pytest.raises(InputError, match="depth is 0; at least one frame"):
        DecodeAhead(count_to(1), depth=0)
