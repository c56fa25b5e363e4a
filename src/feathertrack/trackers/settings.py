"""Fields of a tracker's settings: the range that makes sense lives with the field.

Settings are frozen, keyword-only dataclasses. The same object serves the Python API, the command
line, the saved file and the tuner's search space.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from typing import Any, TypeVar

from feathertrack.errors import InputError

Settings = TypeVar("Settings")


def ranged(default: float, low: float, high: float, *, log: bool = False) -> Any:
    """A numeric field that a search may vary from ``low`` to ``high``, on a log scale if ``log``.

    Values outside the range are refused when the settings are made. An integer default makes an
    integer field.
    """
    return dataclasses.field(default=default, metadata={"low": low, "high": high, "log": log})


def check_ranges(settings: Any) -> None:
    """Refuse a value outside the range of its field, and a word where one chooses yes or no.

    Raises:
        InputError: names the field, the value and the range.
    """
    for field in dataclasses.fields(settings):
        if isinstance(field.default, bool):
            given = getattr(settings, field.name)
            if not isinstance(given, bool):
                raise InputError(f"{field.name} must be true or false, got {given!r}")
        if "low" not in field.metadata:
            continue
        value, low, high = (
            getattr(settings, field.name),
            field.metadata["low"],
            field.metadata["high"],
        )
        number = isinstance(value, int | float) and not isinstance(value, bool)
        whole = isinstance(field.default, int)
        if not number or not math.isfinite(value) or (whole and not isinstance(value, int)):
            kind = "a whole number" if whole else "a number"
            raise InputError(f"{field.name} must be {kind}, got {value!r}")
        if not low <= value <= high:
            raise InputError(f"{field.name} must lie between {low} and {high}, got {value}")


def override(settings: Settings, changes: Mapping[str, object]) -> Settings:
    """The same settings with some fields changed.

    Raises:
        InputError: there is no such field (the nearest are named), or a value is out of range.
    """
    names = [field.name for field in dataclasses.fields(settings)]  # type: ignore[arg-type]
    for name in changes:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=3, cutoff=0.3)
            raise InputError(
                f"{type(settings).__name__} has no field {name!r}; "
                f"nearest: {', '.join(near or names)}"
            )
    return dataclasses.replace(settings, **changes)  # type: ignore[type-var]


def settings_to_json(settings: Any) -> dict[str, Any]:
    """All fields of settings as plain values, nested settings as nested objects."""
    return dataclasses.asdict(settings)


def settings_from_json(base: Settings, values: Mapping[str, object]) -> Settings:
    """``base`` with the fields that a JSON object names; nested objects change nested settings.

    Raises:
        InputError: there is no such field, or a value does not fit.
    """
    changes: dict[str, object] = {}
    for name, value in values.items():
        nested = getattr(base, name, None)
        if isinstance(value, Mapping) and dataclasses.is_dataclass(nested):
            changes[name] = settings_from_json(nested, value)
        else:
            changes[name] = value
    return override(base, changes)
