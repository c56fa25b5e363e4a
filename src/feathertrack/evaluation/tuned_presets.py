"""Presets that were tuned on what they are scored on."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.contestants import Contestant
from feathertrack.trackers.creation import ABOUT
from feathertrack.trackers.naming import parse_tracker_name


def tuning_notes(one: Contestant, benchmark: Benchmark) -> tuple[str, ...]:
    """A sentence about a contestant whose preset file says that it was tuned on these sequences.

    Args:
        one: the contestant.
        benchmark: what it is scored on.
    """
    found = _tuned_on(one)
    if not isinstance(found, dict) or found.get("benchmark") != benchmark.name:
        return ()
    names = found.get("sequences")
    shared = set(names if isinstance(names, list) else ()) & set(benchmark.names)
    if not shared:
        return ()
    return (
        f"its preset was tuned on {len(shared)} of these {len(benchmark)} sequences: its scores "
        "are too good, and say little of other sequences",
    )


def _tuned_on(one: Contestant) -> Any:
    """What the preset file of a contestant says of itself; None where there is none."""
    if one.made is not None:
        return None
    with contextlib.suppress(OSError, ValueError, InputError, AttributeError):
        preset = Path(parse_tracker_name(one.name).preset)
        if preset.is_file():
            return json.loads(preset.read_text(encoding="utf-8")).get(ABOUT, {}).get("tuned_on")
    return None
