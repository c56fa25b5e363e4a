"""The learning rate by epoch, as factors on each group's own rate.

The factor is 1 in the first epoch after the warm-up and constant within an epoch. Published lists
whose divisor is another value (pysot's AlexNet and SiamKPN train at half the rate that they log)
are said with a smaller ``optim.lr`` and with factors relative to it.

Source: pysot, ``lr_scheduler.py``; FDSiamFC, ``train_over`` (exponential).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from feathertrack.errors import InputError
from feathertrack.training.recipe import ScheduleSettings

Factors = NDArray[np.float64]


def schedule_factors(settings: ScheduleSettings, *, epochs: int) -> tuple[float, ...]:
    """Return the factor of every epoch, warm-up first.

    Raises:
        InputError: the warm-up is as long as the training, or a number cannot be used.

    >>> settings = ScheduleSettings(kind="log", end=0.1, warmup_epochs=2, warmup_start=0.25)
    >>> [round(factor, 4) for factor in schedule_factors(settings, epochs=5)]
    [0.25, 0.5, 1.0, 0.3162, 0.1]
    """
    _check(settings, epochs=epochs)
    falling = _KINDS[settings.kind](settings, epochs - settings.warmup_epochs)
    return tuple(float(factor) for factor in np.concatenate([_warmup(settings), falling]))


def _check(settings: ScheduleSettings, *, epochs: int) -> None:
    if epochs < 1:
        raise InputError(f"loop.epochs must be at least 1, got {epochs}")
    if not 0 <= settings.warmup_epochs < epochs:
        raise InputError(
            f"schedule.warmup_epochs must lie between 0 and {epochs - 1}, as loop.epochs is "
            f"{epochs}; got {settings.warmup_epochs}"
        )
    if settings.warmup_epochs and not settings.warmup_start > 0:
        raise InputError(f"schedule.warmup_start must be above 0, got {settings.warmup_start}")
    if not settings.gamma >= 0:
        raise InputError(f"schedule.gamma must be at least 0, got {settings.gamma}")
    derived = settings.kind in ("exponential", "step", "multistep") and settings.gamma == 0
    if (settings.kind == "log" or derived) and not settings.end > 0:
        raise InputError(f"schedule.end must be above 0 for {settings.kind}, got {settings.end}")
    if settings.kind == "step" and settings.step_epochs < 1:
        raise InputError(f"schedule.step_epochs must be at least 1, got {settings.step_epochs}")


def _warmup(settings: ScheduleSettings) -> Factors:
    num, start = settings.warmup_epochs, settings.warmup_start
    if settings.warmup == "linear":
        return np.linspace(start, 1.0, num)
    growth = (1.0 / start) ** (1.0 / num) if num else 1.0
    return np.asarray(start * growth ** np.arange(num))


def _constant(_: ScheduleSettings, num: int) -> Factors:
    return np.ones(num)


def _exponential(settings: ScheduleSettings, num: int) -> Factors:
    gamma = settings.gamma or settings.end ** (1.0 / num)
    return np.asarray(gamma ** np.arange(num))


def _log(settings: ScheduleSettings, num: int) -> Factors:
    return np.logspace(0.0, math.log10(settings.end), num)


def _cosine(settings: ScheduleSettings, num: int) -> Factors:
    wave = (1.0 + np.cos(np.pi * np.arange(num) / num)) / 2.0
    return np.asarray(settings.end + (1.0 - settings.end) * wave)


def _step(settings: ScheduleSettings, num: int) -> Factors:
    gamma = settings.gamma or settings.end ** (1.0 / max(1, num // settings.step_epochs))
    return np.asarray(gamma ** (np.arange(num) // settings.step_epochs))


def _multistep(settings: ScheduleSettings, num: int) -> Factors:
    """Milestones are epochs of the whole training, the warm-up included."""
    gamma = settings.gamma or settings.end ** (1.0 / max(1, len(settings.milestones)))
    epochs = settings.warmup_epochs + np.arange(num)
    passed = (epochs[:, None] >= np.asarray(settings.milestones, dtype=np.int64)).sum(axis=1)
    return np.asarray(gamma**passed)


def _linear(settings: ScheduleSettings, num: int) -> Factors:
    return np.linspace(1.0, settings.end, num)


_KINDS: Mapping[str, Callable[[ScheduleSettings, int], Factors]] = {
    "constant": _constant,
    "exponential": _exponential,
    "log": _log,
    "cosine": _cosine,
    "step": _step,
    "multistep": _multistep,
    "linear": _linear,
}
