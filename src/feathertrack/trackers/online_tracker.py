"""What ATOM and DRNet do alike: learn a filter, find the target with it, and let a box head refine.

Positions are (y, x) of pixel centres, sizes (h, w), both in the frame. A *view* says how the patch
that the network sees lies in the frame. Specification of ATOM, section 7.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import as_box, check_box_in_frame
from feathertrack.engines.protocol import CallingEngine
from feathertrack.errors import InputError, require
from feathertrack.results import Result
from feathertrack.trackers.confidence import Confidence
from feathertrack.trackers.draws import Draws
from feathertrack.trackers.first_frame import EXPANSION, views
from feathertrack.trackers.localisation import (
    STATES,
    Location,
    Map,
    gaussian_labels,
    hann_window,
    interpolate,
    locate,
)
from feathertrack.trackers.online_settings import OnlineSettings
from feathertrack.trackers.patches import Patch, cut_patch
from feathertrack.trackers.refinement import WindowOf, look
from feathertrack.trackers.tracker import Image, check_frame, check_image

if TYPE_CHECKING:
    from feathertrack.trackers.online.classifier import Classifier

Array = NDArray[np.float64]
SomeSettings = TypeVar("SomeSettings", bound=OnlineSettings)

_BATCH = 8
"""Views of the first frame per call of the network."""

_INSIDE = 0.3
"""A target's middle may leave the frame by this share of its size."""


@dataclass(kw_only=True)
class Target:
    """Where a target is: ``scale`` is pixels of the frame per pixel of the patch to be cut."""

    position: Array
    size: Array
    scale: float
    base: Array
    limits: tuple[float, float]

    @property
    def box(self) -> Array:
        """The box x, y, w, h."""
        return np.concatenate([(self.position - (self.size - 1) / 2)[::-1], self.size[::-1]])

    def resize(self, size: Array) -> None:
        """Take over a size, within what a frame can hold; the patch grows with it."""
        self.size = np.clip(size, *self.limits)
        self.scale = math.sqrt(float(self.size.prod() / self.base.prod()))


@dataclass(frozen=True, kw_only=True, eq=False)
class PatchView:
    """How a patch of side ``side`` lies in the frame: its centre, and pixels per pixel."""

    center: Array
    step: float
    side: int

    def box_of(self, position: Array, size: Array) -> Array:
        """A box of the frame as x, y, w, h in the patch."""
        in_patch = (position - self.center) / self.step + (self.side - 1) / 2
        size_hw = size / self.step
        return np.concatenate([(in_patch - (size_hw - 1) / 2)[::-1], size_hw[::-1]])

    def position_of(self, box: Array, *, biased: bool) -> tuple[Array, Array]:
        """Position and size in the frame of a box of the patch."""
        corner, size = box[1::-1], box[:1:-1]
        in_patch = corner + (size if biased else size - 1) / 2
        return (in_patch - (self.side - 1) / 2) * self.step + self.center, size * self.step


