"""What the network of a tracker costs, and who taught it, as an evaluation writes it down."""

from __future__ import annotations

import contextlib
import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

from feathertrack.engines.pair import SUFFIXES, stored_files
from feathertrack.engines.source import Source
from feathertrack.errors import FeathertrackError
from feathertrack.trackers.naming import parse_tracker_name
from feathertrack.weights.catalogue import find_weights

FACTS = "model"
"""The key that they stand under."""

_ORIGINS = ("recipe", "teacher")


def model_facts(name: str) -> dict[str, Any]:
    """Facts about the network of a tracker; fewer, or none, where they cannot be found out.

    Args:
        name: as ``create_tracker`` takes it.

    Returns:
        ``network``, ``parameters``, ``bytes`` of its weights, ``macs_template`` once per target and
        ``macs_search`` of one search region, and, of weights that were trained here, ``recipe``
        and ``teacher``; of exported files, the ``precision`` that they are stored in. Without torch
        there are ``bytes`` of the files, and their precision.
    """
    parts = parse_tracker_name(name)
    if parts.kind not in ("file", "model"):
        return {}
    try:
        path = Path(parts.target) if parts.kind == "file" else find_weights(parts.target)
    except FeathertrackError:
        return {}
    return dict(_facts(path, parts.target if parts.kind == "model" else ""))


@lru_cache(maxsize=64)
def _facts(path: Path, name: str) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    with contextlib.suppress(OSError):
        facts["bytes"] = sum(file.stat().st_size for file in stored_files(path))
    if path.suffix.lower() in SUFFIXES:
        with contextlib.suppress(FeathertrackError):
            facts["precision"] = Source(path).precision
    if importlib.util.find_spec("torch") is None:
        return facts
    # What cannot be counted is left out: an evaluation is about its scores.
    with contextlib.suppress(Exception):
        facts |= _counted(path, name)
    with contextlib.suppress(Exception):
        facts |= _origins(path)
    return facts


def _counted(path: Path, name: str) -> dict[str, Any]:
    from feathertrack.models import create_model
    from feathertrack.models.cost import count_bytes, count_macs, count_parameters
    from feathertrack.weights.loading import load_model

    network = create_model(name) if path.suffix in SUFFIXES else load_model(path)
    macs = count_macs(network)
    return {
        "network": network.name,
        "parameters": count_parameters(network),
        "bytes": count_bytes(network),
        "macs_template": macs.embed,
        "macs_search": macs.predict,
    }


def _origins(path: Path) -> dict[str, str]:
    if path.suffix != ".safetensors":
        return {}
    from safetensors import safe_open

    with safe_open(str(path), framework="np") as file:
        words = file.metadata() or {}
    return {key: words[key] for key in _ORIGINS if words.get(key)}
