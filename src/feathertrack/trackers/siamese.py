"""What the trackers of SiamRPN++ and SiamKPN share: everything but the meaning of the outputs.

Both look around the last place, let a network propose boxes with a score each, punish boxes of
another size and shape than the last one, pull towards the middle by a cosine window, take the best,
and let the size follow slowly. Follows github.com/STVIR/pysot (``SiamRPNTracker``) and
github.com/ZekuiQin/SiamKPN (``SiamKPNTracker``); the state is kept in float64.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import Boxes, as_box, check_box_in_frame
from feathertrack.engines.protocol import Engine, Images, Outputs
from feathertrack.errors import InputError
from feathertrack.imaging.crop import context_side, cut_window, mean_color
from feathertrack.imaging.windows import Window, pysot_window
from feathertrack.results import Result, State
from feathertrack.trackers.confidence import Confidence, ConfidenceSettings
from feathertrack.trackers.proposals import (
    Array,
    Map,
    Proposals,
    best_of_cells,
    cosine_window,
    logistic,
    sensible,
    size_penalty,
)
from feathertrack.trackers.settings import check_ranges, ranged
from feathertrack.trackers.target import Target, clip_target
from feathertrack.trackers.tracker import Image, check_frame, check_image

__all__ = [
    "LARGEST_SEARCH",
    "UNCALIBRATED",
    "Array",
    "Map",
    "Proposals",
    "SiameseSettings",
    "SiameseTracker",
    "Target",
    "check_search_size",
    "clip_target",
    "cosine_window",
    "logistic",
    "size_penalty",
]

UNCALIBRATED = ConfidenceSettings(midpoint=0.5, slope=10.0)
"""Set by hand, not fitted: half of the first frame's peak is even odds (docs/siamrpn.md)."""

LARGEST_SEARCH = 1023
"""Pixels: no benchmark asks for more, and memory grows with the square."""


@dataclass(frozen=True, kw_only=True)
class SiameseSettings:
    """What may be tuned without training.

    Attributes:
        size_penalty: how strongly another size or shape counts against a box (official:
            PENALTY_K, penalty_k).
        window_weight: share of the cosine window in the ranking (official: WINDOW_INFLUENCE).
        size_rate: share of a sure new size that is taken over per frame (official: LR).
        context: border around the target, as a share of width + height, on each axis.
        smallest_side: pixels below which no side of the box shrinks.
        search_size: side of the search region in pixels; 0 takes the network's own.
        start_in_middle: start in the middle of the given box. The public tracker starts half a
            pixel up and left of it and reports boxes half a pixel off; pysot's test program makes
            up for it by moving the ground truth, which is the same as saying true here.
        confidence: how the score and the state are read off the best proposal's score.
    """

    size_penalty: float = ranged(0.04, 0.0, 1.0)
    window_weight: float = ranged(0.44, 0.0, 1.0)
    size_rate: float = ranged(0.4, 0.0, 1.0)
    context: float = ranged(0.5, 0.0, 2.0)
    smallest_side: float = ranged(10.0, 1.0, 100.0)
    search_size: int = ranged(0, 0, LARGEST_SEARCH)
    start_in_middle: bool = False
    confidence: ConfidenceSettings = field(default_factory=lambda: UNCALIBRATED)

    def __post_init__(self) -> None:
        check_ranges(self)
        if 0 < self.search_size < 127:
            raise InputError(
                f"search_size must be 0 or from 127 to {LARGEST_SEARCH}, got {self.search_size}"
            )


