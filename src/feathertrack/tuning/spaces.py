"""A search space: the settings that stay, the axes that vary, and points in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from feathertrack.errors import InputError
from feathertrack.trackers.settings import settings_from_json
from feathertrack.tuning.axes import CHECKPOINT, Axis, Value, axes_of, find_axis, narrowed, shown

Point = tuple[tuple[str, Value], ...]
"""Path and value of every axis, in the order of the axes: it can be compared and be a key."""

_TUNED_BY_THE_REFERENCES = (
    ("scale_step", "scale_rate", "scale_penalty", "window_weight"),  # FDSiamFC
    ("size_penalty", "window_weight", "size_rate"),  # pysot, SiamKPN, mmtracking
)

UNTUNED: Point = ()
"""The settings that a search starts from: nothing is changed."""


@dataclass(frozen=True, kw_only=True)
class Space:
    """What is searched.

    Attributes:
        settings: of the tracker, where no axis says otherwise.
        axes: what is varied.
    """

    settings: Any
    axes: tuple[Axis, ...]

    def point(self, values: Mapping[str, Value]) -> Point:
        """The point of these values; the other axes are where they start."""
        return tuple((axis.path, values.get(axis.path, axis.start)) for axis in self.axes)

    def settings_at(self, point: Point) -> Any:
        """The settings of a point.

        Raises:
            InputError: they are refused, as where two of them do not go together.
        """
        return settings_from_json(self.settings, changes_of(point))

    def check(self, points: Iterable[Point]) -> None:
        """Refuse points that the settings do not take, before anything is run.

        Raises:
            InputError: one is refused; it is named.
        """
        for point in points:
            try:
                self.settings_at(point)
            except InputError as error:
                raise InputError(f"the point {text_of(point)} cannot be run: {error}") from error


def changes_of(point: Point) -> dict[str, Any]:
    """A point as settings are written in files: nested objects, without the checkpoint.

    >>> changes_of((("window_weight", 0.2), ("confidence.slope", 9.0), ("checkpoint", "e1")))
    {'window_weight': 0.2, 'confidence': {'slope': 9.0}}
    """
    changes: dict[str, Any] = {}
    for path, value in point:
        if path == CHECKPOINT:
            continue
        *above, name = path.split(".")
        inner = changes
        for part in above:
            inner = inner.setdefault(part, {})
        inner[name] = value
    return changes


def key_of(point: Point) -> str:
    """A short name for a point, the same in every process and whatever the order of the axes.

    >>> key_of((("a", 1.0), ("b", 2))) == key_of((("b", 2), ("a", 1.0)))
    True
    """
    content = json.dumps(sorted(point)).encode()
    return hashlib.sha256(content).hexdigest()[:12]


def text_of(point: Point) -> str:
    """A point for people.

    >>> text_of((("window_weight", 0.2), ("search_size", 255)))
    'window-weight 0.2, search-size 255'
    """
    return ", ".join(f"{path.replace('_', '-')} {shown(value)}" for path, value in point)


def make_space(
    settings: Any,
    *,
    named: Sequence[tuple[str, str]] = (),
    paths: Sequence[str] = (),
    checkpoints: Sequence[str] = (),
    kept: Mapping[str, Axis] | None = None,
) -> Space:
    """The space of a search.

    Args:
        settings: of the tracker.
        named: axes that the user named, with what ``narrowed`` reads.
        paths: of the axes that a strategy varies; without them those that the study has, without a
            study those that are named, and without these the ones that the references tune, or else
            every ranged field.
        checkpoints: labels of several files of weights: which one is an axis too.
        kept: axes of the study that is continued: those that are not named stay as they are.

    Raises:
        InputError: there is no such axis, or what the user wrote does not fit.
    """
    axes = axes_of(settings)
    owner = f"{type(settings).__name__} has"
    kept = kept or {}
    chosen = {axis.path: axis for one in named if (axis := _read(*one, axes, kept, owner))}
    if len(chosen) < len(named):
        raise InputError("an axis is named twice: give each --space.FIELD once")
    wanted = list(paths) or list(kept) or list(chosen) or _usual(axes)
    for path in chosen:
        if path not in wanted:
            who, what = ("this strategy", "--strategy grid, random or tpe")
            if not paths:
                who, what = ("the study", "another --study")
            raise InputError(f"{who} varies {', '.join(wanted)}, not {path}: choose {what}")
    found = {**axes, **kept, **chosen}
    varied = [find_axis(path, found, owner=owner) for path in wanted]
    if len(checkpoints) > 1:
        labels = tuple(checkpoints)
        meaning = "file of weights"
        varied.insert(0, Axis(path=CHECKPOINT, default=labels[0], choices=labels, meaning=meaning))
    if not varied:
        raise InputError(f"{owner} nothing to search: make fields of it with ranged(...)")
    return Space(settings=settings, axes=tuple(varied))


def _read(
    name: str, text: str, axes: Mapping[str, Axis], kept: Mapping[str, Axis], owner: str
) -> Axis:
    """The axis that a user named; in a study it is searched by ratios, or not, as it was before."""
    axis = find_axis(name, axes, owner=owner)
    before = kept.get(axis.path)
    if before is None or before.choices:
        return narrowed(axis, text)
    found = narrowed(replace(axis, log=before.log), text)
    if found.log != before.log:
        raise InputError(
            f"space.{axis.option} is not searched by ratios in this study: choose another --study"
        )
    return found


def _usual(axes: Mapping[str, Axis]) -> list[str]:
    for paths in _TUNED_BY_THE_REFERENCES:
        if all(path in axes for path in paths):
            return list(paths)
    return [path for path, axis in axes.items() if not axis.choices and "." not in path]
