"""How each measure is called, and which way is better."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from feathertrack.evaluation.scoring import ScoreTable


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A column of a table.

    Attributes:
        key: of ``Evaluated.headline``.
        label: heading.
        meaning: one line for a reader who does not know it.
        lower_is_better: failures count against a tracker.
        digits: after the point.
    """

    key: str
    label: str
    meaning: str = ""
    lower_is_better: bool = False
    digits: int = 3

    @property
    def arrow(self) -> str:
        """Which way is better."""
        return "↓" if self.lower_is_better else "↑"

    def text(self, value: float | None) -> str:
        """The number as a table shows it; an en dash where there is none."""
        if value is None or not math.isfinite(value):
            return "–"  # noqa: RUF001
        return f"{value:.{self.digits}f}"


_KNOWN = (
    Measure(key="auc", label="AUC", meaning="area under the success curve"),
    Measure(key="success", label="Success", meaning="area under the success curve"),
    Measure(key="precision", label="P", meaning="share of frames within 20 pixels"),
    Measure(
        key="norm_precision", label="NP", meaning="precision with distances in sizes of the target"
    ),
    Measure(key="success_50", label="SR 0.5", meaning="share of frames with an overlap above 0.5"),
    Measure(key="success_75", label="SR 0.75", meaning="share of frames with overlap above 0.75"),
    Measure(key="ao", label="AO", meaning="average overlap"),
    Measure(key="sr_50", label="SR 0.5", meaning="share of frames with an overlap above 0.5"),
    Measure(key="sr_75", label="SR 0.75", meaning="share of frames with an overlap above 0.75"),
    Measure(key="eao", label="EAO", meaning="expected average overlap"),
    Measure(key="accuracy", label="Accuracy", meaning="mean overlap while tracking"),
    Measure(key="robustness", label="Robustness", meaning="counted as the protocol says"),
    Measure(
        key="lost",
        label="Lost",
        meaning="failures, all sequences together",
        digits=1,
    ),
    Measure(key="f", label="F", meaning="best F score over confidence thresholds"),
    Measure(key="recall", label="Recall", meaning="at the best F score"),
    Measure(key="overlap", label="Overlap", meaning="mean overlap"),
    Measure(key="accuracy_pooled", label="Accuracy, pooled", meaning="all frames together"),
    Measure(key="reliability", label="Reliability", meaning="share of stretches without a failure"),
    Measure(key="failures_per_100_frames", label="Failures / 100 frames", digits=2),
)
MEASURES: Mapping[str, Measure] = {measure.key: measure for measure in _KNOWN}

_SPECIAL = {
    ("votlt", "precision"): Measure(key="precision", label="Precision", meaning="at the best F"),
}
"""Protocol before the @, and key -> what the key means there."""


def measure_of(key: str, table: ScoreTable) -> Measure:
    """How a table means a measure; one that is not known is called by its key."""
    known = _SPECIAL.get((table.protocol.partition("@")[0], key)) or MEASURES.get(key)
    measure = known or Measure(key=key, label=key.replace("_", " ").capitalize())
    unit = table.units.get(key, "")
    return replace(
        measure,
        lower_is_better=key in table.lower_is_better,
        label=f"{measure.label} ({unit})" if unit else measure.label,
        digits=1 if unit == "%" else measure.digits,
    )
