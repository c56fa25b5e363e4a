"""Where the package keeps files of its own: one folder per user, never the package's."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_dir() -> Path:
    """The user's folder for what can be made or fetched again; it need not exist.

    ``FEATHERTRACK_CACHE`` names it; else it is where the system keeps such folders
    (``XDG_CACHE_HOME`` or ``~/.cache``, ``~/Library/Caches``, ``%LOCALAPPDATA%``).
    """
    own = os.environ.get("FEATHERTRACK_CACHE")
    return Path(own).expanduser() if own else _system_caches() / "feathertrack"


def _system_caches() -> Path:
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    xdg = os.environ.get("XDG_CACHE_HOME", "")
    # A relative XDG_CACHE_HOME is to be ignored (XDG base directory specification).
    return Path(xdg) if Path(xdg).is_absolute() else Path.home() / ".cache"
