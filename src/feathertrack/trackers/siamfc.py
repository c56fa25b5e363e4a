"""The SiamFC tracker: a pyramid of search regions, one score map each, and the highest peak.

Follows github.com/conquerhuang/FDSiamFC (``TrackerFDSiamFC``), which follows Bertinetto et al.,
ECCV Workshops 2016, arXiv 1606.09549. The state is kept in float64.

Shapes: S scales, m n cells of the score map, M N the same after up-sampling.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import Boxes, as_box, check_box_in_frame, one_based, zero_based
from feathertrack.engines.protocol import Engine, Images, Outputs
from feathertrack.errors import InputError
from feathertrack.imaging.crop import context_side, cut_window, mean_color
from feathertrack.imaging.windows import Window, square_window
from feathertrack.results import Result, State
from feathertrack.trackers.confidence import Confidence, ConfidenceSettings
from feathertrack.trackers.settings import check_ranges, ranged
from feathertrack.trackers.tracker import Image, check_frame, check_image

Array = NDArray[np.float64]
Map = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class SiamFCSettings:
    """What may be tuned without training (specification of FDSiamFC, sections 4.3 and 4.4).

    Attributes:
        num_scales: search regions per frame, an odd number; the middle one keeps the size.
        scale_step: ratio of the sizes of neighbouring search regions.
        scale_rate: share of a size change that is taken over per frame (official: scale_lr).
        scale_penalty: factor on the score of every search region but the middle one.
        window_weight: share of the cosine window in the score map (official: window_influence).
        upsampling: factor by which score maps are enlarged before the peak is read.
        context: border around the target, as a share of width + height, on each axis.
        clip_center: keep the centre of the target inside the frame, as FDSiamFC does and FDSiamd
            does not; otherwise it may leave by one search region.
        confidence: how the score and the state are read off the peak.
    """

    num_scales: int = ranged(3, 1, 9)
    scale_step: float = ranged(1.0375, 1.0, 1.5)
    scale_rate: float = ranged(0.59, 0.0, 1.0)
    scale_penalty: float = ranged(0.9745, 0.5, 1.0)
    window_weight: float = ranged(0.176, 0.0, 1.0)
    upsampling: int = ranged(16, 1, 32)
    context: float = ranged(0.5, 0.0, 2.0)
    clip_center: bool = True
    confidence: ConfidenceSettings = field(default_factory=ConfidenceSettings)

    def __post_init__(self) -> None:
        check_ranges(self)
        if self.num_scales % 2 == 0:
            raise InputError(f"num_scales must be odd, got {self.num_scales}")


@dataclass(slots=True)
class _Target:
    """Centre (of pixels, the first is 0), size, and side of the context square of the target."""

    center: Array
    size: Array
    side: float
    limits: tuple[float, float]


class SiamFCTracker:
    """Follow one target with a network of the SiamFC family.

    ``update`` is ``decode(engine.predict(features, search(image)))``; the three parts are public so
    that several targets can share one call of the network and a benchmark can time each.
    """

    def __init__(self, engine: Engine, settings: SiamFCSettings = SiamFCSettings()) -> None:
        self.engine = engine
        self.settings = settings
        middle = settings.num_scales // 2
        self.scales = settings.scale_step ** np.linspace(-middle, middle, settings.num_scales)
        self.penalties = np.where(
            np.arange(settings.num_scales) == middle, 1.0, settings.scale_penalty
        )
        self.frame_shape: tuple[int, ...] = ()  # of the first image; none before ``init``
        self.last_search: Images | None = None  # what the last frame showed the network,
        self.last_score: Map | None = None  # and its up-sampled score map: for the debug view

    def init(self, image: Image, box: ArrayLike) -> None:
        """Start on an RGB uint8 image (H, W, 3) with a box (x, y, w, h); forgets earlier ones.

        Raises:
            InputError: the image is no picture, or the box cannot be a target in it.
        """
        check_image(image)
        box_xywh = as_box(box)
        height, width = image.shape[:2]
        check_box_in_frame(box_xywh, width=width, height=height)
        self.frame_shape = image.shape
        self.target = _start(box_xywh, context=self.settings.context, frame=(width, height))
        self.fill = mean_color(image)
        window = self._window(self.target.side, self.engine.info.template_size)
        template = cut_window(image, window)
        self.features = self.engine.embed(template[None])
        self.confidence = Confidence(self.settings.confidence)
        response = self.engine.predict(self.features, self.search(image))[0]
        self.confidence.start(max(float(score_MN.max()) for score_MN in self._upsample(response)))

    def update(self, image: Image) -> Result:
        """The target in the next image, RGB uint8 of the same size as the first.

        Raises:
            InputError: there was no ``init``, or the image has another shape than the first.
        """
        search = self.search(image)
        return self.decode(self.engine.predict(self.features, search))

    def search(self, image: Image) -> Images:
        """Return the search regions of a frame, uint8 (S, 255, 255, 3), smallest first.

        Raises:
            InputError: there was no ``init``, or the image has another shape or type.
        """
        self.last_search = np.stack([cut_window(image, window) for window in self.look(image)])
        return self.last_search

    def look(self, image: Image) -> tuple[Window, ...]:
        """The windows that ``search`` cuts out, S of them.

        Raises:
            InputError: as ``search``.
        """
        check_frame(image, self.frame_shape)
        size, side = self.engine.info.search_size, self._search_side()
        return tuple(self._window(side * scale, size) for scale in self.scales)

    def decode(self, outputs: Outputs) -> Result:
        """Move the target by the raw outputs for ``search``: response (S, 1, m, n) -> result."""
        maps = self._upsample(outputs[0])
        peaks = np.array([float(score_MN.max()) for score_MN in maps])
        if not np.isfinite(peaks).all():  # a network in float16 may overflow: stay where we are
            return self._result(*self.confidence.read(-np.inf))
        best = int(np.argmax(peaks * self.penalties))
        self.last_score = maps[best]
        self._move(self._displacement(maps[best], best=best), float(self.scales[best]))
        return self._result(*self.confidence.read(float(peaks[best])))

    def _window(self, side: float, out_size: int) -> Window:
        return square_window(
            center_xy=self.target.center, side=side, out_size=out_size, fill=self.fill
        )

    def _upsample(self, response_S1mn: NDArray[np.float32]) -> list[Map]:
        """S maps score_MN by cubic interpolation, which may overshoot the highest cell."""
        factor = self.settings.upsampling
        size = (response_S1mn.shape[3] * factor, response_S1mn.shape[2] * factor)
        return [
            np.asarray(cv2.resize(response_1mn[0], size, interpolation=cv2.INTER_CUBIC))
            for response_1mn in response_S1mn
        ]

    def _displacement(self, score_MN: Map, *, best: int) -> Array:
        """How far (x, y) the target is from the centre of the search region, in image pixels."""
        weight = self.settings.window_weight
        penalty = float(self.penalties[best])
        total = penalty * (float(score_MN.sum()) - float(score_MN.min()) * score_MN.size) + 1e-16
        window_MN = _window(score_MN.shape[0], score_MN.shape[1])
        mixed_MN = cv2.addWeighted(score_MN, (1 - weight) * penalty / total, window_MN, weight, 0)
        row, column = divmod(int(np.argmax(mixed_MN)), score_MN.shape[1])
        cells = np.array([column, row]) - (np.array(score_MN.shape[::-1]) - 1) / 2
        info = self.engine.info
        pixels_per_cell = self._search_side() * float(self.scales[best]) / info.search_size
        return cells * (info.stride / self.settings.upsampling) * pixels_per_cell

    def _search_side(self) -> float:
        return self.target.side * self.engine.info.search_size / self.engine.info.template_size

    def _move(self, displacement: Array, scale: float) -> None:
        """Take over a displacement and a share of a size change, within what a frame can hold."""
        target, rate = self.target, self.settings.scale_rate
        margin = 0.0 if self.settings.clip_center else self._search_side()
        frame = np.array([self.frame_shape[1], self.frame_shape[0]], dtype=np.float64)
        target.center = np.clip(target.center + displacement, -margin, frame + margin)
        smallest, largest = target.limits
        change = max((1 - rate) + rate * scale, smallest / float(target.size.min()))
        change = min(change, largest / float(target.size.max()))
        target.size = target.size * change
        target.side *= change

    def _result(self, score: float, state: State) -> Result:
        corner = self.target.center + 1 - (self.target.size - 1) / 2
        box = zero_based(np.concatenate([corner, self.target.size]))
        return Result(box=box, score=score, state=state)


def _start(box_xywh: Boxes, *, context: float, frame: tuple[int, int]) -> _Target:
    """The state at a given box; a target may shrink to 4 pixels and grow to twice the frame."""
    box = one_based(box_xywh)
    size = box[2:]
    return _Target(
        center=box[:2] - 1 + (size - 1) / 2,
        size=size,
        side=context_side(size[0], size[1], context=context),
        limits=(min(4.0, float(size.min())), max(2.0 * max(frame), float(size.max()))),
    )


@lru_cache(maxsize=8)
def _window(rows: int, columns: int) -> Map:
    """Outer product of two symmetric Hann windows, divided by its sum."""
    window = np.outer(np.hanning(rows), np.hanning(columns))
    return np.asarray(window / window.sum(), dtype=np.float32)
