"""What made raw results, as ``evaluate`` wrote it to ``<tracker>.run.json`` beside their folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from feathertrack.evaluation.scoring import ScoreTable

_ENDING = ".run.json"
_LARGEST = 2**28
"""Bytes of a file of scores; 50 trackers on 10 benchmarks take 20 MB."""


def read_json(path: Path) -> Any:
    """The values of a file; None where it is no JSON, which is somebody else's business."""
    try:
        if path.stat().st_size > _LARGEST:
            return None
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def config_of(place: Path, table: ScoreTable) -> dict[str, str]:
    """What made the raw results, as ``evaluate`` wrote it beside their folder."""
    root = place if place.is_dir() else place.parent
    for folder in (root / table.benchmark, root):
        values = read_json(folder / f"{table.tracker}{_ENDING}")
        if isinstance(values, dict):
            return dict(_flat(values))
    return {}


def _flat(values: Mapping[str, Any], *, lead: str = "") -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, lead=f"{lead}{key}.")
        elif value is not None and not isinstance(value, list):
            yield f"{lead}{key}", str(value)


def configured_trackers(folders: Iterable[Path]) -> list[Path]:
    """Folders of raw results that ``evaluate`` made or began, in these folders."""
    files = [path for one in folders if one.is_dir() for path in one.glob(f"*{_ENDING}")]
    return [path.with_name(path.name.removesuffix(_ENDING)) for path in sorted(files)]
