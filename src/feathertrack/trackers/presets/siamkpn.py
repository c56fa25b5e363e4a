"""Settings of SiamKPN as its authors published them (their ``experiments``).

The presets start in the middle of the given box, as their test program does. The scores are not
calibrated: no published weights could be run on sequences here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from feathertrack.trackers.presets.published import Published
from feathertrack.trackers.siamkpn import SiamKPNSettings


def _numbers(penalty: float, window: float, rate: float) -> SiamKPNSettings:
    return SiamKPNSettings(size_penalty=penalty, window_weight=window, size_rate=rate)


def _tested(penalty: float, window: float, rate: float) -> SiamKPNSettings:
    return replace(_numbers(penalty, window, rate), start_in_middle=True)


_ONE_STAGE = (0.17, 0.61, 0.27)
_TWO_STAGES = (0.03, 0.42, 0.38)
_THREE_STAGES = (0.1, 0.54, 0.59)

DEFAULTS: Mapping[str, SiamKPNSettings] = {
    "siamkpn_alexnet": _numbers(*_ONE_STAGE),
    "siamkpn_mobilenetv2": _numbers(*_ONE_STAGE),
    "siamkpn_r50_1s": _numbers(*_ONE_STAGE),
    "siamkpn_r50_2s": _numbers(*_TWO_STAGES),
    "siamkpn_r50_3s": _numbers(*_THREE_STAGES),
}

PRESETS: Mapping[str, Mapping[str, SiamKPNSettings]] = {
    "siamkpn_r50_1s": {"otb100": _tested(0.19, 0.53, 0.37), "vot2018": _tested(*_ONE_STAGE)},
    "siamkpn_r50_2s": {"otb100": _tested(0.06, 0.51, 0.37), "vot2018": _tested(*_TWO_STAGES)},
    "siamkpn_r50_3s": {
        "otb100": _tested(0.1, 0.52, 0.42),
        "otb100_nodecay": _tested(0.13, 0.42, 0.38),
        "vot2018": _tested(*_THREE_STAGES),
    },
}

PUBLISHED: Mapping[str, Published] = {
    "siamkpn_r50_1s_otb": Published(model="siamkpn_r50_1s", preset="otb100"),
    "siamkpn_r50_2s_otb": Published(model="siamkpn_r50_2s", preset="otb100"),
    "siamkpn_r50_3s_nodecay_otb": Published(model="siamkpn_r50_3s", preset="otb100_nodecay"),
    "siamkpn_r50_3s_otb": Published(model="siamkpn_r50_3s", preset="otb100"),
}
