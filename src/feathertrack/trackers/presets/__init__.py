"""Settings of every tracker by model, and by benchmark where its authors published some.

One module for each family; here is the table of all. The authors tuned most of the benchmark
settings on the test benchmark itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from feathertrack.trackers.families import TrackerSettings
from feathertrack.trackers.presets import atom, drnet, feather, siamfc, siamkpn, siamrpn
from feathertrack.trackers.presets.published import Published

DEFAULTS: Mapping[str, TrackerSettings] = {
    **siamfc.DEFAULTS,
    **siamrpn.DEFAULTS,
    **siamkpn.DEFAULTS,
    **atom.DEFAULTS,
    **drnet.DEFAULTS,
    **feather.DEFAULTS,
}
"""Settings by model name; a model that is not listed has those of its family."""

PRESETS: Mapping[str, Mapping[str, TrackerSettings]] = {
    **siamfc.PRESETS,
    **siamrpn.PRESETS,
    **siamkpn.PRESETS,
    **atom.PRESETS,
    **drnet.PRESETS,
    **feather.PRESETS,
}
"""Settings by model name and benchmark name: ``fdsiamfc_30@uav123``."""

MMTRACKING: Mapping[str, Mapping[str, TrackerSettings]] = siamrpn.MMTRACKING
"""The same for weights that follow mmtracking's conventions; those above are not for them."""

PUBLISHED: Mapping[str, Published] = {
    **siamrpn.PUBLISHED,
    **siamkpn.PUBLISHED,
    **atom.PUBLISHED,
}
"""Published weights whose name is not that of their model, and what they were published for."""


def presets_for(model: str, conventions: Mapping[str, str]) -> Mapping[str, TrackerSettings]:
    """The presets of a model by name: those for weights of such conventions."""
    table = MMTRACKING if conventions.get("anchors") == "mmtracking" else PRESETS
    return table.get(model, {})
