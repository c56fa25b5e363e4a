"""Names of the networks, to be listed without torch."""

from __future__ import annotations

import fnmatch
import sys

NETWORKS = (
    "atom_mobilenetv2",
    "atom_r18",
    "atom_r18_medium",
    "atom_r18_small",
    "atom_r18_tiny",
    "drnet_mobilenetv2",
    "drnet_r50",
    "drnet_se_r50",
    "fdsiamd",
    "fdsiamd_50",
    "fdsiamd_step",
    "fdsiamfc",
    "fdsiamfc_15",
    "fdsiamfc_30",
    "fdsiamfc_step",
    "feather_base",
    "feather_fc",
    "feather_nano",
    "feather_small",
    "siamd",
    "siamfc",
    "siamfc_alexnetv2",
    "siamkpn_alexnet",
    "siamkpn_mobilenetv2",
    "siamkpn_r50_1s",
    "siamkpn_r50_2s",
    "siamkpn_r50_3s",
    "siamrpn_alexnet",
    "siamrpn_mobilenetv2",
    "siamrpn_r18",
    "siamrpn_r34",
    "siamrpn_r50",
    "squeezed",
    "squeezed_step",
)
"""What ``create_model`` builds, which needs the ``torch`` extra; sorted."""


def list_models(pattern: str = "*") -> list[str]:
    """Names of the networks that match a shell pattern, sorted; those you registered too."""
    registry = sys.modules.get("feathertrack.models.registry")
    registered = registry.list_models() if registry is not None else []
    return sorted(fnmatch.filter({*NETWORKS, *registered}, pattern))
