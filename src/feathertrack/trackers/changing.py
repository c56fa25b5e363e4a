"""The settings of a tracker that is there, and the same tracker with others."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from feathertrack.errors import InputError, blaming
from feathertrack.trackers.toolkits import innermost, wrapped
from feathertrack.trackers.tracker import Tracker


def settings_of(tracker: Tracker) -> Any:
    """The settings of a tracker, None where it has none that can be changed.

    Those of a class of the user's count where they are a dataclass in the attribute ``settings``
    and the class takes a keyword of that name.
    """
    inner = innermost(tracker)
    settings = getattr(inner, "settings", None)
    if not dataclasses.is_dataclass(settings):
        return None
    if inner is tracker or "settings" in inspect.signature(type(inner)).parameters:
        return settings
    return None


def with_settings(tracker: Tracker, settings: Any) -> Tracker:
    """Another tracker on the same network; the one that is given is left as it is.

    Raises:
        InputError: the tracker has no settings.
        TrackerFailed: the class is the user's, and raised.
    """
    if settings_of(tracker) is None:
        raise InputError(f"{type(innermost(tracker)).__name__} has no settings to change")
    inner = innermost(tracker)
    if inner is tracker:
        # A tracker is an engine and settings; another one on the same engine costs nothing.
        engines = getattr(tracker, "engines", None) or tracker.engine
        changed: Tracker = type(tracker)(engines, settings)
        return changed
    with blaming(type(inner).__name__, "cannot be made"):
        made = type(inner)(settings=settings)
    return wrapped(made)
