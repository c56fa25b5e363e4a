"""What decides the results of a tracker, so that those of two are never mixed in one folder."""

from __future__ import annotations

import contextlib
import dataclasses
import json
from typing import Any

from feathertrack.engines.source import Source
from feathertrack.errors import FeathertrackError
from feathertrack.evaluation.contestants import Contestant
from feathertrack.trackers.changing import settings_of
from feathertrack.trackers.resolving import resolve_tracker
from feathertrack.trackers.settings import settings_to_json

SETTINGS, DIGEST = "settings", "sha256"
"""The keys of what is found out here."""


def identity_of(one: Contestant) -> dict[str, Any]:
    """Plain values for the file beside the results of a contestant.

    ``Contestant.configuration`` says what was asked for; here is what it stands for besides: every
    setting, named or not, and the digest of weights that were found by a name. Defaults, presets
    and shipped weights change from one version to the next. What cannot be found out is left out:
    its runs fail, and leave no results.
    """
    values, settings = one.configuration(), one.settings
    if one.made is not None:
        settings = settings_of(one.made)
    else:
        with contextlib.suppress(FeathertrackError):
            found = resolve_tracker(one.name)
            settings = settings or found.settings
            if DIGEST not in values and found.weights:
                values[DIGEST] = " ".join(Source(path).digest for path in found.weights)
    if dataclasses.is_dataclass(settings):
        # as they are read back: lists in place of tuples
        values[SETTINGS] = json.loads(json.dumps(settings_to_json(settings), default=repr))
    return values
