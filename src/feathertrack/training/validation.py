"""Tracking a benchmark's sequences during a training: the real tracker, the live network."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from feathertrack.benchmarks import Benchmark, open_benchmark
from feathertrack.engines.devices import Device
from feathertrack.engines.torch_runtime import load_torch_engine
from feathertrack.errors import InputError
from feathertrack.evaluation.runner import evaluate
from feathertrack.models.network import Network
from feathertrack.trackers.creation import tracker_for
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
        InputError: there is no such benchmark, sequence or folder.
    """

    def __init__(self, settings: ValidationSettings, *, data_root: Path | None) -> None:
        if settings.every < 1:
            raise InputError(f"validation.every must be at least 1, got {settings.every}")
        self.settings = settings
        self.benchmark = _open(settings, data_root)

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
            table = evaluate(
                tracker_for(engine), self.benchmark, protocol=self.settings.protocol or None
            )
        if self.settings.metric not in table.headline:
            raise InputError(
                f"validation.metric: {table.protocol} has no number {self.settings.metric!r}; it "
                f"has: {', '.join(table.headline)}"
            )
        return Scores(headline=dict(table.headline), lower_is_better=table.lower_is_better)

    def improves(self, scores: Scores, best: float | None) -> bool:
        """Whether a score beats the best one so far; NaN never does."""
        value = scores.headline[self.settings.metric]
        if math.isnan(value):
            return False
        if best is None:
            return True
        return value < best if self.settings.metric in scores.lower_is_better else value > best


def _open(settings: ValidationSettings, data_root: Path | None) -> Benchmark:
    root = Path(settings.root) if settings.root else None
    if data_root is not None and (root is None or not root.is_absolute()):
        root = data_root / (root or settings.benchmark)
    benchmark = open_benchmark(settings.benchmark, root)
    if not settings.sequences:
        return benchmark
    names = tuple(benchmark.resolve(name) for name in settings.sequences)
    return replace(benchmark, names=names)
