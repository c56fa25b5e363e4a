"""What a tracker must know about a network, read off the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from feathertrack.engines.protocol import NetworkInfo

if TYPE_CHECKING:
    from feathertrack.models.network import Network


def network_info(model: Network, digest: str = "") -> NetworkInfo:
    """Return the name and geometry of ``model``; ``digest`` defaults to that of its file."""
    return NetworkInfo(
        name=model.name,
        family=model.family,
        stride=model.stride,
        template_size=model.template_size,
        search_size=model.search_size,
        digest=digest or model.digest,
        config=dict(model.calibration),
        conventions=dict(model.conventions),
        search_area=model.search_area,
        further_calls=tuple(model.further_calls),
        any_search_size=model.any_search_size,
    )