class SiameseTracker(ABC):
    """Follow one target; a subclass says what the outputs of its networks propose.

    ``update`` is ``decode(engine.predict(features, search(image)))``; the three parts are public so
    that several targets can share one call of the network and a benchmark can time each.
    """

    settings: SiameseSettings

    def __init__(self, engine: Engine, settings: SiameseSettings) -> None:
        self.engine = engine
        self.settings = settings
        check_search_size(engine, settings.search_size or engine.info.search_size)
        self.frame_shape: tuple[int, ...] = ()  # of the first image; none before ``init``
        self.last_score: Map | None = None  # ranking of the last frame (m, n): for the debug view
        self.best_score = 0.0  # probability of the best proposal, as the network says it
        self._shown: NDArray[Any] | None = None

    @property
    def last_search(self) -> Images | None:
        """What the last frame showed the network, uint8 (1, H, W, 3): for the debug view."""
        return None if self._shown is None else np.rint(self._shown).astype(np.uint8)

    def init(self, image: Image, box: ArrayLike) -> None:
        """Start on an RGB uint8 image (H, W, 3) with a box (x, y, w, h); forgets earlier ones.

        Raises:
            InputError: the image is no picture, or the box cannot be a target in it.
        """
        check_image(image)
        box_xywh = as_box(box)
        check_box_in_frame(box_xywh, width=image.shape[1], height=image.shape[0])
        self.frame_shape = image.shape
        middle = self.settings.start_in_middle or not self._counts_pixels()
        self.target = _start(box_xywh, middle=middle)
        self.fill = mean_color(image)
        self._forget()
        self.features = self.engine.embed(cut_window(image, self._template())[None])
        self.confidence = Confidence(self.settings.confidence)
        outputs = self.engine.predict(self.features, self.search(image))
        proposals = self.propose(outputs)
        best, _ = self._rank(proposals, outputs)
        self.confidence.start(0.0 if best is None else float(proposals.score[best]))

    def update(self, image: Image) -> Result:
        """The target in the next image, RGB uint8 of the same size as the first.

        Raises:
            InputError: there was no ``init``, or the image has another shape than the first.
        """
        search = self.search(image)
        return self.decode(self.engine.predict(self.features, search))

    def search(self, image: Image) -> Images:
        """Return the search region of a frame, (1, H, W, 3).

        Raises:
            InputError: there was no ``init``, or the image has another shape or type.
        """
        self._shown = np.stack([cut_window(image, window) for window in self.look(image)])
        return self._shown

    def look(self, image: Image) -> tuple[Window, ...]:
        """The window that ``search`` cuts out, as a tuple of one.

        Raises:
            InputError: as ``search``.
        """
        check_frame(image, self.frame_shape)
        size = self.search_size
        return (self._window(self._side() * size / self.engine.info.template_size, size),)

    def decode(self, outputs: Outputs) -> Result:
        """Move the target by the raw outputs for ``search``."""
        proposals = self.propose(outputs)
        best, penalty = self._rank(proposals, outputs)
        # Where nothing of what the network says is a box, the target stays where it is.
        self.best_score = 0.0 if best is None else float(proposals.score[best])
        score, state = self._read(-np.inf if best is None else self.best_score)
        if best is not None and self._trusts(self.best_score):
            self._move(proposals, best, float(penalty[best]))
        return self._result(score, state)

    @abstractmethod
    def propose(self, outputs: Outputs) -> Proposals:
        """What the raw outputs for one search region propose."""

    @property
    def search_size(self) -> int:
        """Side of the next search region in pixels."""
        return self.settings.search_size or self.engine.info.search_size

    @property
    def window_weight(self) -> float:
        """Share of the cosine window in the next ranking."""
        return self.settings.window_weight

    def _forget(self) -> None:
        """Begin a sequence: drop what is kept besides the target."""
        self.best_score = 0.0

    def _read(self, peak: float) -> tuple[float, State]:
        """Score and state for a frame whose best proposal has that score."""
        return self.confidence.read(peak)

    def _trusts(self, score: float) -> bool:
        """Whether a best proposal of that score moves the target."""
        return True

    def _counts_pixels(self) -> bool:
        """Whether the public tracker takes the centre of pixels for that of the box."""
        return True

    def _template(self) -> Window:
        """The window of the template."""
        return self._window(self._side(), self.engine.info.template_size)

    def _window(self, side: float, out_size: int) -> Window:
        return pysot_window(
            center_xy=self.target.center, side=side, out_size=out_size, fill=self.fill
        )

    def _side(self) -> float:
        """Side of the square of the target with its context, in pixels of the frame."""
        width, height = map(float, self.target.size)
        return context_side(width, height, context=self.settings.context)

    def _scale(self) -> Array:
        """Pixels of the search region per pixel of the frame, on x and y."""
        return np.full(2, self.engine.info.template_size / self._side())

    def _rank(
        self, proposals: Proposals, outputs: Outputs
    ) -> tuple[int | None, NDArray[np.floating[Any]]]:
        """The best proposal, None where none is a box, and all penalties."""
        scale = self._scale()
        with np.errstate(all="ignore"):  # what overflows or is no number is sorted out below
            penalty = size_penalty(
                proposals, self.target.size * scale, strength=self.settings.size_penalty
            )
            weight = self.window_weight
            rank = penalty * proposals.score * (1 - weight) + proposals.window * weight
            rank = np.where(sensible(proposals, penalty), rank, -np.inf)
        self.last_score = best_of_cells(rank, outputs[0].shape[2:])
        best = int(np.argmax(rank))
        return (best if np.isfinite(rank[best]) else None), penalty

    def _move(self, proposals: Proposals, best: int, penalty: float) -> None:
        """Take over the best proposal: its centre at once, its size slowly."""
        scale, middle = self._scale(), self._middle()
        shift = np.array([proposals.x[best], proposals.y[best]], dtype=np.float64)
        size = np.array([proposals.width[best], proposals.height[best]], dtype=np.float64)
        rate = self._rate(penalty)
        self.target = self._limit(
            Target(
                center=middle + shift / scale,
                size=self.target.size * (1 - rate) + size / scale * rate,
            )
        )

    def _middle(self) -> Array:
        """What the middle of the search region shows, in pixels of the frame."""
        return self.target.center

    def _rate(self, penalty: float) -> float:
        """Share of the best proposal's size that is taken over."""
        return penalty * self.best_score * self.settings.size_rate

    def _limit(self, target: Target) -> Target:
        """A target within what is kept from frame to frame."""
        return clip_target(target, self.frame_shape, smallest=self.settings.smallest_side)

    def _result(self, score: float, state: State) -> Result:
        shown = clip_target(self.target, self.frame_shape, smallest=self.settings.smallest_side)
        corner = shown.center - shown.size / 2
        return Result(box=np.concatenate([corner, shown.size]), score=score, state=state)


def check_search_size(engine: Engine, search_size: int) -> None:
    """Refuse a size of search regions that the network cannot take.

    Raises:
        InputError: its files were exported for one size alone.
    """
    info = engine.info
    if search_size != info.search_size and not info.any_search_size:
        raise InputError(
            f"the files of {info.name} take search regions of {info.search_size} pixels alone, "
            f"not of {search_size}: export them again, or give the torch weights"
        )


def _start(box_xywh: Boxes, *, middle: bool) -> Target:
    size = np.array(box_xywh[2:], dtype=np.float64)
    return Target(center=box_xywh[:2] + (size if middle else size - 1) / 2, size=size)
