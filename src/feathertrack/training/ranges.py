"""Numbers of a recipe that make no sense, refused by their path before anything is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from feathertrack.data.settings import DataSettings, SetSettings, ViewSettings
from feathertrack.errors import InputError
from feathertrack.training.losses.distillation import (
    AdaptiveHard,
    CorrelationFilter,
    LiftedFidelity,
    TargetResponse,
    Term,
    TrackingResponse,
)
from feathertrack.training.losses.distillation.siamese import SiameseTerm, SoftScores
from feathertrack.training.recipe import LoopSettings, OptimSettings, ScheduleSettings, TaskSettings


@dataclass(frozen=True)
class Range:
    """Numbers from ``low`` to ``high``; ``inside`` leaves ``low`` itself out."""

    low: float = 0.0
    high: float = float("inf")
    inside: bool = False

    def holds(self, value: float) -> bool:
        """Whether a number lies in it; NaN and infinity never do."""
        above = value > self.low if self.inside else value >= self.low
        return above and value <= self.high and value < float("inf")

    def __str__(self) -> str:
        least = f"above {self.low:g}" if self.inside else f"at least {self.low:g}"
        return least if self.high == float("inf") else f"{least} and at most {self.high:g}"


_OURS = "feathertrack."
_SHARE = Range(0, 1)
_RELATIVE = Range(0, 0.95)
_SEED = Range(0, 2**32 - 1)
_BELL = {"share": Range(inside=True)}
_RANGES: Mapping[type, Mapping[str, Range]] = {
    SetSettings: {"share": Range(), "count": Range(-1), "frame_range": Range()},
    ViewSettings: {
        "size": Range(1),
        "shift": Range(),
        "scale": _RELATIVE,
        "stretch": _RELATIVE,
        "color": _SHARE,
        "blur": _SHARE,
        "flip": _SHARE,
        "brightness": _SHARE,
        "context": Range(),
    },
    DataSettings: {"negative": _SHARE, "gray": _SHARE, "workers": Range()},
    LoopSettings: {
        "seed": _SEED,
        "skip_above": Range(inside=True),
        "keep": Range(1),
        "save_minutes": Range(inside=True),
        "pictures_every": Range(),
    },
    OptimSettings: {"momentum": _SHARE},
    ScheduleSettings: {
        "end": Range(),
        "gamma": Range(),
        "warmup_epochs": Range(),
        "warmup_start": Range(),
    },
    Term: {"weight": Range()},
    AdaptiveHard: {"threshold": Range()},
    CorrelationFilter: _BELL,
    TargetResponse: _BELL,
    TrackingResponse: _BELL,
    LiftedFidelity: {"seed": _SEED},
    SiameseTerm: {"weight": Range()},
    SoftScores: {"temperature": Range(inside=True)},
}


def check_numbers(settings: object, path: str = "") -> None:
    """Look at every number of a recipe, or of a part of one, that has a range.

    Args:
        settings: a dataclass, with dataclasses and tuples of such in it.
        path: of the settings themselves, with a dot behind.

    Raises:
        InputError: a number out of its range; the message has its dotted path.
    """
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        value = getattr(settings, field.name)
        allowed = _range_of(settings, field.name)
        if allowed is not None and not allowed.holds(value):
            raise InputError(f"{path}{field.name} must be {allowed}, got {value}")
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            check_numbers(value, f"{path}{field.name}.")
        elif isinstance(value, tuple):
            for number, one in enumerate(value):
                if dataclasses.is_dataclass(one) and not isinstance(one, type):
                    check_numbers(one, f"{path}{field.name}.{number}.")


def _range_of(settings: object, name: str) -> Range | None:
    """The range of a field, if it has one; what a task of ours counts and weighs is never negative.

    Whoever writes a task elsewhere checks its numbers in it.
    """
    value = getattr(settings, name)
    if isinstance(settings, TaskSettings) and type(settings).__module__.startswith(_OURS):
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return Range() if is_number else None
    known = (_RANGES.get(kind, {}) for kind in type(settings).__mro__)
    return next((ranges[name] for ranges in known if name in ranges), None)
