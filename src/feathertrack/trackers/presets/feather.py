"""Settings of the Feather networks, set by hand: nothing was searched yet."""

from __future__ import annotations

from collections.abc import Mapping

from feathertrack.trackers.feather import FeatherSettings

DEFAULTS: Mapping[str, FeatherSettings] = {
    "feather_base": FeatherSettings(),
    "feather_nano": FeatherSettings(),
    "feather_small": FeatherSettings(),
}

PRESETS: Mapping[str, Mapping[str, FeatherSettings]] = {}
