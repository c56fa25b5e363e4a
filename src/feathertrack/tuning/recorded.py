"""The axes that a study was made with: what later commands do not name stays as it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from feathertrack.errors import InputError
from feathertrack.tuning.axes import CHECKPOINT, Axis, shown
from feathertrack.tuning.journal import open_storage
from feathertrack.tuning.places import found_at, split_place, without_secrets

_RANGE = "range"
AXES = "space"
"""The attribute of a study that says its axes."""


def described(axes: Iterable[Axis]) -> dict[str, Any]:
    """Axes as values for a file, for ``recorded_axes``."""
    return {
        axis.path: {
            "low": axis.low,
            "high": axis.high,
            "log": axis.log,
            "choices": list(axis.choices),
        }
        for axis in axes
    }


def kind_of(axis: Axis) -> Any:
    """What may not change of an axis in a study: a range may be narrowed, values may not."""
    return list(axis.choices) if axis.choices else _RANGE


def text_of_kinds(kinds: Mapping[str, Any]) -> str:
    """The axes of a study for people.

    >>> text_of_kinds({"shift": "range", "growth": [1.0, 1.02]})
    'shift in a range, growth of 1 and 1.02'
    """
    return ", ".join(
        f"{path.replace('_', '-')} "
        + ("in a range" if kind == _RANGE else f"of {' and '.join(map(shown, kind))}")
        for path, kind in kinds.items()
    )


def recorded_axes(place: str, axes: Mapping[str, Axis]) -> dict[str, Axis]:
    """The axes of a study that is there, without the checkpoint; nothing is made where none is.

    Args:
        place: of the study, as ``--study`` takes it.
        axes: all axes of the tracker's settings; a study of others has none of them.

    Raises:
        InputError: the place cannot be opened, or holds something else.
        MissingExtra: optuna is not installed.
    """
    where, name = split_place(place)
    file = found_at(where)
    if isinstance(file, Path) and not file.exists():
        return {}
    storage = open_storage(where)
    try:
        attributes = storage.get_study_user_attrs(storage.get_study_id_from_name(name))
    except KeyError:
        return {}
    except Exception as error:  # every database has errors of its own
        raise InputError(f"study {without_secrets(place)} cannot be read: {error}") from error
    found = attributes.get(AXES)
    if found is None:  # of a version that wrote less
        kinds = attributes.get("made", {}).get("axes", {})
        found = {path: {} if kind == _RANGE else {"choices": kind} for path, kind in kinds.items()}
    paths = [path for path in found if path != CHECKPOINT]
    if not axes.keys() >= set(paths):
        return {}
    return {
        path: replace(
            axes[path], **{**found[path], "choices": tuple(found[path].get("choices", ()))}
        )
        for path in paths
    }
