"""Parts of a table of scores that are more than a number: a curve, a difference of two trackers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.significance import Interval


@dataclass(frozen=True, kw_only=True, eq=False)
class Curve:
    """A curve of a plot.

    Attributes:
        x: thresholds, or lengths of sequences.
        y: as many values.
        x_label: what the thresholds are.
        y_label: what the values are.
    """

    x: Floats
    y: Floats
    x_label: str
    y_label: str

    def to_json(self) -> dict[str, Any]:
        """The curve as a table of scores keeps it."""
        return {
            "x": np.asarray(self.x).tolist(),
            "y": np.asarray(self.y, dtype=np.float64).tolist(),
            "x_label": self.x_label,
            "y_label": self.y_label,
        }

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> Curve:
        """The curve that a table of scores keeps as ``values``; NaN where these have None."""
        x, y = (
            np.array([np.nan if v is None else v for v in values[k]], float) for k in ("x", "y")
        )
        return Curve(x=x, y=y, x_label=values["x_label"], y_label=values["y_label"])


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How far a measure lies from that of another tracker.

    Attributes:
        to: name of the other tracker.
        interval: of this tracker's measure minus the other's, on the same resamples.
    """

    to: str
    interval: Interval

    def to_json(self) -> dict[str, Any]:
        """The difference as a table of scores keeps it."""
        return {
            "to": self.to,
            "interval": self.interval.to_json(),
            "significant": self.interval.excludes_zero,
        }

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> Difference:
        """The difference that a table of scores keeps as ``values``."""
        return Difference(to=values["to"], interval=Interval(**values["interval"]))
