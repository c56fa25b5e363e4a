"""Settings of the Feather networks, chosen on the fold dev: docs/models/feather_small.md.

Regions of 208 pixels with less around the target show it as large as in the networks' training, at
two thirds of the cost of 256 pixels.
"""

from __future__ import annotations

from collections.abc import Mapping

from feathertrack.trackers.confidence import ConfidenceSettings
from feathertrack.trackers.feather import FeatherSettings

_SMALL = FeatherSettings(
    size_penalty=0.057,
    window_weight=0.25,
    size_rate=0.7,
    context=1.43,
    search_size=208,
    confidence=ConfidenceSettings(
        midpoint=0.644, slope=7.67, tracking_above=0.764, lost_below=0.104, patience=3
    ),
)

DEFAULTS: Mapping[str, FeatherSettings] = {
    "feather_base": _SMALL,
    "feather_nano": _SMALL,
    "feather_small": _SMALL,
}

PRESETS: Mapping[str, Mapping[str, FeatherSettings]] = {}
