"""Trackers that need no network, by the name ``tests.cli.fake_trackers:Class``."""

from __future__ import annotations

import os
import time
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import as_box
from feathertrack.results import Result

Image = NDArray[np.uint8]


class Growing:
    """The box that was given, one pixel wider with every frame."""

    def init(self, image: Image, box: ArrayLike) -> None:
        self.result = Result(box=as_box(box), score=0.5, state="uncertain")

    def update(self, image: Image) -> Result:
        self.result = replace(self.result, box=self.result.box + np.array([0, 0, 1, 0]))
        return self.result


class Slow(Growing):
    """The same, 25 frames a second at most."""

    def update(self, image: Image) -> Result:
        time.sleep(0.04)
        return super().update(image)


class Failing(Growing):
    """Raises what no tracker should on the third frame."""

    def init(self, image: Image, box: ArrayLike) -> None:
        super().init(image, box)
        self.count = 0

    def update(self, image: Image) -> Result:
        self.count += 1
        if self.count == 2:
            raise ZeroDivisionError("a bug")
        return super().update(image)


class Ending(Growing):
    """Ends its process, as a crash in native code does."""

    def update(self, image: Image) -> Result:
        os._exit(7)
