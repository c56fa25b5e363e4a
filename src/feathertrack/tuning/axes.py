"""Axes of a search: settings that may be varied, in which range, and what they mean.

Range and scale live with the field (``ranged``), the meaning in the class's docstring. Boolean
fields and fields of words are axes too, but only where somebody asks for them.
"""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import math
import re
import typing
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from feathertrack.errors import InputError

Value = bool | int | float | str

CHECKPOINT = "checkpoint"
"""The axis of a folder of weights: which file of it. It is no field of the settings."""

_DIGITS = 12
"""Decimals of computed values: 0.1 + 2 * 0.1 is 0.3."""
_MOST = 10_000
"""Values of an axis."""
_ENTRY = re.compile(r"^(\w+): (.*(?:\n {2,}.*)*)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One setting that is varied.

    Attributes:
        path: of the field, with dots into nested settings.
        default: its value where it is not varied.
        low: least value of a range.
        high: greatest value of a range.
        log: the range is to be searched by ratios.
        whole: whole numbers only.
        choices: the values, where it is no range; () for a range.
        meaning: of the field, as its class says it.
    """

    path: str
    default: Value
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False
    choices: tuple[Value, ...] = ()
    meaning: str = ""

    @property
    def option(self) -> str:
        """As it is written on the command line."""
        return self.path.replace("_", "-")

    def __str__(self) -> str:
        if self.choices:
            return ", ".join(map(shown, self.choices))
        scale = ", by ratios" if self.log else ""
        return f"{shown(self.low)} to {shown(self.high)}{scale}"

    def values(self, levels: int) -> tuple[Value, ...]:
        """The choices, or so many values of the range, both ends included.

        >>> Axis(path="rate", default=0.5, low=0.0, high=1.0).values(3)
        (0.0, 0.5, 1.0)
        """
        if self.choices:
            return self.choices
        between = np.geomspace if self.log else np.linspace
        spread = between(self.low, self.high, levels)
        if self.whole:
            return tuple(dict.fromkeys(round(float(one)) for one in spread))
        inside = np.clip(spread.round(_DIGITS), self.low, self.high)
        return tuple(float(one) for one in dict.fromkeys(inside))

    @property
    def start(self) -> Value:
        """The default where it lies on the axis, else the nearest value that does.

        >>> Axis(path="rate", default=0.5, high=1.0, choices=(0.1, 0.3)).start
        0.3
        """
        if self.holds(self.default):
            return self.default
        if isinstance(self.default, bool | str):  # none of the others is nearer
            return self.choices[0]
        default = float(self.default)
        if self.choices:
            return min(self.choices, key=lambda one: abs(float(one) - default))
        value = min(max(default, self.low), self.high)
        return round(value) if self.whole else value

    def holds(self, value: Value) -> bool:
        """Whether a value lies on the axis."""
        if self.choices:
            return value in self.choices
        number = not isinstance(value, bool | str)
        return number and self.low <= float(value) <= self.high


def shown(value: Value) -> str:
    """A value as people write it.

    >>> shown(0.30000000000000004), shown(3), shown(True)
    ('0.3', '3', 'true')
    """
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def axes_of(settings: Any, *, prefix: str = "", depth: int = 2) -> dict[str, Axis]:
    """All axes of a tracker's settings by path: ranged fields, flags, words; nested ones too.

    >>> from feathertrack.trackers.siamfc import SiamFCSettings
    >>> print(axes_of(SiamFCSettings())["window_weight"])
    0 to 1
    """
    found: dict[str, Axis] = {}
    meanings = _meanings(type(settings))
    hints = typing.get_type_hints(type(settings))
    for field in dataclasses.fields(settings):
        value, path = getattr(settings, field.name), prefix + field.name
        known = {"path": path, "default": value, "meaning": meanings.get(field.name, "")}
        hint = hints.get(field.name)
        if "low" in field.metadata:
            found[path] = Axis(
                low=field.metadata["low"],
                high=field.metadata["high"],
                log=field.metadata["log"],
                whole=isinstance(field.default, int),
                **known,
            )
        elif isinstance(value, bool):
            found[path] = Axis(choices=(False, True), **known)
        elif typing.get_origin(hint) is typing.Literal:
            found[path] = Axis(choices=typing.get_args(hint), **known)
        elif dataclasses.is_dataclass(value) and depth > 1:
            found |= axes_of(value, prefix=f"{path}.", depth=depth - 1)
    return found


def _meanings(kind: type) -> dict[str, str]:
    """What a class and those above it say of their fields under ``Attributes:``."""
    found: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        text = inspect.cleandoc(one.__dict__.get("__doc__") or "")
        listed = inspect.cleandoc(text.partition("Attributes:\n")[2])
        found |= {name: " ".join(said.split()) for name, said in _ENTRY.findall(listed)}
    return found


def find_axis(name: str, axes: typing.Mapping[str, Axis], *, owner: str) -> Axis:
    """The axis of a name.

    Args:
        name: with dashes or underscores.
        axes: of ``axes_of``.
        owner: whose axes they are, for the error.

    Raises:
        InputError: there is none of that name; the nearest are named, each with its range.
    """
    path = name.replace("-", "_")
    if path in axes:
        return axes[path]
    near = difflib.get_close_matches(path, axes, n=3, cutoff=0.4) or list(axes)[:6]
    listed = ", ".join(f"{axes[one].option} ({axes[one]})" for one in near)
    raise InputError(f"{owner} nothing to search called {name!r}; nearest: {listed}")


def narrowed(axis: Axis, text: str) -> Axis:
    """The axis within what a user wrote.

    Args:
        axis: as it comes.
        text: ``LOW:HIGH``, ``LOW:HIGH:log``, ``LOW:HIGH:STEP`` (HIGH included where a step meets
            it), values with commas, or ``all`` for the whole range.

    Raises:
        InputError: it cannot be read, or leads out of the range of the field.

    >>> rate = Axis(path="rate", default=0.5, low=0.0, high=1.0)
    >>> narrowed(rate, "0.1:0.3:0.1").choices, str(narrowed(rate, "0.1:0.3"))
    ((0.1, 0.2, 0.3), '0.1 to 0.3')
    """
    if text.strip() == "all":
        return axis
    parts = [part.strip() for part in text.split(":")]
    if axis.choices or len(parts) == 1:
        words = [word.strip() for word in text.split(",") if word.strip()]
        values = tuple(dict.fromkeys(_value(axis, word, text) for word in words))
        if not values:
            raise InputError(f"{_option(axis)} has no values: write {_forms(axis)}")
        return replace(axis, choices=_inside(axis, values))
    if len(parts) > 3:
        raise InputError(f"{_option(axis)} is {_forms(axis)}, got {text!r}")
    ends = [_value(axis, part, text) for part in parts[:2]]
    low, high = (float(end) for end in _inside(axis, ends))
    if not low < high:
        raise InputError(f"{_option(axis)} goes from a smaller to a greater number, got {text!r}")
    if len(parts) == 2:
        return replace(axis, low=low, high=high)
    if parts[2] == "log":
        if low <= 0:
            raise InputError(f"{_option(axis)} by ratios starts above 0, got {text!r}")
        return replace(axis, low=low, high=high, log=True)
    step = _value(axis, parts[2], text)
    if isinstance(step, str) or not 0 < step <= high - low:
        raise InputError(
            f"{_option(axis)} needs a step above 0 that is not wider than the range, got {text!r}: "
            f"write {_forms(axis)}"
        )
    return replace(axis, choices=_stepped(axis, low, high, step))


def opened(axis: Axis) -> Axis:
    """The whole range instead of several values of a ranged field: points between are needed too.

    >>> str(opened(Axis(path="rate", default=0.5, low=0.0, high=1.0, choices=(0.3, 0.4))))
    '0 to 1'
    """
    return replace(axis, choices=()) if len(axis.choices) > 1 and axis.low < axis.high else axis


def _stepped(axis: Axis, low: float, high: float, step: float) -> tuple[Value, ...]:
    if (high - low) / step >= _MOST:
        raise InputError(f"{_option(axis)} would have over {_MOST} values: take a greater step")
    count = math.floor((high - low) / step + 1e-9) + 1
    values = [round(low + number * step, _DIGITS) for number in range(count)]
    return tuple(round(one) for one in values) if axis.whole else tuple(values)


def _value(axis: Axis, word: str, text: str) -> Value:
    """A word as a value of the axis."""
    if axis.choices and not _is_number(axis.choices[0]):
        known = {shown(one): one for one in axis.choices}
        if word.lower() not in known:
            raise InputError(f"{_option(axis)} is one of {', '.join(known)}, got {word!r}")
        return known[word.lower()]
    try:
        return int(word) if axis.whole else float(word)
    except ValueError:
        kind = "whole number" if axis.whole else "number"
        raise InputError(
            f"{_option(axis)}: {word!r} is no {kind} in {text!r}; write {_forms(axis)}"
        ) from None


def _inside(axis: Axis, values: Sequence[Value]) -> tuple[Value, ...]:
    for value in values:
        if _is_number(value) and not axis.choices and not axis.low <= value <= axis.high:  # type: ignore[operator]
            raise InputError(
                f"{_option(axis)} must lie between {shown(axis.low)} and {shown(axis.high)}, "
                f"got {shown(value)}"
            )
    return tuple(values)


def _is_number(value: Value) -> bool:
    return not isinstance(value, bool | str)


def _option(axis: Axis) -> str:
    return f"space.{axis.option}"


def _forms(axis: Axis) -> str:
    if axis.choices:
        return f"some of {axis}, with commas"
    return "LOW:HIGH, LOW:HIGH:STEP, LOW:HIGH:log, or values with commas"
