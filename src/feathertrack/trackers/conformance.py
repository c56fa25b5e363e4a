"""``check_tracker``: does an object keep the promises of a tracker? For anybody's.

Everything is tried on a small picture book of its own: a textured target that moves over a textured
background, and another with another background. A tracker need not be good at following it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.results import STATES, Result
from feathertrack.trackers.tracker import Image

_WIDTH, _HEIGHT = 240, 180
_TARGET = np.array([90.0, 66.0, 48.0, 40.0])
_NUM_FRAMES = 5
_FAR = 1e6
"""Pixels: no box of the picture book reaches so far, however lost its tracker is."""


class Checkable(Protocol):
    """What is checked: a tracker of this package, or a class that answers with bare boxes."""

    def init(self, image: Image, box: Boxes, /) -> object:
        """Start on an RGB image with (x, y, w, h)."""

    def update(self, image: Image, /) -> Any:
        """A result, or a box, for the next image."""


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


class _Broken(Exception):
    """A promise is not kept; the text says how."""


@dataclass(frozen=True, eq=False)
class _Seen:
    """A run of a tracker: one row (x, y, w, h, score) for each frame after the first."""

    rows: NDArray[np.float64]


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
    weights = fingerprint(tracker)
    frames = book(seed=0)
    answers = _try("answers with finite boxes of positive size", partial(_run, tracker, frames))
    yield answers[0]
    first = answers[1]
    tries: list[tuple[str, Callable[[_Seen], object]]] = [
        ("gives the same result twice", partial(_repeats, tracker, frames, tolerance)),
        ("init in the middle starts afresh", partial(_restarts, tracker, frames, tolerance)),
        ("does not hold on to the caller's image", partial(_copies, tracker, frames, tolerance)),
        ("keeps nothing of another sequence", partial(_forgets, tracker, frames, tolerance)),
        ("does not write into an image", lambda _: _leaves_images(tracker, frames)),
        ("takes boxes over every border", lambda _: _takes_borders(tracker, frames)),
        ("survives frames without the target", lambda _: _survives_blank(tracker, frames)),
        ("does not change its network", lambda _: _leaves_network(tracker, weights)),
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
    try:
        value = attempt()
    except _Broken as broken:
        return Check(name=name, passed=False, text=str(broken)), None
    except (
        Exception,
        SystemExit,
    ) as error:  # anything that foreign code may raise is a finding here
        text = f"it raised {type(error).__name__}: {' '.join(str(error).split())}"
        return Check(name=name, passed=False, text=text), None
    return Check(name=name, passed=True), value


def _run(tracker: Checkable, frames: Sequence[Image], *, box: Boxes = _TARGET) -> _Seen:
    tracker.init(frames[0].copy(), box.copy())
    # copies, lest a tracker that writes into its images spoil those of the next run
    answers = (tracker.update(image.copy()) for image in frames[1:])
    return _Seen(np.array([_row(answer, number) for number, answer in enumerate(answers, 1)]))


def _row(answer: Any, number: int) -> NDArray[np.float64]:
    """x, y, w, h and score of an answer that keeps the promises of one."""
    score, box = (answer.score, answer.box) if isinstance(answer, Result) else (1.0, answer)
    try:
        values = np.asarray(box, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != (4,):
        kind = type(answer).__name__
        raise _Broken(f"frame {number} gave a {kind}, expected a Result or x, y, width, height")
    text = ",".join(f"{value:g}" for value in values)
    if not np.isfinite(values).all() or (values[2:] <= 0).any():
        raise _Broken(f"the box of frame {number} is {text}")
    if (np.abs(values) > _FAR).any():
        raise _Broken(f"the box of frame {number} is {text}, in an image of {_WIDTH} x {_HEIGHT}")
    if not (np.isfinite(score) and 0 <= score <= 1):
        raise _Broken(f"the score of frame {number} is {score}, expected 0 to 1")
    if isinstance(answer, Result) and answer.state not in STATES:
        raise _Broken(f"the state of frame {number} is {answer.state!r}, not {', '.join(STATES)}")
    return np.append(values, score)


def _repeats(tracker: Checkable, frames: Sequence[Image], tolerance: float, first: _Seen) -> None:
    _same(_run(tracker, frames), first, tolerance, "the same frames a second time")


def _restarts(tracker: Checkable, frames: Sequence[Image], tolerance: float, first: _Seen) -> None:
    _run(tracker, frames[:3], box=_TARGET + np.array([12, 9, -10, -6]))
    _same(_run(tracker, frames), first, tolerance, "init after two frames of another target")


def _forgets(tracker: Checkable, frames: Sequence[Image], tolerance: float, first: _Seen) -> None:
    _run(tracker, book(seed=1, width=_WIDTH + 60, height=_HEIGHT - 20))
    _same(_run(tracker, frames), first, tolerance, "another sequence in between")


def _copies(tracker: Checkable, frames: Sequence[Image], tolerance: float, first: _Seen) -> None:
    buffer = frames[0].copy()
    tracker.init(buffer, _TARGET.copy())
    rows = []
    for number, image in enumerate(frames[1:], 1):
        buffer[:] = image
        rows.append(_row(tracker.update(buffer), number))
    _same(_Seen(np.array(rows)), first, tolerance, "the frames in one buffer that is filled anew")


def _same(seen: _Seen, first: _Seen, tolerance: float, after: str) -> None:
    apart = np.abs(seen.rows[:, :4] - first.rows[:, :4]).max(axis=1)
    if (apart > tolerance).any():
        number = int(np.argmax(apart > tolerance))
        raise _Broken(
            f"after {after} the box of frame {number + 1} is {apart[number]:.3g} pixels off"
        )


def _leaves_images(tracker: Checkable, frames: Sequence[Image]) -> None:
    given = [image.copy() for image in frames]
    box = _TARGET.copy()
    tracker.init(given[0], box)
    for image in given[1:]:
        tracker.update(image)
    changed = [n for n, image in enumerate(given) if not np.array_equal(image, frames[n])]
    if changed:
        raise _Broken(f"the image of frame {changed[0]} is another one afterwards")
    if not np.array_equal(box, _TARGET):
        raise _Broken("the array of the first box is another one afterwards")


def _takes_borders(tracker: Checkable, frames: Sequence[Image]) -> None:
    for where, x, y in (
        ("left", -15.0, 70.0),
        ("upper", 90.0, -12.0),
        ("right", _WIDTH - 30.0, 70.0),
        ("lower", 90.0, _HEIGHT - 25.0),
    ):
        try:
            _run(tracker, frames[:3], box=np.array([x, y, 48.0, 40.0]))
        except (Exception, SystemExit) as error:
            raise _Broken(f"with a box over the {where} border: {error}") from error


def _survives_blank(tracker: Checkable, frames: Sequence[Image]) -> None:
    blank = np.full_like(frames[0], 127)
    _run(tracker, [frames[0], frames[1], blank, blank, blank, frames[2]])


def _leaves_network(tracker: Checkable, before: list[NDArray[Any]]) -> None:
    after = fingerprint(tracker)
    if len(before) != len(after) or any(
        not np.array_equal(one, other) for one, other in zip(before, after, strict=True)
    ):
        raise _Broken("its weights, or what its engine answers, are others than before")


def fingerprint(tracker: object) -> list[NDArray[Any]]:
    """What the networks of a tracker are: all arrays of their states, and an engine's answers.

    Looked at are the tracker's attributes, and those of the tracker that it wraps, that have a
    ``state_dict``, and ``engine``.
    """
    found: list[NDArray[Any]] = []
    holders = [tracker, getattr(tracker, "tracker", None)]
    for part in [value for one in holders for value in getattr(one, "__dict__", {}).values()]:
        state = getattr(part, "state_dict", None)
        if callable(state):
            found += [_array(value) for value in state().values() if hasattr(value, "shape")]
    engine = getattr(tracker, "engine", None)
    if engine is not None:
        info, noise = engine.info, np.random.default_rng(0)
        shapes = [(1, size, size, 3) for size in (info.template_size, info.search_size)]
        template, search = (noise.integers(0, 256, shape, np.uint8) for shape in shapes)
        found += [copy.copy(out) for out in engine.predict(engine.embed(template), search)]
    return found


def _array(value: Any) -> NDArray[Any]:
    for method in ("detach", "cpu", "numpy"):
        value = getattr(value, method)() if hasattr(value, method) else value
    return np.array(value)


def book(*, seed: int, width: int = _WIDTH, height: int = _HEIGHT) -> list[Image]:
    """Frames of a textured square of 48 x 40 that starts at (90, 66) and moves 3 right, 2 down."""
    noise = np.random.default_rng(seed)
    background = _texture(noise, width, height, blur=15)
    target = _texture(noise, 48, 40, blur=5)
    frames = []
    for number in range(_NUM_FRAMES + 1):
        x, y = 90 + 3 * number, 66 + 2 * number
        frame = background.copy()
        frame[y : y + 40, x : x + 48] = target
        frames.append(frame)
    return frames


def _texture(noise: np.random.Generator, width: int, height: int, *, blur: int) -> Image:
    rough = noise.integers(0, 256, (height, width, 3), np.uint8)
    smooth = cv2.GaussianBlur(rough, (blur, blur), 0).astype(np.float64)
    low, high = smooth.min(), smooth.max()
    image: Image = ((smooth - low) * (255 / (high - low))).astype(np.uint8)
    return image
