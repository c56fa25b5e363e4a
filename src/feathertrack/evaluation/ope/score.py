"""What one-pass evaluation of a tracker gives: curves per sequence, and their means.

Shapes: S sequences, 21 overlap thresholds, 51 distances.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Counts, Floats
from feathertrack.evaluation.ope.convention import Convention

_HALF = 10
"""Entry of the success curve at the overlap 0.5."""
_REPORTED = 20
"""Entry of the precision curves that is reported: 20 pixels, 0.20 of the true size."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OpeScore:
    """Scores of a tracker; every share from 0 to 1, every sequence with the same weight.

    Attributes:
        convention: whose rules gave them.
        names: of the S sequences.
        frames: (S,) frames that a share is a share of.
        success: (S, 21) share of the frames above each overlap threshold.
        precision: (S, 51) share of the frames within each distance.
        norm_precision: (S, 51) share within each normalised distance; None where the toolkit has
            no such measure.
        mean_overlap: (S,) mean overlap over the frames with a usable true box, NaN without any.
        notes: what was done about tracks of another length.
    """

    convention: Convention
    names: tuple[str, ...]
    frames: Counts
    success: Floats
    precision: Floats
    norm_precision: Floats | None
    mean_overlap: Floats
    notes: tuple[str, ...] = ()

    @property
    def per_sequence(self) -> dict[str, Floats]:
        """Every headline measure of every sequence, (S,) each.

        ``auc`` (mean of the success curve), ``precision`` (at 20 pixels), ``norm_precision`` (where
        the toolkit has it: at 0.20, or the mean of the curve), ``success_50`` (overlap above 0.5).
        """
        measures = {"auc": self.success.mean(axis=1), "precision": self.precision[:, _REPORTED]}
        if self.norm_precision is not None:
            measures["norm_precision"] = (
                self.norm_precision.mean(axis=1)
                if self.convention.normalised_score == "mean"
                else self.norm_precision[:, _REPORTED]
            )
        return measures | {"success_50": self.success[:, _HALF]}

    @property
    def headline(self) -> dict[str, float]:
        """Mean over the sequences of every measure of ``per_sequence``."""
        return {name: float(values.mean()) for name, values in self.per_sequence.items()}

    @property
    def auc(self) -> float:
        """Mean of the success curve: the number that trackers are ranked by."""
        return float(self.success.mean(axis=1).mean())

    @property
    def mean_success(self) -> Floats:
        """Success curve, mean over sequences, (21,)."""
        return np.asarray(self.success.mean(axis=0))

    @property
    def mean_precision(self) -> Floats:
        """Precision curve, mean over sequences, (51,)."""
        return np.asarray(self.precision.mean(axis=0))

    @property
    def mean_norm_precision(self) -> Floats | None:
        """Normalised precision curve, mean over sequences, (51,)."""
        return None if self.norm_precision is None else self.norm_precision.mean(axis=0)

    def select(self, names: Sequence[str]) -> OpeScore:
        """The same scores of some of the sequences, in that order.

        Raises:
            InputError: ``names`` is empty or one of them was not scored; the nearest is named.
        """
        if not names:
            raise InputError("no sequence was chosen, so there is no mean")
        row_of = {name: row for row, name in enumerate(self.names)}
        for name in names:
            if name not in row_of:
                near = difflib.get_close_matches(name, row_of, n=1)
                hint = f"; nearest: {near[0]}" if near else ""
                raise InputError(f"sequence {name!r} was not scored{hint}")
        rows = [row_of[name] for name in names]
        return replace(
            self,
            names=tuple(names),
            frames=self.frames[rows],
            success=self.success[rows],
            precision=self.precision[rows],
            norm_precision=None if self.norm_precision is None else self.norm_precision[rows],
            mean_overlap=self.mean_overlap[rows],
        )

    def by_attribute(self, attributes: Mapping[str, Collection[str]]) -> dict[str, OpeScore]:
        """Scores of the sequences that share an attribute, in the order of the attributes' names.

        Args:
            attributes: sequence -> its attributes; sequences that were not scored are passed over.
        """
        groups: dict[str, list[str]] = defaultdict(list)
        for name in self.names:
            for attribute in attributes.get(name, ()):
                groups[attribute].append(name)
        return {attribute: self.select(groups[attribute]) for attribute in sorted(groups)}
