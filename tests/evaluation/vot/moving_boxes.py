"""Trackers made up for tests: frames are their own numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from feathertrack.boxes import Boxes


@dataclass
class Drifting:
    """Reports the first box moved by a constant step a frame, until it is started again."""

    step: tuple[float, float] = (0.0, 0.0)
    calls: list[tuple[str, int]] = field(default_factory=list)

    def init(self, image: int, box_xywh: Boxes, /) -> None:
        self.first, self.box = image, np.array(box_xywh)
        self.calls.append(("init", image))

    def update(self, image: int, /) -> Boxes:
        self.calls.append(("update", image))
        self.box[:2] += self.step
        return self.box.copy()


@dataclass
class Clock:
    """A clock that only the test moves."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Slow(Drifting):
    """Takes the seconds it is told to for each call."""

    clock: Clock = field(default_factory=Clock)
    seconds: list[float] = field(default_factory=list)

    def _spend(self) -> None:
        self.clock.now += self.seconds.pop(0) if self.seconds else 0.0

    def init(self, image: int, box_xywh: Boxes, /) -> None:
        super().init(image, box_xywh)
        self._spend()

    def update(self, image: int, /) -> Boxes:
        self._spend()
        return super().update(image)
