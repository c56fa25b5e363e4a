"""The tracker of the Feather networks: every cell of the map proposes a box.

What it shares with SiamRPN++ is in ``siamese``. Three things are its own. Crops are the box, grown
by a share of its sides on every side and squashed into a square, as FEAR cuts them (Borsuk et al.,
arXiv 2112.07957): whatever its shape, a target fills the same part of a crop. Sizes are compared in
such crops. And a box is placed by the window of whole pixels that was really cut out, not by the
one that was asked for, which differ by up to a pixel.

While a target is sure, its template is renewed with later views (``renewal``).

Shapes: m n rows and columns of the score map.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.engines.protocol import Engine, Features, Outputs
from feathertrack.imaging.crop import cut_window
from feathertrack.imaging.windows import Window, squashed_window
from feathertrack.results import Result, State
from feathertrack.trackers.renewal import Renewal
from feathertrack.trackers.scanning import LostSearch, is_elsewhere, scan_place
from feathertrack.trackers.settings import ranged
from feathertrack.trackers.siamese import (
    Array,
    Proposals,
    SiameseSettings,
    SiameseTracker,
    logistic,
)
from feathertrack.trackers.tracker import Image, check_frame

_FADING = 0.8
"""What is left of the window's pull from one look for a lost target to the next."""


@dataclass(frozen=True, kw_only=True)
class FeatherSettings(SiameseSettings):
    """What may be tuned without training.

    Attributes:
        context: what the search region shows beyond the box on every side, as a share of the box's
            sides; the networks are trained with 2.
        template_context: the same of the template; the networks are trained with 0.2.
        lost_reach: while the target is lost, its box stays where it was sure last, and regions up
            to so many steps beside it are looked at in turn, one a frame; 0 goes on as if it were
            not lost.
        lost_step: distance between neighbouring regions, as a share of their sides.
        lost_turns: of so many looks for a lost target one goes to its last place.
        found_above: score from which what is seen elsewhere is taken for a lost target.
        probation: frames called "tracking" after which such a target is sure; if it is lost before,
            the search goes on around the last place that was.
        renewal_share: of later views in the template; 0 keeps to the first frame's.
        renewal_frames: of so many frames the surest one is the next later view.
        renewal_above: peak, as a share of the first frame's, that a later view has at least.
    """

    context: float = ranged(2.0, 0.5, 5.0)
    template_context: float = ranged(0.2, 0.0, 2.0)
    size_penalty: float = ranged(0.06, 0.0, 1.0)
    window_weight: float = ranged(0.4, 0.0, 1.0)
    size_rate: float = ranged(0.6, 0.0, 1.0)
    start_in_middle: bool = True
    lost_reach: int = ranged(3, 0, 10)
    lost_step: float = ranged(0.5, 0.1, 1.0)
    lost_turns: int = ranged(2, 1, 10)
    found_above: float = ranged(0.5, 0.0, 1.0)
    probation: int = ranged(8, 0, 100)
    renewal_share: float = ranged(0.35, 0.0, 1.0)
    renewal_frames: int = ranged(30, 1, 1000)
    renewal_above: float = ranged(0.5, 0.0, 2.0)


