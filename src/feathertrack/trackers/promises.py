"""The promises of a tracker, one function each: it returns if the promise is kept.

Each raises ``BrokenPromise`` if it is not, or whatever the tracker raises. Those that compare take
what the same tracker said of the same frames before, and how far boxes may differ.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.results import STATES, Result
from feathertrack.trackers.picture_book import HEIGHT, TARGET, WIDTH, book
from feathertrack.trackers.tracker import Image

_FAR = 1e6
"""Pixels: no box of the picture book reaches so far, however lost its tracker is."""


class Checkable(Protocol):
    """What is checked: a tracker of this package, or a class that answers with bare boxes."""

    def init(self, image: Image, box: Boxes, /) -> object:
        """Start on an RGB image with (x, y, w, h)."""

    def update(self, image: Image, /) -> Any:
        """A result, or a box, for the next image."""


class BrokenPromise(Exception):
    """A promise is not kept; the text says how."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A run of a tracker: one row (x, y, w, h, score) for each frame after the first."""

    rows: NDArray[np.float64]


Comparison = Callable[[Checkable, Sequence[Image], float, Seen], None]
"""A promise that takes a tracker, frames, a tolerance in pixels, and what was seen before."""


def run(tracker: Checkable, frames: Sequence[Image], *, box: Boxes = TARGET) -> Seen:
    """What a tracker says of frames, each handed over as a copy, from a box in the first."""
    tracker.init(frames[0].copy(), box.copy())
    # copies, lest a tracker that writes into its images spoil those of the next run
    answers = (tracker.update(image.copy()) for image in frames[1:])
    return Seen(np.array([_row(answer, number) for number, answer in enumerate(answers, 1)]))


def _row(answer: Any, number: int) -> NDArray[np.float64]:
    """x, y, w, h and score of an answer that keeps the promises of one."""
    score, box = (answer.score, answer.box) if isinstance(answer, Result) else (1.0, answer)
    try:
        values = np.asarray(box, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.empty(0)
    if values.shape != (4,):
        kind = type(answer).__name__
        expected = "a Result or x, y, width, height"
        raise BrokenPromise(f"frame {number} gave a {kind}, expected {expected}")
    text = ",".join(f"{value:g}" for value in values)
    if not np.isfinite(values).all() or (values[2:] <= 0).any():
        raise BrokenPromise(f"the box of frame {number} is {text}")
    if (np.abs(values) > _FAR).any():
        size = f"{WIDTH} x {HEIGHT}"
        raise BrokenPromise(f"the box of frame {number} is {text}, in an image of {size}")
    if not (np.isfinite(score) and 0 <= score <= 1):
        raise BrokenPromise(f"the score of frame {number} is {score}, expected 0 to 1")
    if isinstance(answer, Result) and answer.state not in STATES:
        known = ", ".join(STATES)
        raise BrokenPromise(f"the state of frame {number} is {answer.state!r}, not {known}")
    return np.append(values, score)


def repeats(tracker: Checkable, frames: Sequence[Image], tolerance: float, first: Seen) -> None:
    """The same frames give the same boxes."""
    _same(run(tracker, frames), first, tolerance, "the same frames a second time")


def restarts(tracker: Checkable, frames: Sequence[Image], tolerance: float, first: Seen) -> None:
    """``init`` forgets a target that was being followed."""
    run(tracker, frames[:3], box=TARGET + np.array([12, 9, -10, -6]))
    _same(run(tracker, frames), first, tolerance, "init after two frames of another target")


def forgets(tracker: Checkable, frames: Sequence[Image], tolerance: float, first: Seen) -> None:
    """Frames of another size, with another target, leave nothing behind."""
    run(tracker, book(seed=1, width=WIDTH + 60, height=HEIGHT - 20))
    _same(run(tracker, frames), first, tolerance, "another sequence in between")


def copies(tracker: Checkable, frames: Sequence[Image], tolerance: float, first: Seen) -> None:
    """Frames that come in one buffer, which the caller fills anew, give the same boxes."""
    buffer = frames[0].copy()
    tracker.init(buffer, TARGET.copy())
    rows = []
    for number, image in enumerate(frames[1:], 1):
        buffer[:] = image
        rows.append(_row(tracker.update(buffer), number))
    _same(Seen(np.array(rows)), first, tolerance, "the frames in one buffer that is filled anew")


def _same(seen: Seen, first: Seen, tolerance: float, after: str) -> None:
    """See that no box is further off than ``tolerance``; ``after`` says what came between."""
    apart = np.abs(seen.rows[:, :4] - first.rows[:, :4]).max(axis=1)
    if (apart > tolerance).any():
        number = int(np.argmax(apart > tolerance))
        raise BrokenPromise(
            f"after {after} the box of frame {number + 1} is {apart[number]:.3g} pixels off"
        )


def leaves_images(tracker: Checkable, frames: Sequence[Image]) -> None:
    """Neither the frames nor the first box are written into."""
    given = [image.copy() for image in frames]
    box = TARGET.copy()
    tracker.init(given[0], box)
    for image in given[1:]:
        tracker.update(image)
    changed = [n for n, image in enumerate(given) if not np.array_equal(image, frames[n])]
    if changed:
        raise BrokenPromise(f"the image of frame {changed[0]} is another one afterwards")
    if not np.array_equal(box, TARGET):
        raise BrokenPromise("the array of the first box is another one afterwards")


def takes_borders(tracker: Checkable, frames: Sequence[Image]) -> None:
    """A first box may reach over any border of the image."""
    for where, x, y in (
        ("left", -15.0, 70.0),
        ("upper", 90.0, -12.0),
        ("right", WIDTH - 30.0, 70.0),
        ("lower", 90.0, HEIGHT - 25.0),
    ):
        try:
            run(tracker, frames[:3], box=np.array([x, y, 48.0, 40.0]))
        except (Exception, SystemExit) as error:
            raise BrokenPromise(f"with a box over the {where} border: {error}") from error


def survives_blank(tracker: Checkable, frames: Sequence[Image]) -> None:
    """Grey frames, which show no target, stop nothing."""
    blank = np.full_like(frames[0], 127)
    run(tracker, [frames[0], frames[1], blank, blank, blank, frames[2]])


def leaves_network(tracker: Checkable, before: list[NDArray[Any]]) -> None:
    """The fingerprint is the one from before."""
    after = fingerprint(tracker)
    if len(before) != len(after) or any(
        not np.array_equal(one, other) for one, other in zip(before, after, strict=True)
    ):
        raise BrokenPromise("its weights, or what its engine answers, are others than before")


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
