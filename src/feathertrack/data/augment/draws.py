"""Every random number of a pair of views, drawn before any pixel is touched.

A pair has one stream of numbers, which depends on its seed alone; from it all numbers are drawn in
the order of the convention's own code. Written down as a ``ViewDraw``, they can be applied by
OpenCV or by torch, to a whole frame or to a square that was cut before, with the same outcome.

Orders (a number in brackets is drawn only where the setting is not 0):

- ``siamfc``: template, then search, each [stretch, interpolation], [scale x, y], [shift y, x],
  [color, three normals], [blur, size, weight], [flip], [brightness].
- ``pysot``: template, then search, each [stretch], [scale x, y], [shift x, y], color, three
  normals where it applies, blur, size and weight where it applies, [flip], [brightness].
- ``mmtracking``: as ``pysot``, but step by step: the geometry of both views, the colours of both,
  the blur of both; scale and shift are drawn always.
- ``pytracking``: the box jitter of both views, each two normals (size x, y) and two uniforms
  (shift x, y), always; then what else is set, view by view, brightness last.
- ``squashed``: as ``pysot``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from feathertrack.data.settings import ViewSettings

Crop = Literal["siamfc", "pysot", "mmtracking", "pytracking", "squashed"]
Interpolation = Literal["linear", "cubic", "area", "nearest", "lanczos4"]

INTERPOLATIONS: tuple[Interpolation, ...] = ("linear", "cubic", "area", "nearest", "lanczos4")
_BLUR_SIZES = tuple(range(5, 46, 2))


@dataclass(frozen=True, kw_only=True)
class ViewDraw:
    """The random numbers of one view; the settings give them their size.

    Attributes:
        stretch: -1..1, of both sides together.
        scale: -1..1 on x and y; ``pytracking``: standard normals.
        shift: -1..1 on x and y, positive moves the view (``siamfc``: the target) right and down.
        interpolation: how pixels are read between pixels.
        color: three standard normals, None for no colour offset.
        blur: odd size 5..45 of the motion blur and the share 0..1 of its vertical line; None for
            no blur.
        flip: whether the view is mirrored, left to right.
        brightness: -1..1.
        gray: whether the view loses its colours.
    """

    stretch: float = 0.0
    scale: tuple[float, float] = (0.0, 0.0)
    shift: tuple[float, float] = (0.0, 0.0)
    interpolation: Interpolation = "linear"
    color: tuple[float, float, float] | None = None
    blur: tuple[int, float] | None = None
    flip: bool = False
    brightness: float = 0.0
    gray: bool = False


@dataclass(frozen=True)
class PairDraw:
    """The random numbers of both views of a pair."""

    template: ViewDraw
    search: ViewDraw


def draw_pair(
    seed: int, *, template: ViewSettings, search: ViewSettings, crop: Crop, gray: bool = False
) -> PairDraw:
    """Draw all numbers of a pair.

    Args:
        seed: the pair's own, 0 .. 2**63 - 1.
        template: settings of the template view.
        search: settings of the search view.
        crop: the convention, which fixes the order of the draws.
        gray: whether the pair loses its colours; drawn with the pair, by whoever plans it.
    """
    rng = np.random.default_rng(seed)
    drawing = (_Drawing(rng, template, crop), _Drawing(rng, search, crop))
    if crop in ("mmtracking", "pytracking"):
        first = 3 if crop == "mmtracking" else 1
        for step in _STEPS[:first]:
            for view in drawing:
                step(view)
        rest = _STEPS[first:]
    else:
        rest = _STEPS
    for view in drawing:
        for step in rest:
            step(view)
    return PairDraw(drawing[0].done(gray=gray), drawing[1].done(gray=gray))


@dataclass
class _Drawing:
    """A view whose numbers are being drawn."""

    rng: np.random.Generator
    settings: ViewSettings
    crop: Crop
    values: dict[str, object] = field(default_factory=dict)

    def done(self, *, gray: bool) -> ViewDraw:
        """The draws of a view, whether it is gray included."""
        return ViewDraw(gray=gray, **self.values)  # type: ignore[arg-type]

    def pair(self) -> tuple[float, float]:
        """Two numbers from -1 to 1."""
        first, second = self.rng.uniform(-1.0, 1.0, 2)
        return float(first), float(second)

    def applies(self, probability: float) -> bool:
        """Whether an effect happens; pysot and mmtracking draw even for a probability of 0."""
        if self.crop in ("siamfc", "pytracking") and probability <= 0:
            return False
        return bool(self.rng.random() < probability)


def _geometry(view: _Drawing) -> None:
    settings, rng = view.settings, view.rng
    if view.crop == "pytracking":
        width, height = rng.standard_normal(2)
        view.values.update(scale=(float(width), float(height)), shift=view.pair())
        return
    if settings.stretch > 0:
        view.values["stretch"] = float(rng.uniform(-1.0, 1.0))
        if view.crop == "siamfc":
            view.values["interpolation"] = INTERPOLATIONS[rng.integers(len(INTERPOLATIONS))]
    always = view.crop == "mmtracking"
    if settings.scale > 0 or always:
        view.values["scale"] = view.pair()
    if settings.shift > 0 or always:
        view.values["shift"] = _whole_shift(view) if view.crop == "siamfc" else view.pair()


def _whole_shift(view: _Drawing) -> tuple[float, float]:
    """A random crop moves by whole pixels; its row is drawn before its column."""
    reach = int(view.settings.shift)
    if reach == 0:
        return 0.0, 0.0
    y, x = view.rng.integers(-reach, reach + 1, 2)
    return float(x) / view.settings.shift, float(y) / view.settings.shift


def _color(view: _Drawing) -> None:
    if view.applies(view.settings.color):
        first, second, third = view.rng.standard_normal(3)
        view.values["color"] = (float(first), float(second), float(third))


def _blur(view: _Drawing) -> None:
    if view.applies(view.settings.blur):
        size = _BLUR_SIZES[view.rng.integers(len(_BLUR_SIZES))]
        view.values["blur"] = (size, float(view.rng.random()))


def _flip(view: _Drawing) -> None:
    if view.settings.flip > 0:
        view.values["flip"] = bool(view.rng.random() < view.settings.flip)


def _brightness(view: _Drawing) -> None:
    if view.settings.brightness > 0:
        view.values["brightness"] = float(view.rng.uniform(-1.0, 1.0))


_STEPS: tuple[Callable[[_Drawing], None], ...] = (_geometry, _color, _blur, _flip, _brightness)
