"""Settings of ATOM: the parameter files of pytracking and CFKD.

``default`` is what a model has without a preset; ``default_vot`` is that of the VOT benchmarks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from feathertrack.trackers.atom import AtomSettings
from feathertrack.trackers.presets.published import Published


def _vot(settings: AtomSettings) -> AtomSettings:
    """A smaller search region, a window, and targets that are never given up."""
    return replace(
        settings,
        sample_side=224,
        search_scale=4.0,
        learning_rate=0.0075,
        first_share=0.0,
        window=True,
        not_found_below=-1.0,
        distractor_above=100.0,
        hard_negative_above=0.3,
        displacement_limit=0.7,
    )


_WIDE, _NARROW = AtomSettings(), AtomSettings(compressed=32)

DEFAULTS: Mapping[str, AtomSettings] = {
    "atom_r18": _WIDE,
    "atom_r18_medium": _WIDE,
    "atom_r18_small": _WIDE,
    "atom_r18_tiny": _NARROW,
    "atom_mobilenetv2": _NARROW,
}

PRESETS: Mapping[str, Mapping[str, AtomSettings]] = {
    name: {benchmark: _vot(DEFAULTS[name]) for benchmark in ("vot2018", "vot2019")}
    for name in ("atom_r18", "atom_mobilenetv2")
}

_ABLATIONS = ("gt", "ts", "ts_ah", "ts_ah_fid", "ts_ah_fid_cf_sep", "compression", "tskd")
PUBLISHED: Mapping[str, Published] = {
    f"atom_mobilenetv2_{variant}": Published(model="atom_mobilenetv2", preset="")
    for variant in _ABLATIONS
}
"""The student trained in other ways: CFKD's ablations and its rivals."""
