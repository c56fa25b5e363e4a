"""Tracking a benchmark's sequences during a training: the real tracker, the live network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import ArrayLike

from feathertrack.benchmarks import Benchmark, open_benchmark
from feathertrack.data.namelists import names_file, read_names
from feathertrack.engines.devices import Device
from feathertrack.engines.torch_runtime import load_torch_engine
from feathertrack.errors import InputError
from feathertrack.evaluation.protocols import find_protocol
from feathertrack.evaluation.runner import evaluate
from feathertrack.models.network import Network
from feathertrack.results import Result
from feathertrack.trackers.creation import tracker_for
from feathertrack.trackers.tracker import Image
from feathertrack.training.randomness import undisturbed
from feathertrack.training.recipe import ValidationSettings


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The headline numbers of a validation, and those of which a smaller one is better."""

    headline: Mapping[str, float]
    lower_is_better: frozenset[str] = field(default_factory=frozenset)


class Validator:
    """Scores a network on a benchmark, or on some sequences of it.

    Args:
        settings: which benchmark, sequences, protocol and metric.
        data_root: folder of all data; the benchmark is in the folder of its name, where
            ``settings.root`` does not say otherwise.

    Raises:
        InputError: there is no such benchmark, sequence, folder or protocol.
    """

    def __init__(self, settings: ValidationSettings, *, data_root: Path | None) -> None:
        if settings.every < 1:
            raise InputError(f"validation.every must be at least 1, got {settings.every}")
        self.settings = settings
        self.benchmark = _open(settings, data_root)
        find_protocol(settings.protocol or None, self.benchmark)

    def check(self) -> None:
        """Score a box that stands still on one sequence, so that a wrong metric is told at once.

        Raises:
            InputError: the protocol has no number of the metric's name, or a frame is unreadable.
        """
        one = replace(self.benchmark, names=self.benchmark.names[:1])
        table = evaluate(_Still(), one, protocol=self.settings.protocol or None)
        weighted_sum(self.settings.metric, table.headline)

    def due(self, epochs_done: int) -> bool:
        """Whether to validate after so many epochs."""
        since = epochs_done - self.settings.from_epoch
        return epochs_done > 0 and since >= 0 and since % self.settings.every == 0

    def score(self, network: Network, *, device: torch.device) -> Scores:
        """Track every sequence; neither the network nor any random number is changed.

        Raises:
            FeathertrackError: the tracker failed, or the protocol has no number of that name.
        """
        place = Device("cuda", device.index or 0) if device.type == "cuda" else Device("cpu")
        with undisturbed():
            engine = load_torch_engine(network, device=place)
            tracker = tracker_for(engine, preset=self.settings.preset)
            table = evaluate(tracker, self.benchmark, protocol=self.settings.protocol or None)
        return Scores(headline=dict(table.headline), lower_is_better=table.lower_is_better)

    def value(self, scores: Scores) -> float:
        """The number by which weights are chosen.

        Raises:
            InputError: the protocol has no number of that name.
        """
        return weighted_sum(self.settings.metric, scores.headline)

    def improves(self, scores: Scores, best: float | None) -> bool:
        """Whether a score beats the best one so far; NaN never does."""
        value = self.value(scores)
        if math.isnan(value):
            return False
        if best is None:
            return True
        return value < best if self.settings.metric in scores.lower_is_better else value > best


class _Still:
    """A tracker that believes the target stays where it was."""

    def __init__(self) -> None:
        self._box = np.zeros(4)

    def init(self, image: Image, box: ArrayLike) -> None:
        self._box = np.asarray(box, dtype=np.float64)

    def update(self, image: Image) -> Result:
        return Result(box=self._box, score=1.0, state="tracking")


def weighted_sum(metric: str, headline: Mapping[str, float]) -> float:
    """A headline number, or a sum of such as ``0.4 auc + 0.6 precision``.

    Raises:
        InputError: there is no number of that name.

    >>> round(weighted_sum("0.4 auc + 0.6 precision", {"auc": 0.5, "precision": 0.7}), 3)
    0.62
    """
    total = 0.0
    for term in metric.split("+"):
        *weight, name = term.split() or [""]
        if name not in headline:
            raise InputError(
                f"validation.metric: there is no number {name!r}; there are {', '.join(headline)}"
            )
        try:
            total += (float(weight[0]) if weight else 1.0) * headline[name]
        except ValueError:
            raise InputError(
                "validation.metric is a name, or a sum as '0.4 auc + 0.6 precision', got "
                f"{metric!r}"
            ) from None
    return total


def _open(settings: ValidationSettings, data_root: Path | None) -> Benchmark:
    root = Path(settings.root) if settings.root else None
    if data_root is not None and (root is None or not root.is_absolute()):
        root = data_root / (root or settings.benchmark)
    benchmark = open_benchmark(settings.benchmark, root)
    if not settings.sequences:
        return benchmark
    listed = [one for spec in settings.sequences for one in _listed(benchmark.root, spec)]
    names = tuple(dict.fromkeys(benchmark.resolve(name) for name in listed))
    return replace(benchmark, names=names)


def _listed(root: Path, spec: str) -> tuple[str, ...]:
    """A sequence's name, or the names in a file, as ``folds.json:dev``."""
    return read_names(root, spec) if names_file(root, spec) else (spec,)
