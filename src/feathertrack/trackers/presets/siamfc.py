"""Settings of the SiamFC family by model, and by benchmark where the authors published some.

The figures of the benchmark presets stand in the experiment notes (``experiments/*``) of
github.com/conquerhuang/FDSiamFC. The authors tuned them on the test benchmark itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from feathertrack.trackers.siamfc import SiamFCSettings

_SIAMFC = SiamFCSettings()
_SIAMD = SiamFCSettings(clip_center=False)

DEFAULTS: Mapping[str, SiamFCSettings] = {
    "siamfc": _SIAMFC,
    "fdsiamfc_30": _SIAMFC,
    "fdsiamfc_15": _SIAMFC,
    "siamd": _SIAMD,
    "fdsiamd": _SIAMD,
    "fdsiamd_50": _SIAMD,
}
"""Settings by model name; a model that is not listed has ``SiamFCSettings()``."""


def _preset(
    base: SiamFCSettings, step: float, rate: float, penalty: float, window: float
) -> SiamFCSettings:
    return replace(
        base, scale_step=step, scale_rate=rate, scale_penalty=penalty, window_weight=window
    )


PRESETS: Mapping[str, Mapping[str, SiamFCSettings]] = {
    "fdsiamfc_15": {
        "uav123": _preset(_SIAMFC, 1.04, 0.8, 0.9745, 0.176),
        "uav20l": _preset(_SIAMFC, 1.19, 0.59, 0.9745, 0.1766),
    },
    "fdsiamfc_30": {
        "uav123": _preset(_SIAMFC, 1.05, 0.6, 0.9745, 0.176),
        "uav20l": _preset(_SIAMFC, 1.21, 0.59, 0.9745, 0.176),
    },
    "fdsiamd_50": {
        "otb100": _preset(_SIAMD, 1.049, 0.2, 0.998, 0.228),
        "dtb70": _preset(_SIAMD, 1.1328, 0.59, 0.9745, 0.176),
        "got10k_test": _preset(_SIAMD, 1.241, 0.59, 0.98, 0.176),
        "tcolor128": _preset(_SIAMD, 1.0375, 0.585, 0.9745, 0.17625),
        "uav123": _preset(_SIAMD, 1.052, 0.71, 0.9745, 0.252),
        "uav20l": _preset(_SIAMD, 1.074, 0.59, 0.9745, 0.1766),
        "lasot": _preset(_SIAMD, 1.087, 0.26, 0.978, 0.25),
    },
}
"""Settings by model name and benchmark name: ``fdsiamfc_30@uav123``."""
