"""Tracking a benchmark's sequences during a training: the real tracker, the live network."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch

from feathertrack.benchmarks import Benchmark, open_benchmark
from feathertrack.data.namelists import names_files, read_names
from feathertrack.engines.devices import Device
from feathertrack.engines.torch_runtime import load_torch_engine
from feathertrack.errors import InputError
from feathertrack.evaluation.metric_sums import measures_of, weighted_sum
from feathertrack.evaluation.protocols import find_protocol
from feathertrack.evaluation.runner import evaluate
from feathertrack.models.network import Network
from feathertrack.trackers.creation import tracker_for
from feathertrack.training.checkpoints import Best
from feathertrack.training.randomness import undisturbed
from feathertrack.training.recipe import ValidationSettings

_OPTION = "validation.metric"


@dataclass(frozen=True, kw_only=True)
class Scores:
    """The headline numbers of a validation, and those of which a smaller one is better."""

    headline: Mapping[str, float]
    lower_is_better: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a validation says of a network.

    Attributes:
        headline: all numbers by name.
        value: the one by which weights are chosen.
        best: this one, where it beats the best one before.
        seconds: that it took.
    """

    headline: Mapping[str, float]
    value: float
    best: Best | None
    seconds: float


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
        table = measures_of(self.benchmark, self.settings.protocol or None)
        weighted_sum(self.settings.metric, table.headline, option=_OPTION)

    @property
    def judged_by(self) -> str:
        """A text that two validations share whose values can be compared."""
        one = self.settings
        words = (one.metric, one.benchmark, one.protocol, one.preset, *self.benchmark.names)
        return json.dumps(words)

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

    def judge(
        self, network: Network, *, device: torch.device, epoch: int, best: Best | None
    ) -> Verdict:
        """Score a network after an epoch, and compare it with the best value so far.

        Raises:
            FeathertrackError: as ``score``.
        """
        began = time.perf_counter()
        scores = self.score(network, device=device)
        value, metric = self.value(scores), self.settings.metric
        new = Best(metric=metric, value=value, epoch=epoch, judged_by=self.judged_by)
        return Verdict(
            headline=dict(scores.headline),
            value=value,
            best=new if self.improves(scores, best.value if best else None) else None,
            seconds=time.perf_counter() - began,
        )

    def value(self, scores: Scores) -> float:
        """The number by which weights are chosen.

        Raises:
            InputError: the protocol has no number of that name.
        """
        return weighted_sum(self.settings.metric, scores.headline, option=_OPTION)

    def improves(self, scores: Scores, best: float | None) -> bool:
        """Whether a score beats the best one so far; NaN never does."""
        value = self.value(scores)
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
    listed = [one for spec in settings.sequences for one in _listed(benchmark.root, spec)]
    names = tuple(dict.fromkeys(benchmark.resolve(name) for name in listed))
    return replace(benchmark, names=names)


def _listed(root: Path, spec: str) -> tuple[str, ...]:
    """A sequence's name, or the names in a file, as ``folds.json:dev``."""
    return read_names(root, spec) if names_files(root, spec) else (spec,)
