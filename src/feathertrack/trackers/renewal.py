"""Which view of a target its template is renewed with: the surest of every so many frames.

A target turns and its light changes, so the template of the first frame fits it less and less. FEAR
(Borsuk et al., arXiv 2112.07957, dual template) keeps a second template, taken from the frame of
the highest score within a period, and blends its features with those of the first. The first keeps
its share for ever, so a mistaken second view is never the whole of what is looked for, and goes
with the next one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


@dataclass(slots=True)
class Renewal:
    """The surest view of a running period.

    Attributes:
        every: frames of a period.
        frames: frames of the running period that are over.
        best: how sure the best view of the period is.
        view: it, uint8 (h, w, 3); None before there is one.
    """

    every: int
    frames: int = 0
    best: float = 0.0
    view: Picture | None = None

    def after(self, sureness: float, *, above: float, cut: Callable[[], Picture]) -> Picture | None:
        """Take note of a frame; returns the best view where a period ends with one.

        Args:
            sureness: how sure the target's place in this frame is.
            above: how sure it must be at least to be a view.
            cut: makes the view of this frame; called only if it is the best so far.
        """
        if sureness > max(above, self.best):
            self.best, self.view = sureness, cut()
        self.frames += 1
        if self.frames < self.every:
            return None
        view, self.frames, self.best, self.view = self.view, 0, 0.0, None
        return view
