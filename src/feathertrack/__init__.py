"""Follow one object through video.

The public names are imported when they are first used: importing the package needs no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from feathertrack._version import __version__

if TYPE_CHECKING:
    from feathertrack.benchmarks import list_benchmarks, open_benchmark
    from feathertrack.errors import FeathertrackError, InputError, MissingExtra
    from feathertrack.evaluation.runner import evaluate
    from feathertrack.models import create_model
    from feathertrack.results import Result
    from feathertrack.trackers.conformance import check_tracker
    from feathertrack.trackers.creation import create_tracker, list_trackers
    from feathertrack.trackers.multi import MultiTracker
    from feathertrack.trackers.tracker import Tracker
    from feathertrack.tracking import track
    from feathertrack.video import open_source
    from feathertrack.weights import load_model
    from feathertrack.weights.names import list_models

_HOMES = {
    "FeathertrackError": "feathertrack.errors",
    "InputError": "feathertrack.errors",
    "MissingExtra": "feathertrack.errors",
    "MultiTracker": "feathertrack.trackers.multi",
    "Result": "feathertrack.results",
    "Tracker": "feathertrack.trackers.tracker",
    "check_tracker": "feathertrack.trackers.conformance",
    "create_model": "feathertrack.models",
    "create_tracker": "feathertrack.trackers.creation",
    "list_benchmarks": "feathertrack.benchmarks",
    "evaluate": "feathertrack.evaluation.runner",
    "list_models": "feathertrack.weights.names",
    "list_trackers": "feathertrack.trackers.creation",
    "load_model": "feathertrack.weights",
    "open_benchmark": "feathertrack.benchmarks",
    "open_source": "feathertrack.video",
    "track": "feathertrack.tracking",
}

__all__ = [
    "FeathertrackError",
    "InputError",
    "MissingExtra",
    "MultiTracker",
    "Result",
    "Tracker",
    "__version__",
    "check_tracker",
    "create_model",
    "create_tracker",
    "evaluate",
    "list_benchmarks",
    "list_models",
    "list_trackers",
    "load_model",
    "open_benchmark",
    "open_source",
    "track",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'feathertrack' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
