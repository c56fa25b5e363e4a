"""Views cut by OpenCV: one warp straight from the source, 8 bits as long as that is exact."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.data.augment.draws import Crop, ViewDraw
from feathertrack.data.augment.geometry import ViewPlan, plan_view
from feathertrack.imaging.crop import Image, mean_color

if TYPE_CHECKING:
    from feathertrack.data.settings import ViewSettings
    from feathertrack.data.sources import Shot

View = NDArray[np.uint8] | NDArray[np.float32]

_RESIZE = {
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_AREA,
    "nearest": cv2.INTER_NEAREST,
    "lanczos4": cv2.INTER_LANCZOS4,
}
_WARP = {**_RESIZE, "area": cv2.INTER_LINEAR}  # a warp knows no area

_REACH = 5  # pixels beside a sample that lanczos4 may read, and one to spare
_GRID_SHARE = 16  # a source resized as a whole is at most so much larger than the crop
_FOUR_CHANNELS_UP_TO = (
    3  # source pixels per crop pixel, above which a copy costs more than it saves
)


def cut_view(
    shot: Shot,
    draw: ViewDraw,
    view: ViewSettings,
    crop: Crop,
    *,
    out: NDArray[np.float32] | None = None,
) -> tuple[View, NDArray[np.float64]]:
    """Cut one view of a pair and vary it as drawn.

    Args:
        shot: the target in its picture.
        draw: the view's random numbers.
        view: its settings.
        crop: the convention.
        out: where the crop is written, as float32; a place in a batch saves a copy.

    Returns:
        RGB (size, size, 3): float32 where a colour offset, a blur or a brightness was applied,
        uint8 otherwise; and the target's box in it, x, y, w, h.
    """
    plan = plan_view(
        shot.box, draw, view, crop=crop, image_width=shot.image.shape[1], side=shot.side
    )
    return render(shot.image, plan, out=out), np.array(plan.box)


def render(image: Image, plan: ViewPlan, *, out: NDArray[np.float32] | None = None) -> View:
    """Do to an RGB uint8 image (H, W, 3) what a plan says -> (size, size, 3).

    The order is warp, grey, brightness, blur, colour offset. Blur and offset commute: the blur's
    weights add up to one. uint8 unless one of the last three or ``out`` is asked for, then float32.
    """
    view: View = _cut(image, plan)
    if plan.gray:
        view = cv2.cvtColor(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if plan.gain != 1.0:
        view = cv2.multiply(view, (plan.gain,) * 4, dtype=cv2.CV_32F)
        view = cv2.threshold(view, 255.0, 0.0, cv2.THRESH_TRUNC, dst=view)[1]
    if plan.blur is not None:
        view = _motion_blur(view, *plan.blur)
    if plan.offset is not None:
        view = cv2.subtract(view, (*plan.offset, 0.0), dst=out, dtype=cv2.CV_32F)
    elif out is not None:
        np.copyto(out, view)
    return view if out is None else out


def _cut(image: Image, plan: ViewPlan) -> Image:
    """The crop's pixels: of the resized source where that is the same, else of a warp."""
    height, width = image.shape[:2]
    grid = plan.grid_of(width=width, height=height)
    if grid is not None and _worth_resizing(grid, plan.size):
        return _resized(image, plan, grid)
    color = (0.0, 0.0, 0.0)
    if plan.border == "mean" and plan.reaches_outside(width=width, height=height):
        red, green, blue = mean_color(image)
        color = (red, green, blue)
    return _warped(image, plan, color)


def _worth_resizing(grid: tuple[int, int, int, int], size: int) -> bool:
    """Whether the crop shows something of the resized source, and no small part of it."""
    width, height, left, top = grid
    seen = left < width and top < height and left + size > 0 and top + size > 0
    return seen and width * height <= _GRID_SHARE * size**2


def _resized(image: Image, plan: ViewPlan, grid: tuple[int, int, int, int]) -> Image:
    width, height, left, top = grid
    resized = cv2.resize(image, (width, height), interpolation=_RESIZE[plan.interpolation])
    right, bottom = left + plan.size, top + plan.size
    seen: Image = resized[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return seen
    margins = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
    border = cv2.BORDER_CONSTANT if plan.border == "mean" else cv2.BORDER_REPLICATE
    color = np.rint(mean_color(resized)).tolist()
    padded: Image = cv2.copyMakeBorder(seen, *margins, border, value=color)
    return padded


def _warped(image: Image, plan: ViewPlan, color: tuple[float, float, float]) -> Image:
    """One warp; of four channels where that is faster, as vector code likes them better."""
    x0, x1 = _span(plan, 0, image.shape[1])
    y0, y1 = _span(plan, 1, image.shape[0])
    fast = 0 < (x1 - x0) * (y1 - y0) <= _FOUR_CHANNELS_UP_TO * plan.size**2
    source = cv2.cvtColor(image[y0:y1, x0:x1], cv2.COLOR_RGB2RGBA) if fast else image
    corner = (x0, y0) if fast else (0, 0)
    matrix = np.zeros((2, 3))
    matrix[0, 0], matrix[1, 1] = plan.step
    matrix[:, 2] = np.subtract(plan.start, corner)
    warped: Image = cv2.warpAffine(
        source,
        matrix,
        (plan.size, plan.size),
        flags=_WARP[plan.interpolation] | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT if plan.border == "mean" else cv2.BORDER_REPLICATE,
        borderValue=color,
    )
    return cv2.cvtColor(warped, cv2.COLOR_RGBA2RGB) if fast else warped


def _span(plan: ViewPlan, axis: int, length: int) -> tuple[int, int]:
    """First and past-the-last source pixel on an axis that an interpolation may touch."""
    ends = (plan.start[axis], plan.start[axis] + plan.step[axis] * (plan.size - 1))
    first, last = math.floor(min(ends)) - _REACH, math.ceil(max(ends)) + _REACH + 1
    return min(max(first, 0), length), min(max(last, 0), length)


def _motion_blur(view: View, size: int, upright: float) -> NDArray[np.float32]:
    """A vertical line of weight ``upright`` and a horizontal one of the rest, in running sums."""
    column = cv2.boxFilter(view, cv2.CV_32F, (1, size))
    row = cv2.boxFilter(view, cv2.CV_32F, (size, 1))
    blurred: NDArray[np.float32] = cv2.addWeighted(column, upright, row, 1 - upright, 0.0, dst=row)
    return blurred
