"""What the name of a tracker stands for here and now, found out without running a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from feathertrack.engines.source import Source
from feathertrack.trackers.built_in import BUILT_IN
from feathertrack.trackers.changing import settings_of
from feathertrack.trackers.creation import (
    DEFAULT_MODEL,
    create_tracker,
    find_settings,
    model_and_preset,
)
from feathertrack.trackers.naming import TrackerName, parse_tracker_name
from feathertrack.trackers.pairs import PAIRS, pair_weights
from feathertrack.weights.catalogue import find_weights


@dataclass(frozen=True, kw_only=True)
class Resolved:
    """What ``create_tracker`` makes of a name.

    Attributes:
        settings: of the tracker, every field; None where it has none, or they are not known before
            it is made.
        weights: the files that it runs, () where there are none.
    """

    settings: Any = None
    weights: tuple[Path, ...] = ()


def resolve_tracker(name: str) -> Resolved:
    """The settings and weights that a name stands for; the weights are read, and nothing is run.

    Args:
        name: as ``create_tracker`` takes it. A class of the user's is made only where a file of
            settings follows its name, and a program is not started.

    Raises:
        InputError: no such tracker, weights or preset.
        MissingExtra: the weights cannot be read here.
    """
    parts = parse_tracker_name(name)
    if parts.kind == "class" and parts.preset:
        return Resolved(settings=settings_of(create_tracker(name)))
    if parts.kind in ("class", "program") or parts.target in BUILT_IN:
        return Resolved()
    weights, preset = _files_and_preset(parts)
    return Resolved(settings=find_settings(Source(weights[0]).info, preset), weights=weights)


def _files_and_preset(parts: TrackerName) -> tuple[tuple[Path, ...], str]:
    if parts.kind == "file":
        return (Path(parts.target),), parts.preset
    if parts.target in PAIRS:
        return pair_weights(parts.target, None), parts.preset
    named = DEFAULT_MODEL if parts.target == "default" else parts.target
    return (find_weights(named),), model_and_preset(named, parts.preset)[1]
