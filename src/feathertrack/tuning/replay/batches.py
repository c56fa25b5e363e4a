"""Which regions go through the network together, so that every answer is what it is alone.

Runtimes choose their kernels by shapes, so a region's outputs may differ in the last bits with the
number of regions beside it, and one bit may in time send a tracker elsewhere. So a size of batches
is held against the plain way on real regions before it is used, once for each network and shape of
regions, and sizes that differ in a single bit are never used.

Shapes: S search regions of one tracker in one frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.engines.protocol import Engine, Features, Outputs
from feathertrack.tuning.replay.memo import Key, Memo, digest
from feathertrack.tuning.replay.statistics import Statistics

LARGEST = {"cpu": 8}
"""Regions in a call, by device."""

LARGEST_ELSEWHERE = 32


@dataclass(frozen=True, eq=False)
class Region:
    """A picture for the network, (1, H, W, 3), uint8 or float32, and the key of its pixels."""

    pixels: NDArray[Any]
    key: Key

    @classmethod
    def of(cls, picture: NDArray[Any]) -> Region:
        """A picture (H, W, 3) with its key."""
        return cls(picture[None], digest(picture))

    @property
    def shape(self) -> str:
        """Type and shape in words."""
        return f"{self.pixels.dtype}{self.pixels.shape}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Call:
    """What is to be computed: regions that belong together, and the template they are sought with.

    Attributes:
        template: key of the features.
        features: the features.
        regions: one region, or all of a tracker where one alone has other outputs.
    """

    template: Key
    features: Features
    regions: Sequence[Region]

    @property
    def kind(self) -> tuple[Key, str]:
        """Calls of one kind can be one batch."""
        return self.template, f"{len(self.regions)} {self.regions[0].shape}"


Batch = list[tuple[Key, Call]]


@dataclass(frozen=True, kw_only=True)
class Batches:
    """The rules for one engine.

    Attributes:
        engine: what computes.
        identity: key of the engine.
        memo: where verdicts are kept.
        statistics: where checks and calls are counted.
        exact: use only sizes that change no bit; otherwise all.
        largest: regions in a call; 0 takes 8 on a processor and 32 elsewhere.
    """

    engine: Engine = field(repr=False)
    identity: Key
    memo: Memo
    statistics: Statistics
    exact: bool = True
    largest: int = 0

    def split(self, features: Features, search: Sequence[Region]) -> list[Sequence[Region]]:
        """The S regions of a tracker one by one, or together where each alone differs."""
        if len(search) == 1 or self._same_in_company(features, search):
            return [[region] for region in search]
        return [search]

    def run(self, missing: Sequence[tuple[Key, Call]]) -> Iterator[tuple[Key, Outputs]]:
        """Compute calls, in batches as large as change nothing."""
        ordered = sorted(missing, key=lambda item: item[1].kind)
        for _, same in groupby(ordered, key=lambda item: item[1].kind):
            yield from self._run_kind(list(same))

    def _run_kind(self, waiting: Batch) -> Iterator[tuple[Key, Outputs]]:
        while waiting:
            calls = [call for _, call in waiting]
            size = self._size(calls)
            batch, waiting = waiting[:size], waiting[size:]
            regions = [region for call in calls[:size] for region in call.regions]
            outputs = self._predict(calls[0].features, regions)
            self.statistics.calls += 1
            self.statistics.computed += len(regions)
            step = len(calls[0].regions)
            for number, (key, _) in enumerate(batch):
                part = slice(number * step, (number + 1) * step)
                # Copies: a view would keep the outputs of the whole batch in memory.
                yield key, tuple(np.array(output[part]) for output in outputs)

    def _size(self, calls: Sequence[Call]) -> int:
        """How many of the calls go first: the largest power of 2 that changes nothing."""
        if len(calls[0].regions) > 1:
            return 1
        size = 1
        largest = self.largest or LARGEST.get(self.engine.device, LARGEST_ELSEWHERE)
        while 2 * size <= min(largest, len(calls)):
            regions = [call.regions[0] for call in calls[: 2 * size]]
            if not self._same_in_company(calls[0].features, regions):
                break
            size *= 2
        return size

    def _same_in_company(self, features: Features, regions: Sequence[Region]) -> bool:
        """Whether regions in one call have the outputs of each in a call of its own."""
        if not self.exact:
            return True
        key = digest(self.identity, f"{len(regions)} of {regions[0].shape}")
        verdict = self.memo.verdict(key)
        if verdict is None:
            together = self._predict(features, regions)
            each = [self._predict(features, [region]) for region in regions]
            verdict = _equal(together, joined(each))
            self.statistics.checked += 2 * len(regions)
            self.memo.decide(key, verdict)
        return verdict

    def _predict(self, features: Features, regions: Sequence[Region]) -> Outputs:
        return self.engine.predict(features, np.concatenate([one.pixels for one in regions]))


def joined(outputs: Sequence[Outputs]) -> Outputs:
    """The outputs of several calls as those of one."""
    return tuple(np.concatenate(parts) for parts in zip(*outputs, strict=True))


def _equal(one: Outputs, other: Outputs) -> bool:
    """Whether all bits are the same; what is no number equals itself."""
    pairs = zip(one, other, strict=True)
    return all(np.array_equal(a.view(np.uint32), b.view(np.uint32)) for a, b in pairs)