class OnlineTracker(Generic[SomeSettings]):
    """Base of the trackers that learn online.

    Args:
        engines: the network, or two whose filters' scores are added up; the first one's head
            judges boxes.
        settings: what may be tuned without training.
        draws: makes the random numbers of a target from a seed.

    Raises:
        MissingExtra: torch is not installed.
        InputError: there are neither one nor two engines, or one runs no network of the family, or
            cannot take float32 pictures.
    """

    family: str
    judge: str

    def __init__(
        self,
        engines: CallingEngine | Sequence[CallingEngine],
        settings: SomeSettings,
        *,
        draws: Callable[[int], Draws] = Draws,
    ) -> None:
        require("torch", extra="torch")
        self.engines = tuple(engines) if isinstance(engines, Sequence) else (engines,)
        if not 1 <= len(self.engines) <= 2:
            raise InputError(f"one engine or two, got {len(self.engines)}")
        self.engine = self.engines[0]
        self.settings = settings
        self.make_draws = draws
        self.frame_shape: tuple[int, ...] = ()
        self.last_scores: Map | None = None
        self.last_location: Location | None = None
        for engine in self.engines:
            _check_engine(engine, self)

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
        self.frame = 1
        self.confidence = Confidence(self.settings.confidence)
        self.draws = self.make_draws(self.settings.seed)
        self.target = _start(box_xywh, self.settings, image.shape)
        self._learn_first(image)

    def update(self, image: Image) -> Result:
        """The target in the next image, RGB uint8 of the same size as the first.

        Raises:
            InputError: there was no ``init``, or the image has another shape than the first.
        """
        check_frame(image, self.frame_shape)
        self.frame += 1
        patch, view = self._look(image)
        pictures = patch.pixels[None]
        own, window_of = look(self.engine, self.features, pictures)
        further = [_features(engine, pictures) for engine in self.engines[1:]]
        location = self._locate([own, *further])
        if location.outcome != "not_found":
            moved = view.center + location.place * view.step
            self.target.position = _clamp(moved, self.target.size, self.frame_shape)
            self.refine(window_of, view)
            inside = _clamp(self.target.position, self.target.size, self.frame_shape)
            self.target.position = inside
        self._learn(location, view)
        mean = location.score / len(self.engines)  # as of one network, for which the numbers are
        peak = mean if math.isfinite(mean) else -math.inf
        score, _ = self.confidence.read(peak)
        return Result(box=self.target.box, score=score, state=STATES[location.outcome])

    def make_classifier(self, threads: int | None) -> Classifier:
        """Return a filter that has learnt nothing yet."""
        from feathertrack.trackers.online.classifier import Classifier

        return Classifier(self.settings, self.draws, threads=threads)

    def refine(self, window_of: WindowOf, view: PatchView) -> None:
        """Let the box head improve on the target's position and size.

        Args:
            window_of: gives the part of the two modulated maps around boxes of the patch.
            view: how the patch lies in the frame.
        """
        raise NotImplementedError

    def _learn_first(self, image: Image) -> None:
        s, side, target = self.settings, self.settings.sample_side, self.target
        large = self._cut(image, EXPANSION, rounded=False)
        view = self._view(large)
        seen = list(views(large.pixels, side, draws=self.draws, random_shift=s.random_shift))
        pictures = np.stack([one.pixels for one in seen])
        if s.rounded_patches:
            pictures = np.clip(np.rint(pictures), 0, 255).astype(np.uint8)
        shifts = np.array([one.shift for one in seen], dtype=np.float64)
        box = view.box_of(target.position, target.size).astype(np.float32)
        self.features = self.engine.embed(pictures[:1], box[None])  # type: ignore[arg-type]
        self.classifiers = []
        for engine in self.engines:
            maps = [
                _features(engine, pictures[at : at + _BATCH]) for at in range(0, len(seen), _BATCH)
            ]
            cells = maps[0].shape[2]
            sides = cells / side * target.base
            self.label_deviation = s.label_deviation * math.sqrt(float(sides.prod()))
            classifier = self.make_classifier(getattr(engine, "threads", None))
            classifier.start(np.concatenate(maps), self._labels(cells, view, shifts))
            self.classifiers.append(classifier)

    def _labels(self, cells: int, view: PatchView, shifts_N2: Array) -> Map:
        """Bells around the target, whose views were shifted by so many pixels of the patch."""
        offset = (self.target.position - view.center) / view.step
        centers = (offset + shifts_N2) * (cells / view.side)
        half = 0.5 * (self.settings.filter_side % 2 == 0)
        return gaussian_labels(cells, centers + half, deviation=self.label_deviation)

    def _locate(self, maps: Sequence[Map]) -> Location:
        s = self.settings
        scores = [own.respond(one) for own, one in zip(self.classifiers, maps, strict=True)]
        self.raw_scores = scores[0] if len(scores) == 1 else np.sum(scores, axis=0)
        even = s.filter_side % 2 == 0
        plain = interpolate(self.raw_scores, s.sample_side, even_filter=even, nyquist=s.nyquist)
        scores_SS = plain * hann_window(s.sample_side) if s.window else plain
        self.last_scores = scores_SS
        self.last_location = locate(
            scores_SS,
            target_hw=self.target.size / self.target.scale,
            thresholds=s.thresholds,
            second_map=plain if s.second_peak_unwindowed else None,
        )
        return self.last_location

    def _learn(self, location: Location, view: PatchView) -> None:
        s, hard = self.settings, location.outcome == "hard_negative"
        for classifier in self.classifiers:
            if location.outcome in ("normal", "hard_negative"):
                cells = len(self.raw_scores)
                label = self._labels(cells, view, np.zeros((1, 2)))[0]
                classifier.add(label, rate=s.hard_negative_rate if hard else s.learning_rate)
            if hard:
                classifier.learn(s.hard_negative_steps)
            elif (self.frame - 1) % s.update_every == 0:
                classifier.learn(s.update_steps)

    def _look(self, image: Image) -> tuple[Patch, PatchView]:
        patch = self._cut(image, 1, rounded=self.settings.rounded_patches)
        return patch, self._view(patch)

    def _cut(self, image: Image, sides: int, *, rounded: bool) -> Patch:
        size = sides * self.settings.sample_side
        side = self.target.scale * size
        return cut_patch(
            image, center_yx=self.target.position, side=side, size=size, rounded=rounded
        )

    def _view(self, patch: Patch) -> PatchView:
        side = self.settings.sample_side
        if self.settings.reference_centers:
            return PatchView(
                center=np.round(self.target.position), step=self.target.scale, side=side
            )
        return PatchView(center=patch.center, step=patch.step, side=side)


def _start(box_xywh: Array, settings: OnlineSettings, shape: tuple[int, ...]) -> Target:
    """The state at a given box; a target may shrink to 2 pixels and grow to twice the frame."""
    size = box_xywh[:1:-1].copy()
    scale = settings.search_scale * math.sqrt(float(size.prod())) / settings.sample_side
    return Target(
        position=box_xywh[1::-1] + (size - 1) / 2,
        size=size,
        scale=scale,
        base=size / scale,
        limits=(min(2.0, float(size.min())), max(2.0 * max(shape[:2]), float(size.max()))),
    )


def _clamp(position: Array, size: Array, shape: tuple[int, ...]) -> Array:
    return np.clip(position, -_INSIDE * size, np.array(shape[:2]) + _INSIDE * size)


def _features(engine: CallingEngine, pictures: NDArray[Any]) -> Map:
    return engine.call("features", pictures)[0]


def _check_engine(engine: CallingEngine, tracker: OnlineTracker[Any]) -> None:
    info = engine.info
    if info.family != tracker.family:
        raise InputError(
            f"{info.name or 'the network'} is of the family {info.family!r}: "
            f"it cannot run the tracker of {tracker.family!r}"
        )
    if engine.name != "torch" and not tracker.settings.rounded_patches:
        raise InputError(
            f"rounded_patches=False needs engine='torch': {engine.name} takes whole pixel values"
        )
