"""An engine that computes nothing twice: equal pictures of equal templates have equal outputs.

It stands between a tracker and a network, so trackers know nothing of it. A driver that has several
trackers asks for all of their regions first, lets what is missing be computed in batches, and then
fetches; ``predict`` is these three for one tracker.

Shapes: S search regions of one tracker in one frame.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from feathertrack.engines.protocol import Engine, Features, Images, NetworkInfo, Outputs
from feathertrack.errors import InputError
from feathertrack.tuning.replay.batches import Batches, Call, Region, joined
from feathertrack.tuning.replay.memo import Key, Memo, digest
from feathertrack.tuning.replay.statistics import Statistics

Asked = tuple[Key, ...]
"""What a tracker wants to know: the keys of its regions in their order."""


@dataclass(frozen=True)
class _Template:
    """Features with the key of what they were made of."""

    key: Key
    features: Features


class SharedEngine:
    """See :class:`feathertrack.engines.protocol.Engine`; for templates one at a time.

    Args:
        engine: what computes.
        memo: where outputs are looked for first.
        exact: put only so many regions into a call as change no bit of their outputs.
        largest: regions in a call, 0 for a number that suits the device.
    """

    def __init__(self, engine: Engine, *, memo: Memo, exact: bool = True, largest: int = 0) -> None:
        self.engine = engine
        self.memo = memo
        self.statistics = Statistics()
        self._identity = identity(engine, memo=memo, exact=exact)
        self._batches = Batches(
            engine=engine,
            identity=self._identity,
            memo=memo,
            statistics=self.statistics,
            exact=exact,
            largest=largest,
        )
        self._templates: dict[Key, Features] = {}
        self._missing: dict[Key, Call] = {}
        self._frame: dict[Key, Outputs] = {}
        self._in_frame = False

    @property
    def info(self) -> NetworkInfo:
        """What the network is."""
        return self.engine.info

    @property
    def name(self) -> str:
        """The runtime."""
        return self.engine.name

    @property
    def device(self) -> str:
        """Where it runs."""
        return self.engine.device

    @property
    def precision(self) -> str:
        """What it computes in."""
        return self.engine.precision

    def embed(self, template: Images) -> Features:
        """Features of one template, (1, h, w, 3)."""
        self.statistics.templates_asked += 1
        key = digest(self._identity, template)
        if key not in self._templates:
            self._templates[key] = self.engine.embed(template)
            self.statistics.templates_computed += 1
        return Features(_Template(key, self._templates[key]))

    def predict(self, features: Features, search: Images) -> Outputs:
        """Raw outputs for the S regions of one tracker."""
        with self.frame():
            asked = self.ask(features, [Region.of(picture) for picture in search])
            self.compute()
            return self.fetch(asked)

    def stack(self, features: Sequence[Features]) -> Features:
        """Refuse to: every template keeps to itself here.

        Raises:
            InputError: always.
        """
        raise InputError(f"points share templates one by one, not {len(features)} as a batch")

    def blend(self, first: Features, second: Features, share: float) -> Features:
        """Two views of one target as one."""
        one: Any = first
        other: Any = second
        key = digest("blend", one.key, other.key, float(share).hex())
        if key not in self._templates:
            self._templates[key] = self.engine.blend(one.features, other.features, share)
        return Features(_Template(key, self._templates[key]))

    def ask(self, features: Features, search: Sequence[Region]) -> Asked:
        """Note what a tracker wants to know; the keys are good until the frame ends."""
        template: Any = features
        self.statistics.asked += len(search)
        asked = []
        for regions in self._batches.split(template.features, search):
            key = digest(template.key, *(region.key for region in regions))
            asked.append(key)
            if key not in self._frame and key not in self._missing:
                call = Call(template=template.key, features=template.features, regions=regions)
                self._look_up(key, call)
        return tuple(asked)

    def compute(self) -> None:
        """Compute what was asked for and is missing."""
        for key, outputs in self._batches.run(list(self._missing.items())):
            self._frame[key] = outputs
            self.memo.put(key, outputs)
        self._missing.clear()

    def fetch(self, asked: Asked) -> Outputs:
        """The outputs for what was asked, once computed; not to be written to."""
        found = [self._frame[key] for key in asked]
        return found[0] if len(found) == 1 else joined(found)

    @contextlib.contextmanager
    def frame(self) -> Iterator[None]:
        """Inside, outputs stay however small the memo is; a frame within a frame is the same."""
        outermost, self._in_frame = not self._in_frame, True
        try:
            yield
        finally:
            if outermost:
                self._in_frame = False
                self._missing.clear()
                self._frame.clear()

    def _look_up(self, key: Key, call: Call) -> None:
        known = self.memo.get(key)
        if known is None:
            self._missing[key] = call
        else:
            self.statistics.recalled += len(call.regions)
            self._frame[key] = known


def identity(engine: Engine, *, memo: Memo, exact: bool) -> Key:
    """Key of all that outputs depend on besides the pictures."""
    info = engine.info
    weights = info.digest or memo.token(engine)
    threads = str(getattr(engine, "threads", None))
    words = (info.name, engine.name, engine.device, engine.precision, threads)
    return digest(weights, *words, "exact" if exact else "close")