class FeatherTracker(SiameseTracker):
    """Follow one target with a network that says how well the box of each cell fits.

    Args:
        engine: of a network of the family feather.
        settings: what may be tuned.
    """

    settings: FeatherSettings
    _looked_at: Window  # what the outputs to decode are of
    _frame: Image  # which that was cut from
    _first_features: Features  # of the template of the first frame

    def __init__(self, engine: Engine, settings: FeatherSettings = FeatherSettings()) -> None:
        super().__init__(engine, settings)
        self.lost_search: LostSearch  # since ``init``
        self.renewal: Renewal  # since ``init``

    def init(self, image: Image, box: ArrayLike) -> None:
        """Start on an RGB uint8 image (H, W, 3) with a box (x, y, w, h); forgets earlier ones.

        Raises:
            InputError: the image is no picture, or the box cannot be a target in it.
        """
        super().init(image, box)
        self._first_features = self.features

    @property
    def window_weight(self) -> float:
        """Share of the cosine window in the next ranking; it fades while the target is lost."""
        return self.settings.window_weight * _FADING**self.lost_search.looks

    def propose(self, outputs: Outputs) -> Proposals:
        """Boxes of all cells from score (1, 1, m, n) and box (1, 4, m, n)."""
        score, box = outputs
        rows, columns = score.shape[2:]
        left_K, top_K, right_K, bottom_K = box.reshape(4, -1)
        x_K, y_K = _places(rows, columns, self.engine.info.stride, self.search_size)
        with np.errstate(all="ignore"):  # of what is not finite nothing is taken
            return Proposals(
                score=logistic(score.reshape(-1)),
                x=x_K + (right_K - left_K) / 2,
                y=y_K + (bottom_K - top_K) / 2,
                width=left_K + right_K,
                height=top_K + bottom_K,
                window=_window_of_cells(rows, columns),
            )

    def look(self, image: Image) -> tuple[Window, ...]:
        """The window that ``search`` cuts out, as a tuple of one.

        Raises:
            InputError: there was no ``init``, or the image has another shape or type.
        """
        check_frame(image, self.frame_shape)
        self._looked_at, self._frame = self._region(), image
        return (self._looked_at,)

    def decode(self, outputs: Outputs) -> Result:
        """Move the target by the raw outputs for ``search``, and renew its template in time."""
        result = super().decode(outputs)
        if self.settings.renewal_share:
            self._renew(result.state)
        return result

    def _forget(self) -> None:
        super()._forget()
        self.lost_search = LostSearch(sure=self.target, probation=self.settings.probation)
        self.renewal = Renewal(every=self.settings.renewal_frames)

    def _read(self, peak: float) -> tuple[float, State]:
        # A look elsewhere that finds nothing says nothing about the box.
        settings, confidence = self.settings, self.confidence
        elsewhere = is_elsewhere(self.lost_search.looks, settings.lost_turns)
        if elsewhere and confidence.score_of(peak) < settings.found_above:
            return confidence.repeat()
        return confidence.read(peak)

    def _trusts(self, score: float) -> bool:
        return not (self.settings.lost_reach and self.confidence.is_lost)

    def _result(self, score: float, state: State) -> Result:
        if self.settings.lost_reach:
            self.target = self.lost_search.goes_on(self.target, state)
        return super()._result(score, state)

    def _renew(self, state: State) -> None:
        settings = self.settings
        sure = state != "lost" and not self.lost_search.owed
        view = self.renewal.after(
            self.confidence.share if sure else -np.inf,
            above=settings.renewal_above,
            cut=lambda: cut_window(self._frame, self._template()),
        )
        if view is not None:
            later = self.engine.embed(view[None])
            self.features = self.engine.blend(self._first_features, later, settings.renewal_share)

    def _region(self) -> Window:
        """The window of the next search region: around the target, or one beside it while lost."""
        settings, center = self.settings, self.target.center
        if self.lost_search.looks:
            center = scan_place(
                self.lost_search.looks,
                center,
                step_xy=self.target.size * (1 + 2 * settings.context) * settings.lost_step,
                frame_wh=np.array([self.frame_shape[1], self.frame_shape[0]], dtype=np.float64),
                reach=settings.lost_reach,
                turns=settings.lost_turns,
            )
        return self._around(center, settings.context, self.search_size)

    def _template(self) -> Window:
        settings, info = self.settings, self.engine.info
        return self._around(self.target.center, settings.template_context, info.template_size)

    def _around(self, center_xy: Array, context: float, out_size: int) -> Window:
        return squashed_window(
            center_xy=center_xy,
            size_wh=self.target.size,
            context=context,
            out_size=out_size,
            fill=self.fill,
        )

    def _scale(self) -> Array:
        window = self._looked_at
        return window.out_size / np.array([window.columns, window.rows], dtype=np.float64)

    def _middle(self) -> Array:
        window = self._looked_at
        first = np.array([window.left, window.top], dtype=np.float64)
        return first + np.array([window.columns, window.rows]) / 2


@lru_cache(maxsize=16)
def _places(rows: int, columns: int, stride: int, size: int) -> NDArray[np.float32]:
    """X and y of all cells from the middle of the region, (2, m*n): a network's first is at 0."""
    y_mn, x_mn = np.mgrid[:rows, :columns]
    places = np.stack([x_mn, y_mn]).reshape(2, -1) * stride - size / 2
    return places.astype(np.float32)


@lru_cache(maxsize=16)
def _window_of_cells(rows: int, columns: int) -> Array:
    """A Hann window, 1 at the cell in the middle of the region, (m*n,); not to be written to."""
    window: NDArray[Any] = np.outer(np.hanning(rows + 1)[:-1], np.hanning(columns + 1)[:-1])
    window = window.reshape(-1)
    window.flags.writeable = False
    return np.asarray(window, dtype=np.float64)
