"""From drawn numbers to what is done to the pixels: one scaling per axis, and the target's box.

Each convention's chain of crops and resizes is folded into one map, so that pixels are read once:
crop pixel j shows the source at ``start + step * j`` (both count pixel centres from 0, the source
may be a whole frame or a square cut before). What is folded, and what differs from the originals:

- ``siamfc``: resize of a square of 255 by the stretch (to whole pixels), centre crop to 247 (its
  corner rounded half to even, so the target may move by half a pixel; ``box`` says so), random
  crop to 239, centre crop to 127 for the template. From a square of 255 it is the original's chain
  to the bit; around a whole frame's square there is more of the frame, not the mean colour.
- ``pysot``: crop of 511 by ``(511 - 1) / side``, then a region of ``size - 1`` pixels around pixel
  255, scaled per axis, shifted, kept inside 0..510.
- ``mmtracking``: crop of 511 by ``511 / side``, then a region of ``size`` pixels around pixel 255,
  scaled per axis, shifted, kept inside 0..511.
- ``pytracking``: the square around the jittered box, not rounded to whole source pixels (the
  original rounds its corner, which moves pixels, not boxes, by up to half of one); replicated
  border. ``context`` c gives a square of 1 + 2c mean sides (2 for ATOM's 5), ``scale`` is the
  deviation of the logarithm of the box's sides, and ``shift`` the furthest the target moves when
  its size stays: 129.6 of 288 pixels for ATOM's centre jitter of 4.5 mean sides.
- ``squashed``: the box grown by ``context`` of its width to the left and right and of its height
  above and below, made square: every target has the same size and shape in its crop (FEAR's). A
  side varies by a factor of up to exp(``scale``).

Annotations are boxes of this package, whose centre in pixel centres lies half a pixel further up
and left than in pysot and mmtracking, which take x + w/2 for a pixel's centre.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.data.augment.draws import Crop, Interpolation, ViewDraw
from feathertrack.imaging.crop import context_side

if TYPE_CHECKING:
    from feathertrack.data.settings import ViewSettings

TEMPLATE_SIDE = 127
"""Side of a target with its context at template scale, in pixels, in every Siamese convention."""

_PATCH_SIDE = {"siamfc": 255, "pysot": 511, "mmtracking": 511}
_IMAGENET_AXES = np.array(
    [
        [-0.55919361, 0.98062831, -0.41940627],
        [1.72091413, 0.19879334, -1.82968581],
        [4.64467907, 4.73710203, 4.88324118],
    ]
)

Axes = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class ViewPlan:
    """What is done to the pixels of one source, numbers only, for either way of doing it.

    Attributes:
        size: side of the crop.
        start: source coordinates, x and y, of the centre of the crop's first pixel.
        step: source pixels per crop pixel on x and y; negative on x where the view is mirrored.
        box: the target in the crop, x, y, w, h.
        border: colour outside the source: its ``mean`` or its nearest pixel.
        interpolation: how pixels are read between pixels.
        gray: whether colours are lost.
        gain: factor on all values, which stay in 0..255; 1 for none.
        blur: odd size and share of the vertical line, None for none.
        offset: what is subtracted from R, G and B; None for none.
    """

    size: int
    start: Axes
    step: Axes
    box: tuple[float, float, float, float]
    border: Literal["mean", "replicate"] = "mean"
    interpolation: Interpolation = "linear"
    gray: bool = False
    gain: float = 1.0
    blur: tuple[int, float] | None = None
    offset: tuple[float, float, float] | None = None

    def grid_of(self, *, width: int, height: int) -> tuple[int, int, int, int] | None:
        """Whether the crop is a part of the source resized as a whole to whole pixels.

        Returns:
            Width and height of the resized source and the crop's corner x, y in it, which may be
            negative; None where the crop lies between its pixels.
        """
        found = []
        for start, step, length in zip(self.start, self.step, (width, height), strict=True):
            if step <= 0:
                return None
            resized, corner = length / step, (start + 0.5) / step - 0.5
            if max(abs(resized - round(resized)), abs(corner - round(corner))) > 1e-6:
                return None
            found.append((round(resized), round(corner)))
        return found[0][0], found[1][0], found[0][1], found[1][1]

    def reaches_outside(self, *, width: int, height: int) -> bool:
        """Whether the crop shows anything beyond the pixel centres of its source."""
        for start, step, length in zip(self.start, self.step, (width, height), strict=True):
            end = start + step * (self.size - 1)
            if min(start, end) < -1e-6 or max(start, end) > length - 1 + 1e-6:
                return True
        return False


def plan_view(
    box_xywh: ArrayLike,
    draw: ViewDraw,
    view: ViewSettings,
    *,
    crop: Crop,
    image_width: int,
    side: float | None,
) -> ViewPlan:
    """Fold a view's chain of crops into one map.

    Args:
        box_xywh: the target in the source image, of positive size.
        draw: the view's random numbers.
        view: its settings.
        crop: the convention.
        image_width: of the source, used where it is a square cut before.
        side: None for a whole frame; else the source is a square around the target which shows
            ``side`` pixels at template scale, whatever its resolution.

    Raises:
        ValueError: the box is not of positive size.
    """
    box = np.asarray(box_xywh, dtype=np.float64)
    if not (np.isfinite(box).all() and box[2] > 0 and box[3] > 0):
        raise ValueError(f"box {tuple(box.tolist())} is not finite or has no area")
    if crop == "pytracking":
        start, step = _jittered(box, draw, view)
    elif crop == "squashed":
        start, step = _squashed(box, draw, view)
    else:
        unit = _unit(box, crop=crop, context=view.context, image_width=image_width, side=side)
        patch = float(side) if side is not None else float(_PATCH_SIDE[crop])
        place = _stretched if crop == "siamfc" else _shifted
        start, step = place(box, draw, view, unit=unit, patch=patch, crop=crop)
    if draw.flip:
        start = (start[0] + step[0] * (view.size - 1), start[1])
        step = (-step[0], step[1])
    color = None if draw.color is None else _IMAGENET_AXES @ np.asarray(draw.color)
    return ViewPlan(
        size=view.size,
        start=start,
        step=step,
        box=_box_in_view(box, start, step),
        border="replicate" if crop == "pytracking" else "mean",
        interpolation=draw.interpolation,
        gray=draw.gray,
        gain=1.0 + view.brightness * draw.brightness,
        blur=draw.blur,
        offset=None if color is None else (float(color[0]), float(color[1]), float(color[2])),
    )


def _unit(
    box: NDArray[np.float64], *, crop: Crop, context: float, image_width: int, side: float | None
) -> float:
    """Source pixels per pixel at template scale."""
    if side is not None and context == 0.5:
        return image_width / side
    unit = context_side(box[2], box[3], context=context) / TEMPLATE_SIDE
    if crop == "pysot" and side is None:
        unit *= 511 / 510  # the crop of 511 maps the first pixel's centre and the last one's
    return unit


def _stretched(
    box: NDArray[np.float64],
    draw: ViewDraw,
    view: ViewSettings,
    *,
    unit: float,
    patch: float,
    crop: Crop,
) -> tuple[Axes, Axes]:
    stretched = max(round(patch * (1 + view.stretch * draw.stretch)), 1)
    corner = round((stretched - view.size) / 2)
    starts, steps = [], []
    for axis in (0, 1):
        step = unit * patch / stretched * _positive(1 + view.scale * draw.scale[axis])
        first = corner - round(view.shift * draw.shift[axis]) - (stretched - 1) / 2
        center = box[axis] + box[axis + 2] / 2 - 0.5
        starts.append(float(center + first * step))
        steps.append(float(step))
    return (starts[0], starts[1]), (steps[0], steps[1])


def _shifted(
    box: NDArray[np.float64],
    draw: ViewDraw,
    view: ViewSettings,
    *,
    unit: float,
    patch: float,
    crop: Crop,
) -> tuple[Axes, Axes]:
    extent, last = (view.size - 1, patch - 1) if crop == "pysot" else (view.size, patch)
    middle = (patch - 1) / 2
    factor = _positive(1 + view.stretch * draw.stretch)
    starts, steps = [], []
    for axis in (0, 1):
        zoom = min(_positive(1 + view.scale * draw.scale[axis]) / factor, patch / extent)
        low = middle - zoom * extent / 2
        high = low + zoom * extent
        moved = max(-low, min(last - high, view.shift * draw.shift[axis]))
        center = box[axis] + box[axis + 2] / 2 - 0.5
        starts.append(float(center + (low + moved - middle) * unit))
        steps.append(float(zoom * unit))
    return (starts[0], starts[1]), (steps[0], steps[1])


def _jittered(box: NDArray[np.float64], draw: ViewDraw, view: ViewSettings) -> tuple[Axes, Axes]:
    """The square around the jittered box, ``1 + 2 * context`` times its mean side."""
    size = box[2:] * np.exp(np.asarray(draw.scale) * view.scale)
    mean_side = math.sqrt(float(size[0] * size[1]))
    factor = 1 + 2 * view.context
    side = math.ceil(mean_side * factor)
    reach = view.shift * factor / view.size * mean_side
    center = box[:2] + box[2:] / 2 + reach * np.asarray(draw.shift)
    step = side / view.size
    start = center - side / 2 + 0.5 * step - 0.5
    return (float(start[0]), float(start[1])), (step, step)


def _squashed(box: NDArray[np.float64], draw: ViewDraw, view: ViewSettings) -> tuple[Axes, Axes]:
    """The box with its context on each axis by itself, moved by pixels of the crop."""
    varied = np.exp(np.asarray(draw.scale) * view.scale) / _positive(
        1 + view.stretch * draw.stretch
    )
    step = box[2:] * (1 + 2 * view.context) * varied / view.size
    center = box[:2] + box[2:] / 2 - 0.5
    first = center + (np.asarray(draw.shift) * view.shift - (view.size - 1) / 2) * step
    return (float(first[0]), float(first[1])), (float(step[0]), float(step[1]))


def _box_in_view(
    box: NDArray[np.float64], start: Axes, step: Axes
) -> tuple[float, float, float, float]:
    width, height = float(box[2]) / abs(step[0]), float(box[3]) / step[1]
    x = (float(box[0] + box[2] / 2) - 0.5 - start[0]) / step[0] + 0.5 - width / 2
    y = (float(box[1] + box[3] / 2) - 0.5 - start[1]) / step[1] + 0.5 - height / 2
    return x, y, width, height


def _positive(factor: float) -> float:
    return max(factor, 0.01)
