"""Settings of DRNet: the parameter files of its VOT 2019 entry and of CFKD."""

from __future__ import annotations

from collections.abc import Mapping

from feathertrack.trackers.drnet import DRNetSettings

_WIDE, _NARROW = DRNetSettings(), DRNetSettings(compressed=32)

DEFAULTS: Mapping[str, DRNetSettings] = {
    "drnet_r50": _WIDE,
    "drnet_se_r50": _WIDE,
    "drnet_mobilenetv2": _NARROW,
}

PRESETS: Mapping[str, Mapping[str, DRNetSettings]] = {
    name: dict.fromkeys(("vot2018", "vot2019"), settings) for name, settings in DEFAULTS.items()
}
"""They were made for VOT and are used for all benchmarks."""
