"""Which tracker decodes the networks of which family: one row each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from feathertrack.engines.protocol import Engine
from feathertrack.errors import InputError
from feathertrack.trackers.atom import AtomSettings, AtomTracker
from feathertrack.trackers.confidence import ConfidenceSettings
from feathertrack.trackers.drnet import DRNetSettings, DRNetTracker
from feathertrack.trackers.feather import FeatherSettings, FeatherTracker
from feathertrack.trackers.siamfc import SiamFCSettings, SiamFCTracker
from feathertrack.trackers.siamkpn import SiamKPNSettings, SiamKPNTracker
from feathertrack.trackers.siamrpn import SiamRPNSettings, SiamRPNTracker
from feathertrack.trackers.tracker import EngineTracker


class TrackerSettings(Protocol):
    """What the settings of all families have: a frozen dataclass with this field."""

    @property
    def confidence(self) -> ConfidenceSettings:
        """How the score and the state are read."""


@dataclass(frozen=True, kw_only=True)
class Family:
    """A tracker and its settings.

    Attributes:
        tracker: class, made from an engine and settings.
        settings: class of the settings; without arguments, the family's defaults.
    """

    tracker: type[Any]
    settings: type[Any]

    def defaults(self) -> TrackerSettings:
        """The settings of a network of the family that no table lists."""
        made: TrackerSettings = self.settings()
        return made

    def make(self, engine: Engine, settings: TrackerSettings) -> EngineTracker:
        """A tracker on an engine.

        Raises:
            InputError: the settings are those of another family.
        """
        if not isinstance(settings, self.settings):
            raise InputError(
                f"{engine.info.name} is tracked with {self.settings.__name__}, "
                f"got {type(settings).__name__}"
            )
        made: EngineTracker = self.tracker(engine, settings)
        return made


FAMILIES: Mapping[str, Family] = {
    "atom": Family(tracker=AtomTracker, settings=AtomSettings),
    "drnet": Family(tracker=DRNetTracker, settings=DRNetSettings),
    "feather": Family(tracker=FeatherTracker, settings=FeatherSettings),
    "siamfc": Family(tracker=SiamFCTracker, settings=SiamFCSettings),
    "siamkpn": Family(tracker=SiamKPNTracker, settings=SiamKPNSettings),
    "siamrpn": Family(tracker=SiamRPNTracker, settings=SiamRPNSettings),
}
"""Family name of a network -> what follows targets with it."""


def find_family(name: str) -> Family:
    """The row of a family.

    Raises:
        InputError: no tracker decodes its networks.
    """
    if name not in FAMILIES:
        raise InputError(f"no tracker decodes networks of the family {name!r}")
    return FAMILIES[name]
