"""Which points of a study are best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from feathertrack.errors import InputError
from feathertrack.tuning.objectives import Objective, speed_in
from feathertrack.tuning.places import without_secrets
from feathertrack.tuning.study import Tried


def is_fast_enough(one: Tried, slowest: float) -> bool:
    """Whether a point may win: by the limit of this command, not of that which ran it.

    Args:
        one: a finished point.
        slowest: frames per second that a winner must reach; 0 for any.
    """
    return not slowest or (speed_in(one.details) or 0.0) >= slowest


def refuse_untimed(tried: Iterable[Tried], *, slowest: float, study: str) -> None:
    """Refuse a limit to the speed where finished points have none.

    Raises:
        InputError: some were run without timing; the text says what that means.
    """
    done = [one for one in tried if one.state == "complete"]
    untimed = sum(speed_in(one.details) is None for one in done)
    if slowest and untimed:
        raise InputError(
            f"--min-fps {slowest:g}: {untimed} of the {len(done)} finished points of study "
            f"{without_secrets(study)} were run without timing, sharing passes of the network, so "
            "nobody knows how fast they are: choose another --study"
        )


def ranked(
    tried: Iterable[Tried], objectives: Sequence[Objective], *, slowest: float
) -> list[Tried]:
    """Finished points that are fast enough, the best by the first objective first.

    Equals by the first are told apart by the next ones, so that no other point beats the best one
    in all. Of equals in all the earlier one comes first; of a point that was run twice, one is
    left.
    """
    done = [one for one in tried if one.state == "complete" and is_fast_enough(one, slowest)]
    unique = {one.point: one for one in reversed(done)}.values()
    return sorted(
        unique, key=lambda one: (*(-gain for gain in _gains(one, objectives)), one.number)
    )


def _gains(one: Tried, objectives: Sequence[Objective]) -> list[float]:
    """The values of a finished point, each so that large is good."""
    return [each.gain * value for each, value in zip(objectives, one.values, strict=True)]


def front(
    tried: Iterable[Tried], objectives: Sequence[Objective], *, slowest: float
) -> list[Tried]:
    """The Pareto front: points that no other one beats in all objectives, best first."""
    points = ranked(tried, objectives, slowest=slowest)
    gains = [_gains(one, objectives) for one in points]
    return [
        one
        for one, mine in zip(points, gains, strict=True)
        if not any(_beats(other, mine) for other in gains)
    ]


def _beats(other: Sequence[float], mine: Sequence[float]) -> bool:
    pairs = list(zip(other, mine, strict=True))
    return all(a >= b for a, b in pairs) and any(a > b for a, b in pairs)


def why_none(tried: Sequence[Tried], *, slowest: float) -> str:
    """Why a search has no best point, in a sentence."""
    errors = [one.details["error"] for one in tried if one.details.get("error")]
    if errors:
        return f"no point could be run to its end: {errors[-1]}"
    return f"no point reaches {slowest:g} frames per second: lower --min-fps"
