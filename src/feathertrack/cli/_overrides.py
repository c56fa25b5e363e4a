"""Fields of frozen dataclasses set by dotted path: ``--settings.confidence.midpoint 0.4``.

A path goes on into dataclasses by field, into tuples of dataclasses by number
(``data.sets.0.share``), and into mappings by key (``optim.factors.backbone``), where it ends.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from feathertrack.errors import InputError

Settings = TypeVar("Settings")

_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def apply_overrides(
    settings: Settings, overrides: Iterable[tuple[str, str]], *, owner: str = "the settings have"
) -> Settings:
    """The same settings with some fields changed; values are texts, read by the field's type.

    Args:
        settings: a frozen dataclass.
        overrides: dotted paths and texts.
        owner: who has no such field, as the error says it.

    Raises:
        InputError: there is no such field (the nearest are named, each with what it takes), or the
            value does not fit.
    """
    for path, text in overrides:
        try:
            settings = _replace(settings, path.split("."), text, whole=path, hint=Any)
        except _NoSuchField as error:
            raise InputError(_unknown(settings, path, owner)) from error
    return settings


class _NoSuchField(Exception):
    """A path leads nowhere."""


def field_paths(settings: object, prefix: str = "") -> Iterator[str]:
    """Dotted paths of all fields that hold a plain value, or a tuple or mapping of such.

    >>> from feathertrack.trackers.confidence import ConfidenceSettings
    >>> list(field_paths(ConfidenceSettings()))[:2]
    ['midpoint', 'slope']
    """
    for path, _, _ in _fields(settings, prefix):
        yield path


def described_fields(settings: object) -> Iterator[tuple[str, str, str]]:
    """Path, value as it would be written, and what it takes, of every field of ``field_paths``."""
    for path, value, hint in _fields(settings, ""):
        yield path, _written(value), _expected(value, hint)


def _fields(settings: object, prefix: str) -> Iterator[tuple[str, Any, Any]]:
    hints = _hints(settings)
    for field in dataclasses.fields(settings):  # type: ignore[arg-type]
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            yield from _fields(value, f"{prefix}{field.name}.")
        elif _holds_dataclasses(value):
            for number, one in enumerate(value):
                yield from _fields(one, f"{prefix}{field.name}.{number}.")
        else:
            yield prefix + field.name, value, hints.get(field.name, Any)


def _holds_dataclasses(value: object) -> bool:
    return isinstance(value, tuple) and bool(value) and dataclasses.is_dataclass(value[0])


def _hints(settings: object) -> dict[str, Any]:
    try:
        return typing.get_type_hints(type(settings))
    except NameError:  # an annotation that only type checkers can see
        return {}


def _replace(value: Any, path: Sequence[str], text: str, *, whole: str, hint: Any) -> Any:
    """``value`` with what ``path`` leads to changed.

    Raises:
        _NoSuchField: it leads nowhere.
        InputError: the text does not fit.
    """
    if not path:
        if dataclasses.is_dataclass(value) or isinstance(value, Mapping):
            raise _NoSuchField
        return _read(text, value, whole, hint)
    name, *deeper = path
    if dataclasses.is_dataclass(value):
        if name not in {field.name for field in dataclasses.fields(value)}:
            raise _NoSuchField
        hint = _hints(value).get(name, Any)
        new = _replace(getattr(value, name), deeper, text, whole=whole, hint=hint)
        return dataclasses.replace(value, **{name: new})  # type: ignore[type-var]
    if isinstance(value, Mapping):
        kinds = typing.get_args(hint)
        kind = kinds[1] if len(kinds) == 2 else Any
        return {**value, ".".join(path): _read(text, _like(kind), whole, kind)}
    if _holds_dataclasses(value) and name.isdigit() and int(name) < len(value):
        number = int(name)
        new = _replace(value[number], deeper, text, whole=whole, hint=Any)
        return (*value[:number], new, *value[number + 1 :])
    raise _NoSuchField


def _unknown(settings: object, whole: str, owner: str) -> str:
    expected = {path: kind for path, _, kind in described_fields(settings)}
    first = whole.partition(".")[0]
    near = (
        difflib.get_close_matches(whole, expected, n=3, cutoff=0.4)
        or [path for path in expected if path.partition(".")[0] == first]
        or list(expected)
    )
    listed = ", ".join(f"{option_name(path)} ({expected[path]})" for path in near)
    return f"{owner} no field {option_name(whole)!r}; nearest: {listed}"


def option_name(path: str) -> str:
    """A field as it is written on the command line: ``window-weight``."""
    return path.replace("_", "-")


def _read(text: str, current: object, path: str, hint: Any) -> object:
    """A text as a value of the type of the current one, or of its annotation."""
    if isinstance(current, bool):
        if text.lower() not in _TRUTHS:
            raise InputError(f"{option_name(path)} is true or false, got {text!r}")
        return _TRUTHS[text.lower()]
    if isinstance(current, int | float):
        try:
            return float(text) if hint is float else type(current)(text)
        except ValueError as error:
            kind = _expected(current, hint)
            raise InputError(f"{option_name(path)} must be {kind}, got {text!r}") from error
    if typing.get_origin(hint) is typing.Literal:
        if text not in typing.get_args(hint):
            raise InputError(f"{option_name(path)} is {_expected(current, hint)}, got {text!r}")
        return text
    if isinstance(current, tuple):
        item = next(iter(typing.get_args(hint)), str)
        words = [word.strip() for word in text.strip("()[]").split(",") if word.strip()]
        return tuple(_read(word, _like(item), path, item) for word in words)
    return _json(text) if hint is object else text


def _like(kind: object) -> object:
    """A value of a type of numbers, None for another type."""
    return 0 if kind is int else 0.0 if kind is float else None


def _json(text: str) -> object:
    """A text as JSON where it is, such as ``[0.2, 0.3]``, and as itself where it is not."""
    try:
        read: object = json.loads(text)
    except ValueError:
        return text
    return read


def _expected(value: object, hint: Any) -> str:
    """What a field takes, in words."""
    if typing.get_origin(hint) is typing.Literal:
        return "one of " + ", ".join(map(str, typing.get_args(hint)))
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int) and hint is not float:
        return "a whole number"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, tuple):
        kind = next(iter(typing.get_args(hint)), str)
        return ("numbers" if kind in (int, float) else "words") + " separated by commas"
    return "a value for each .KEY" if isinstance(value, Mapping) else "a text"


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ",".join(map(_written, value))
    if isinstance(value, Mapping):
        return " ".join(f".{key} {_written(one)}" for key, one in value.items())
    return str(value)
