"""The table as a whole, and looking things up in it."""

from __future__ import annotations

import difflib
import fnmatch

from feathertrack.errors import InputError
from feathertrack.weights.catalogue import cfkd, mmtracking, siamfc, siamkpn, siamrpn
from feathertrack.weights.catalogue.entry import Entry, System

_SOURCES = (siamfc, siamrpn, mmtracking, siamkpn, cfkd)

SYSTEMS: tuple[System, ...] = tuple(source.SYSTEM for source in _SOURCES)

_ENTRIES: dict[str, Entry] = {entry.name: entry for source in _SOURCES for entry in source.ENTRIES}


def catalogue_entries(pattern: str = "*") -> list[Entry]:
    """Published files whose name matches a shell pattern, in the order of the models page.

    >>> [entry.name for entry in catalogue_entries("fdsiam*_[15]*")]
    ['fdsiamfc_15', 'fdsiamd_50']
    """
    return [entry for name, entry in _ENTRIES.items() if fnmatch.fnmatchcase(name, pattern)]


def find_entry(name: str) -> Entry:
    """The published file of that name.

    Raises:
        InputError: there is none; the text lists the nearest names.
    """
    if name not in _ENTRIES:
        near = difflib.get_close_matches(name, _ENTRIES, n=3, cutoff=0.3)
        raise InputError(
            f"no published weights are called {name!r}; nearest names: "
            f"{', '.join(near) or 'none'}; the models page lists all {len(_ENTRIES)}"
        )
    return _ENTRIES[name]
