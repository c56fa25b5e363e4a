"""A tracker with settings whose best values are known: it needs no network and no time."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import as_box
from feathertrack.trackers.settings import check_ranges, ranged

HERE = "tests.tuning.tunable"
DRIFTING = f"{HERE}:Drifting"
Image = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Inner:
    """What lies deeper.

    Attributes:
        gain: a factor on nothing.
    """

    gain: float = ranged(1.0, 0.01, 100.0, log=True)


@dataclass(frozen=True, kw_only=True)
class DriftingSettings:
    """Where the box goes.

    Attributes:
        shift: pixels to the right with every frame; 0 is best,
            and it is the middle of the range.
        growth: factor on the size with every frame (official: nothing); 1 is best.
        pause: frames between two steps.
        mirrored: go left.
        mode: what does not matter.
        inner: what lies deeper.
    """

    shift: float = ranged(2.0, -4.0, 4.0)
    growth: float = ranged(1.02, 0.9, 1.1)
    pause: int = ranged(1, 1, 9)
    mirrored: bool = False
    mode: Literal["plain", "fancy"] = "plain"
    inner: Inner = field(default_factory=Inner)

    def __post_init__(self) -> None:
        check_ranges(self)


class Drifting:
    """The box that was given, moved and grown as the settings say."""

    is_deterministic = True

    def __init__(self, settings: DriftingSettings = DriftingSettings()) -> None:
        self.settings = settings

    def init(self, image: Image, box: ArrayLike) -> None:
        self.box = as_box(box)

    def update(self, image: Image) -> NDArray[np.float64]:
        s = self.settings
        self.box = self.box + np.array([-s.shift if s.mirrored else s.shift, 0, 0, 0])
        self.box = self.box * np.array([1, 1, s.growth, s.growth])
        return self.box


class Breaking(Drifting):
    """The same; it raises where it should go left."""

    def update(self, image: Image) -> NDArray[np.float64]:
        if self.settings.shift < 0:
            raise ZeroDivisionError("a bug")
        return super().update(image)


class Slow(Drifting):
    """The same, 50 frames a second at most."""

    def update(self, image: Image) -> NDArray[np.float64]:
        time.sleep(0.02)
        return super().update(image)
