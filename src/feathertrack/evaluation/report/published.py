"""Published numbers of a benchmark, from the catalogue: other people's, never measured here."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from feathertrack.weights.catalogue import Entry, catalogue_entries

_KEYS = {
    "success": ("auc", "success"),
    "norm precision": ("norm_precision",),
    "precision": ("precision",),
    "EAO": ("eao",),
    "accuracy": ("accuracy",),
    "robustness": ("robustness",),
    "F1": ("f",),
}
"""Metric of the catalogue -> keys of the measures that it stands for."""

_ALSO = {"otb100": ("otb",), "votlt2018": ("vot2018lt",)}
"""Benchmark -> other spellings of the catalogue, letters and digits only."""


@dataclass(frozen=True, kw_only=True)
class PublishedRow:
    """What a source says of a tracker on a benchmark.

    Attributes:
        tracker: name of its weights in the catalogue.
        values: key of a measure -> number.
        source: where it is printed.
        frames_per_second: published speed of the whole tracker, None without one.
        hardware: of that speed.
    """

    tracker: str
    values: Mapping[str, float]
    source: str
    frames_per_second: float | None = None
    hardware: str = ""


def published_rows(benchmark: str) -> tuple[PublishedRow, ...]:
    """Rows of the catalogue for a benchmark; the name is as ``open_benchmark`` takes it.

    >>> published_rows("otb50")[0].values["auc"]
    0.542
    """
    wanted = {_plain(benchmark), *_ALSO.get(_plain(benchmark), ())}
    found = []
    for entry in catalogue_entries():
        values: dict[str, dict[str, float]] = defaultdict(dict)
        for row in entry.rows:
            if _plain(row.benchmark) in wanted:
                same = _plain(row.benchmark) == _plain(benchmark)
                source = row.source if same else f"{row.source}, there called {row.benchmark}"
                for key in _KEYS[row.metric]:
                    values[source][key] = row.value
        found += [_row(entry, source, numbers) for source, numbers in values.items()]
    return tuple(found)


def _row(entry: Entry, source: str, values: Mapping[str, float]) -> PublishedRow:
    whole = [speed for speed in entry.speeds if speed.part == "tracker"]
    speed = whole[0] if whole else None
    return PublishedRow(
        tracker=entry.name,
        values=values,
        source=source,
        frames_per_second=None if speed is None else speed.frames_per_second,
        hardware="" if speed is None else speed.hardware,
    )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
