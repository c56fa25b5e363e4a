"""Which points of a study are best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from feathertrack.tuning.objectives import Objective
from feathertrack.tuning.study import Tried


def ranked(tried: Iterable[Tried], objectives: Sequence[Objective]) -> list[Tried]:
    """Finished points that are fast enough, the best by the first objective first.

    Of equals the earlier one comes first; of a point that was run twice, one is left.
    """
    gain = objectives[0].gain
    done = [one for one in tried if one.state == "complete" and one.details.get("feasible", True)]
    unique = {one.point: one for one in reversed(done)}.values()
    return sorted(unique, key=lambda one: (-gain * one.values[0], one.number))


def front(tried: Iterable[Tried], objectives: Sequence[Objective]) -> list[Tried]:
    """The Pareto front: points that no other one beats in all objectives, best first."""
    points = ranked(tried, objectives)
    gains = [
        [objective.gain * value for objective, value in zip(objectives, one.values, strict=True)]
        for one in points
    ]
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
