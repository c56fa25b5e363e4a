"""Values of JSON by their paths, as ``optim.lr`` or ``data.sets.0.reader``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def by_path(values: Any, lead: str = "") -> Iterator[tuple[str, Any]]:
    """Each value with its path; a list without objects in it is one value.

    >>> list(by_path({"optim": {"lr": 0.1}, "sets": [{"reader": "coco"}], "sizes": [127, 255]}))
    [('optim.lr', 0.1), ('sets.0.reader', 'coco'), ('sizes', [127, 255])]
    """
    if isinstance(values, Mapping):
        for key, value in values.items():
            yield from by_path(value, f"{lead}{key}.")
    elif isinstance(values, list) and any(isinstance(item, Mapping) for item in values):
        for number, value in enumerate(values):
            yield from by_path(value, f"{lead}{number}.")
    else:
        yield lead[:-1], values
