"""A recipe as plain values, and where two of them differ."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from feathertrack.evaluation.json_paths import by_path
from feathertrack.training.recipe import Recipe

_FREE = (
    "loop.batch_size",
    "loop.accumulate",
    "loop.keep",
    "loop.save_minutes",
    "loop.log_every",
    "loop.pictures_every",
    "data.workers",
    "task.cache.folder",
    "validation",
)
"""What may change when a training goes on: it does not alter what is learned from which pair, or,
as the batch does, follows the number of processes."""


def recipe_to_json(recipe: Recipe) -> dict[str, Any]:
    """Every field of a recipe as values for JSON; the task says its class under ``kind``."""
    values = _plain(recipe)
    kind = type(recipe.task)
    values["task"] = {"kind": f"{kind.__module__}:{kind.__qualname__}", **values["task"]}
    return dict(values)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Fields in which two recipes differ, as ``optim.lr: 0.01, now 0.001``.

    What may change when a training goes on, and where the data lie, does not count.

    >>> differences({"optim": {"lr": 0.01}}, {"optim": {"lr": 0.1}, "loop": {"keep": 3}})
    ['optim.lr: 0.01, now 0.1']
    """
    before, after = dict(by_path(old)), dict(by_path(new))
    return [
        f"{path}: {_shown(before, path)}, now {_shown(after, path)}"
        for path in dict.fromkeys([*before, *after])
        if before.get(path) != after.get(path) and not _may_change(path)
    ]


def _shown(values: Mapping[str, Any], path: str) -> str:
    return repr(values[path]) if path in values else "absent"


def _may_change(path: str) -> bool:
    if path.startswith("data.sets.") and path.endswith(".root"):
        return True
    return any(path == free or path.startswith(f"{free}.") for free in _FREE)
