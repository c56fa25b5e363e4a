"""Which of several engines is the fastest on the pictures that a tracker will show it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from feathertrack.engines.choice import Candidate, Choice
from feathertrack.engines.protocol import Engine, Images, NetworkInfo, Outputs
from feathertrack.errors import FeathertrackError

REGIONS_PER_FRAME: Mapping[str, int] = {"siamfc": 3}
"""Family -> search regions that its tracker asks for in one call; 1 for the others."""

_SECONDS = 1.2
_ROUNDS = range(3, 16)  # fewest and most
_LARGEST_DIFFERENCE: Mapping[str, float] = {"int8": 0.15}
"""By precision, as a share of the range; runtimes round quantised layers at other places."""

_USUAL_DIFFERENCE = 0.05

Clock = Callable[[], float]
Call = Callable[[], Outputs]


def choose_fastest(
    candidates: Sequence[Candidate],
    *,
    load: Callable[[Candidate], Engine],
    excluded: Mapping[str, str],
    clock: Clock = time.perf_counter,
) -> Choice:
    """Load every candidate, time it, and take the fastest that computes the right thing.

    Args:
        candidates: what to try; those in float32 come first, and the first that works is what the
            others are held against.
        load: makes the engine; an error of this package excludes the candidate.
        excluded: candidates that were ruled out before, with reasons.
        clock: seconds, for tests.

    Raises:
        FeathertrackError: no candidate can be loaded; the first one's error.
    """
    calls: dict[Candidate, Call] = {}
    reasons, failures = dict(excluded), []
    expected: Outputs | None = None
    for candidate in candidates:
        try:
            call = frame_call(load(candidate))
            outputs = call()
        except FeathertrackError as error:
            reasons[str(candidate)] = str(error)
            failures.append(error)
            continue
        difference = 0.0 if expected is None else relative_difference(outputs, expected)
        if difference > _LARGEST_DIFFERENCE.get(candidate.precision, _USUAL_DIFFERENCE):
            reasons[str(candidate)] = f"its outputs are off by {difference:.0%} of their range"
            continue
        expected = outputs if expected is None else expected
        calls[candidate] = call
    if not calls:
        raise failures[0]
    milliseconds = time_calls(calls, clock=clock)
    taken = min(milliseconds, key=milliseconds.__getitem__)
    reason = "the fastest" if len(calls) > 1 else "the only one that works here"
    return Choice(taken=taken, reason=reason, milliseconds=milliseconds, excluded=reasons)


def frame_call(engine: Engine) -> Call:
    """One frame's ``predict`` on pictures that never change."""
    template, search = example_pictures(engine.info)
    features = engine.embed(template)
    return lambda: engine.predict(features, search)


def time_calls(calls: Mapping[Candidate, Call], *, clock: Clock) -> dict[Candidate, float]:
    """Median milliseconds of every call.

    They take turns, so that what disturbs the machine disturbs all of them.
    """
    times: dict[Candidate, list[float]] = {candidate: [] for candidate in calls}
    end = clock() + _SECONDS
    for number in range(_ROUNDS.stop):
        if number >= _ROUNDS.start and clock() > end:
            break
        for candidate, call in calls.items():
            start = clock()
            call()
            times[candidate].append(clock() - start)
    return {candidate: 1e3 * statistics.median(seconds) for candidate, seconds in times.items()}


def example_pictures(info: NetworkInfo) -> tuple[Images, Images]:
    """A template (1, h, w, 3) and search regions (N, H, W, 3): smooth shapes with some noise."""
    regions = REGIONS_PER_FRAME.get(info.family, 1)
    picture = _picture(info.search_size)
    first = (info.search_size - info.template_size) // 2
    middle = slice(first, first + info.template_size)
    return np.ascontiguousarray(picture[None, middle, middle]), np.stack([picture] * regions)


def _picture(side: int) -> Images:
    rows, columns = np.mgrid[0:side, 0:side] / side
    waves = np.stack(
        [np.sin(9 * rows + 5 * columns), np.cos(7 * columns), np.sin(6 * rows * columns)], axis=-1
    )
    noise = np.random.default_rng(0).normal(0, 12, waves.shape)
    return np.clip(127 + 90 * waves + noise, 0, 255).astype(np.uint8)


def relative_difference(outputs: Outputs, expected: Outputs) -> float:
    """Largest difference of any output, as a share of that output's largest magnitude."""
    return max(
        (_difference(output, wanted) for output, wanted in zip(outputs, expected, strict=True)),
        default=0.0,
    )


def _difference(output: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    if output.shape != wanted.shape or not np.isfinite(output).all():
        return float("inf")
    scale = float(np.abs(wanted).max()) or 1.0
    return float(np.abs(output - wanted).max()) / scale
