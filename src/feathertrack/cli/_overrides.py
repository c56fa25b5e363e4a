"""Fields of frozen dataclasses set by dotted path: ``--settings.confidence.midpoint 0.4``."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TypeVar

from feathertrack.errors import InputError

Settings = TypeVar("Settings")

_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def apply_overrides(settings: Settings, overrides: Iterable[tuple[str, str]]) -> Settings:
    """The same settings with some fields changed; values are texts, read by the field's type.

    Raises:
        InputError: there is no such field (the nearest are named), or the value does not fit.
    """
    for path, text in overrides:
        settings = _replace(settings, path.split("."), text, whole=path)
    return settings


def field_paths(settings: object, prefix: str = "") -> Iterator[str]:
    """Dotted paths of all fields that hold a plain value.

    >>> from feathertrack.trackers.confidence import ConfidenceSettings
    >>> list(field_paths(ConfidenceSettings()))[:2]
    ['midpoint', 'slope']
    """
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            yield from field_paths(value, f"{prefix}{field.name}.")
        else:
            yield prefix + field.name


def _replace(settings: Settings, path: Sequence[str], text: str, *, whole: str) -> Settings:
    name, *deeper = path
    names = [field.name for field in dataclasses.fields(settings)]  # type: ignore[arg-type]
    value: Any = getattr(settings, name) if name in names else None
    if name not in names or dataclasses.is_dataclass(value) != bool(deeper):
        raise InputError(_unknown(settings, path, whole))
    new = _replace(value, deeper, text, whole=whole) if deeper else _read(text, value, whole)
    return dataclasses.replace(settings, **{name: new})  # type: ignore[type-var]


def _unknown(settings: object, path: Sequence[str], whole: str) -> str:
    parents = whole.split(".")[: -len(path)]
    known = [".".join([*parents, deeper]) for deeper in field_paths(settings)]
    near = difflib.get_close_matches(whole, known, n=3, cutoff=0.4) or known
    listed = ", ".join(option_name(field) for field in near)
    return f"the settings have no field {option_name(whole)!r}; nearest: {listed}"


def option_name(path: str) -> str:
    """A field as it is written on the command line: ``window-weight``."""
    return path.replace("_", "-")


def _read(text: str, current: object, path: str) -> object:
    """A text as a value of the type of the current one."""
    if isinstance(current, bool):
        if text.lower() not in _TRUTHS:
            raise InputError(f"{option_name(path)} is true or false, got {text!r}")
        return _TRUTHS[text.lower()]
    if isinstance(current, int | float):
        try:
            return type(current)(text)
        except ValueError as error:
            kind = "a whole number" if isinstance(current, int) else "a number"
            raise InputError(f"{option_name(path)} must be {kind}, got {text!r}") from error
    return text
