"""A tracker that never moves, by the name ``tests.evaluation.report.still:Still``."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Still:
    """Answers with the box that it was given."""

    is_deterministic = True

    def init(self, image: NDArray[np.uint8], box: ArrayLike) -> None:
        self.box = box

    def update(self, image: NDArray[np.uint8]) -> ArrayLike:
        return self.box
