"""A tracker for subprocesses, by the name ``tests.adapters.trackers_of_tests:Mover``."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import as_box
from feathertrack.results import Result


class Mover:
    """Follows the square of ``book`` by heart: 3 to the right and 2 down with every frame."""

    def init(self, image: NDArray[np.uint8], box: ArrayLike) -> None:
        print("what a tracker prints must not come between")
        self.box = as_box(box)
        self.first = image.copy()

    def update(self, image: NDArray[np.uint8]) -> Result:
        self.box = self.box + np.array([3.0, 2.0, 0.0, 0.0])
        return Result(box=self.box, score=0.75, state="tracking")


class Forgetful(Mover):
    """Fails at once: it jumps away."""

    def update(self, image: NDArray[np.uint8]) -> Result:
        return Result(box=np.array([0.0, 0.0, 9.0, 9.0]), score=0.1, state="uncertain")
