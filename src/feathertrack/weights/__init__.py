"""Weights: loading, saving, and what is known about a file. Importing it needs no torch."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from feathertrack.errors import require

if TYPE_CHECKING:
    from feathertrack.weights.digest import file_digest
    from feathertrack.weights.info import network_info
    from feathertrack.weights.loading import load_model
    from feathertrack.weights.saving import save_model

__all__ = ["file_digest", "load_model", "network_info", "save_model"]

_HOME = {
    "file_digest": "feathertrack.weights.digest",
    "load_model": "feathertrack.weights.loading",
    "network_info": "feathertrack.weights.info",
    "save_model": "feathertrack.weights.saving",
}

_NEED_TORCH = ("load_model", "save_model")


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name in _NEED_TORCH:
        require("torch", extra="torch")
    return getattr(importlib.import_module(_HOME[name]), name)
