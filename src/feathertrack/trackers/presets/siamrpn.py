"""Settings of SiamRPN++ as pysot and mmtracking published them (``experiments``, ``configs``).

Benchmark presets start in the middle of the given box, as the test programs of both do.
``@uav123``, ``@lasot`` and ``@trackingnet`` were published by mmtracking alone; on weights of pysot
they are mmtracking's three numbers. None of the scores are calibrated: no published weights could
be run on sequences here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from feathertrack.trackers.presets.published import Published
from feathertrack.trackers.siamrpn import SiamRPNSettings


def _numbers(penalty: float, window: float, rate: float) -> SiamRPNSettings:
    return SiamRPNSettings(size_penalty=penalty, window_weight=window, size_rate=rate)


def _tested(penalty: float, window: float, rate: float) -> SiamRPNSettings:
    return replace(_numbers(penalty, window, rate), start_in_middle=True)


_ALEXNET = (0.16, 0.4, 0.3)
_MOBILENET = (0.04, 0.4, 0.5)
_R50 = (0.05, 0.42, 0.38)
_R50_OTB = (0.24, 0.5, 0.25)

DEFAULTS: Mapping[str, SiamRPNSettings] = {
    "siamrpn_alexnet": _numbers(*_ALEXNET),
    "siamrpn_mobilenetv2": _numbers(*_MOBILENET),
    "siamrpn_r18": _numbers(*_R50),
    "siamrpn_r34": _numbers(*_R50),
    "siamrpn_r50": _numbers(*_R50),
}

PRESETS: Mapping[str, Mapping[str, SiamRPNSettings]] = {
    "siamrpn_alexnet": {
        "16gpu": _tested(*_ALEXNET),
        "otb100": _tested(*_ALEXNET),
        "vot2016": _tested(*_ALEXNET),
        "vot2018": _tested(*_ALEXNET),
        "vot2019": _tested(*_ALEXNET),
    },
    "siamrpn_mobilenetv2": {
        "vot2016": _tested(*_MOBILENET),
        "vot2018": _tested(*_MOBILENET),
        "vot2019": _tested(*_MOBILENET),
    },
    "siamrpn_r50": {
        "16gpu": _tested(0.01, 0.4, 0.38),
        "8gpu": _tested(0.04, 0.44, 0.33),
        "lasot": _tested(*_R50),
        "otb100": _tested(*_R50_OTB),
        "otb_8gpu": _tested(*_R50_OTB),
        "trackingnet": _tested(*_R50),
        "uav123": _tested(0.1, 0.1, 0.5),
        "vot2016": _tested(*_R50),
        "vot2018": _tested(*_R50),
        "vot2018lt": replace(_tested(0.05, 0.28, 0.22), long_term=True, lost_below=0.8),
        "vot2019": _tested(*_R50),
    },
}

MMTRACKING: Mapping[str, Mapping[str, SiamRPNSettings]] = {
    "siamrpn_r50": {
        "lasot": _tested(*_R50),
        "otb100": _tested(0.4, 0.5, 0.4),
        "trackingnet": _tested(*_R50),
        "uav123": _tested(0.1, 0.1, 0.5),
        "vot2018": _tested(0.04, 0.44, 0.33),
    },
}

_RELEASES = {
    "1x": ("lasot", "lasot_fp16", "otb100", "uav123"),
    "20e": ("lasot", "lasot_fp16", "otb100", "uav123", "vot2018"),
}

PUBLISHED: Mapping[str, Published] = {
    "siamrpn_alexnet_otb": Published(model="siamrpn_alexnet", preset="otb100"),
    "siamrpn_r50_lt": Published(model="siamrpn_r50", preset="vot2018lt"),
    "siamrpn_r50_otb": Published(model="siamrpn_r50", preset="otb100"),
    **{
        f"siamrpn_r50_mmtracking_{release}_{name}": Published(
            model="siamrpn_r50", preset=name.removesuffix("_fp16"), anchors="mmtracking"
        )
        for release, names in _RELEASES.items()
        for name in names
    },
}
