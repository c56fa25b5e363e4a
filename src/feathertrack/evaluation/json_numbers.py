"""Numbers in JSON, which knows neither NaN nor infinity: None stands for both."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def finite(value: Any) -> Any:
    """Values for JSON, however deep: None for each number that is not finite."""
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def known(row: Mapping[str, float | None]) -> dict[str, float]:
    """A row of measures as ``finite`` wrote it, with NaN for None."""
    return {name: math.nan if value is None else value for name, value in row.items()}
