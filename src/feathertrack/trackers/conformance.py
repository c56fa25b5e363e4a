"""``check_tracker``: does an object keep the promises of a tracker? For anybody's.

Everything is tried on a small picture book of its own: a textured target that moves over a textured
background, and another with another background. A tracker need not be good at following it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from feathertrack.errors import InputError
from feathertrack.trackers import promises
from feathertrack.trackers.picture_book import book
from feathertrack.trackers.promises import BrokenPromise, Checkable, Seen


@dataclass(frozen=True, kw_only=True)
class Check:
    """One promise and what became of it.

    Attributes:
        name: the promise in a few words.
        passed: whether it is kept; None where another failure kept it from being tried.
        text: what was seen, "" where it is kept.
    """

    name: str
    passed: bool | None
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Conformance:
    """What ``check_tracker`` found.

    Attributes:
        tracker: the name of its class.
        checks: every promise, in the order in which they were tried.
    """

    tracker: str
    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Every promise is kept."""
        return all(check.passed for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The promises that are not kept."""
        return tuple(check for check in self.checks if check.passed is False)

    def require(self) -> None:
        """Do nothing if every promise is kept.

        Raises:
            InputError: names all that are not.
        """
        if self.failures:
            listed = "; ".join(f"{check.name}: {check.text}" for check in self.failures)
            raise InputError(f"{self.tracker} is no tracker that can be relied on: {listed}")

    def __str__(self) -> str:
        words = {True: "ok", False: "FAILED", None: "not tried"}
        lines = [
            f"  {words[check.passed]:<10}{check.name}" + (f": {check.text}" if check.text else "")
            for check in self.checks
        ]
        return "\n".join([f"{self.tracker}: {'ok' if self.ok else 'not ok'}", *lines])


def check_tracker(tracker: Checkable, *, tolerance: float = 1e-3) -> Conformance:
    """Try whether an object keeps the promises of a tracker; it takes about sixty frames.

    It must answer with a result or four numbers; boxes must be finite, of positive size and within
    a million pixels, scores lie in [0, 1]. ``init`` must start afresh at any time, and nothing may
    leak from one sequence to the next: the same frames give the same boxes, whatever came between.
    It must take boxes that reach over each border, frames without the target, and frames in one
    buffer that the caller fills anew. It must not write into an image, nor change the network it
    runs.

    Args:
        tracker: the tracker. It is left with a target of the check's own.
        tolerance: pixels by which boxes that should be equal may differ, as on a GPU.

    Returns:
        What was found. ``check_tracker(tracker).require()`` raises if anything is wrong.

    Raises:
        InputError: the object has no ``init`` and ``update``.
    """
    for method in ("init", "update"):
        if not callable(getattr(tracker, method, None)):
            name = type(tracker).__name__
            raise InputError(f"{name} is no tracker: it has no method {method}(image, ...)")
    return Conformance(tracker=type(tracker).__name__, checks=tuple(_try_all(tracker, tolerance)))


def _try_all(tracker: Checkable, tolerance: float) -> Iterator[Check]:
    """Every promise, one after the other; those that compare need a first run that came through."""
    weights = promises.fingerprint(tracker)
    frames = book(seed=0)
    follows = partial(promises.run, tracker, frames)
    answer, first = _try("answers with finite boxes of positive size", follows)
    yield answer

    def again(promise: promises.Comparison) -> Callable[[Seen], None]:
        return lambda first: promise(tracker, frames, tolerance, first)

    tries: list[tuple[str, Callable[[Seen], object]]] = [
        ("gives the same result twice", again(promises.repeats)),
        ("init in the middle starts afresh", again(promises.restarts)),
        ("does not hold on to the caller's image", again(promises.copies)),
        ("keeps nothing of another sequence", again(promises.forgets)),
        ("does not write into an image", lambda _: promises.leaves_images(tracker, frames)),
        ("takes boxes over every border", lambda _: promises.takes_borders(tracker, frames)),
        ("survives frames without the target", lambda _: promises.survives_blank(tracker, frames)),
        ("does not change its network", lambda _: promises.leaves_network(tracker, weights)),
    ]
    steady = True
    for number, (name, attempt) in enumerate(tries):
        if first is None:
            yield Check(name=name, passed=None, text="it does not follow at all")
        elif number in (1, 2, 3) and not steady:
            yield Check(name=name, passed=None, text="it does not even give the same result twice")
        else:
            check, _ = _try(name, partial(attempt, first))
            steady = steady and (number > 0 or bool(check.passed))
            yield check


def _try(name: str, attempt: Callable[[], Any]) -> tuple[Check, Any]:
    """A check of one promise, and what the attempt returned; None where it failed."""
    try:
        value = attempt()
    except BrokenPromise as broken:
        return Check(name=name, passed=False, text=str(broken)), None
    except (Exception, SystemExit) as error:  # whatever foreign code may raise is a finding here
        text = f"it raised {type(error).__name__}: {' '.join(str(error).split())}"
        return Check(name=name, passed=False, text=text), None
    return Check(name=name, passed=True), value
