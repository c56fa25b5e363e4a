"""Views cut by OpenCV: one warp straight from the source, 8 bits as long as that is exact."""

from __future__ import annotations

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

_FLAGS = {
    "linear": cv2.INTER_LINEAR,
    "cubic": cv2.INTER_CUBIC,
    "area": cv2.INTER_LINEAR,  # a warp knows no area; within 5 % of the size they hardly differ
    "nearest": cv2.INTER_NEAREST,
    "lanczos4": cv2.INTER_LANCZOS4,
}


def cut_view(
    shot: Shot, draw: ViewDraw, view: ViewSettings, crop: Crop
) -> tuple[View, NDArray[np.float64]]:
    """Cut one view of a pair and vary it as drawn.

    Returns:
        RGB (size, size, 3): float32 where a colour offset, a blur or a brightness was applied,
        uint8 otherwise; and the target's box in it, x, y, w, h.
    """
    plan = plan_view(
        shot.box, draw, view, crop=crop, image_width=shot.image.shape[1], side=shot.side
    )
    return render(shot.image, plan), np.array(plan.box)


def render(image: Image, plan: ViewPlan) -> View:
    """Do to an RGB uint8 image (H, W, 3) what a plan says -> (size, size, 3).

    The order is warp, grey, brightness, blur, colour offset. Blur and offset commute: the blur's
    weights add up to one. uint8 unless one of the last three is asked for, then float32.
    """
    view: View = _warp(image, plan)
    if plan.gray:
        view = cv2.cvtColor(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if plan.gain != 1.0:
        view = np.minimum(cv2.multiply(view, (plan.gain,) * 4, dtype=cv2.CV_32F), 255.0)
    if plan.blur is not None:
        view = _motion_blur(view, *plan.blur)
    if plan.offset is not None:
        view = cv2.subtract(view, (*plan.offset, 0.0), dtype=cv2.CV_32F)
    return view


def _warp(image: Image, plan: ViewPlan) -> Image:
    matrix = np.array([[plan.step[0], 0, plan.start[0]], [0, plan.step[1], plan.start[1]]])
    border, color = cv2.BORDER_REPLICATE, (0.0, 0.0, 0.0)
    if plan.border == "mean":
        border = cv2.BORDER_CONSTANT
        if plan.reaches_outside(width=image.shape[1], height=image.shape[0]):
            red, green, blue = mean_color(image)
            color = (red, green, blue)
    warped: Image = cv2.warpAffine(
        image,
        matrix,
        (plan.size, plan.size),
        flags=_FLAGS[plan.interpolation] | cv2.WARP_INVERSE_MAP,
        borderMode=border,
        borderValue=color,
    )
    return warped


def _motion_blur(view: View, size: int, upright: float) -> NDArray[np.float32]:
    """A vertical line of weight ``upright`` and a horizontal one of the rest, in running sums."""
    column = cv2.boxFilter(view, cv2.CV_32F, (1, size))
    row = cv2.boxFilter(view, cv2.CV_32F, (size, 1))
    blurred: NDArray[np.float32] = cv2.addWeighted(column, upright, row, 1 - upright, 0.0, dst=row)
    return blurred
