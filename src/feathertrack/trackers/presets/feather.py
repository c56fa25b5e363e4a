"""Settings of the Feather networks, chosen on the fold dev: docs/models/feather_small.md.

Regions of 208 pixels with less around the target show it as large as in the networks' training, at
two thirds of the cost of 256 pixels; those of feather_nano show it as large as 192 pixels of its
training do (``seen_size`` of its recipe). Scores and states are those of docs/absences.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from feathertrack.trackers.confidence import ConfidenceSettings
from feathertrack.trackers.feather import FeatherSettings

_SMALL = FeatherSettings(
    size_penalty=0.057,
    window_weight=0.25,
    size_rate=0.7,
    context=1.43,
    search_size=208,
    confidence=ConfidenceSettings(
        midpoint=0.713, slope=6.57, tracking_above=0.738, lost_below=0.114, patience=5
    ),
)
_NANO = replace(
    _SMALL,
    context=1.35,
    search_size=144,
    confidence=ConfidenceSettings(
        midpoint=0.733, slope=6.81, tracking_above=0.766, lost_below=0.096, patience=3
    ),
)

DEFAULTS: Mapping[str, FeatherSettings] = {
    "feather_base": _SMALL,  # has no weights of its own yet
    "feather_nano": _NANO,
    "feather_small": _SMALL,
}

PRESETS: Mapping[str, Mapping[str, FeatherSettings]] = {}
