"""Trackers of this package for the toolkits of others, and theirs for this package.

==========  =====================  =======================
toolkit     ours for theirs        theirs for ours
==========  =====================  =======================
got10k      ``ToGot10k``           ``FromGot10k``
pysot       ``ToPysot``            ``FromPysot``
pytracking  ``ToPytracking``       ``FromPytracking``
OpenCV      ``ToOpenCV``           ``FromOpenCV``
TraX        ``serve_trax``         ``TraxTracker``
VOT folder  ``follow_folder``
==========  =====================  =======================

None of them imports the toolkit: what counts is which methods an object has.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feathertrack.adapters.got10k import ToGot10k
    from feathertrack.adapters.opencv import ToOpenCV
    from feathertrack.adapters.pysot import ToPysot
    from feathertrack.adapters.pytracking import ToPytracking
    from feathertrack.adapters.trax import serve_trax
    from feathertrack.adapters.vot_folder import follow_folder
    from feathertrack.trackers.opencv import FromOpenCV
    from feathertrack.trackers.toolkits import FromGot10k, FromPysot, FromPytracking
    from feathertrack.trackers.trax import TraxTracker

_HOMES = {
    "FromGot10k": "feathertrack.trackers.toolkits",
    "FromOpenCV": "feathertrack.trackers.opencv",
    "FromPysot": "feathertrack.trackers.toolkits",
    "FromPytracking": "feathertrack.trackers.toolkits",
    "ToGot10k": "feathertrack.adapters.got10k",
    "ToOpenCV": "feathertrack.adapters.opencv",
    "ToPysot": "feathertrack.adapters.pysot",
    "ToPytracking": "feathertrack.adapters.pytracking",
    "TraxTracker": "feathertrack.trackers.trax",
    "follow_folder": "feathertrack.adapters.vot_folder",
    "serve_trax": "feathertrack.adapters.trax",
}

__all__ = [
    "FromGot10k",
    "FromOpenCV",
    "FromPysot",
    "FromPytracking",
    "ToGot10k",
    "ToOpenCV",
    "ToPysot",
    "ToPytracking",
    "TraxTracker",
    "follow_folder",
    "serve_trax",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'feathertrack.adapters' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
