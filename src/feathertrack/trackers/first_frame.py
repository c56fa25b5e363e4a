"""The views of the first frame that the filter learns from: shifted, mirrored, blurred, rotated.

Specification of ATOM, section 6. All are cut from a patch of twice the side, so that shifts and
rotations find real pixels outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.trackers.draws import Draws
from feathertrack.trackers.patches import blurred, crop_repeated

Shift = tuple[int, int]
Picture = NDArray[np.float32]

EXPANSION = 2
"""Sides of the large patch per side of a view."""

RELATIVE_SHIFT = 0.6
BLURS = ((2.0, 0.2), (0.2, 2.0), (3.0, 1.0), (1.0, 3.0), (2.0, 2.0))
ROTATIONS = (5, -5, 10, -10, 20, -20, 30, -30, 45, -45, -60, 60)
NUM_VIEWS = 1 + 4 + 1 + len(BLURS) + len(ROTATIONS)

_BLUR_MARGIN = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """A view (S, S, 3), 0..255, and how far its content was moved, (y, x) in pixels."""

    pixels: Picture
    shift: Shift


def views(large: Picture, size: int, *, draws: Draws, random_shift: float) -> Iterator[View]:
    """Yield the 23 views of a large patch, the patch's middle itself first.

    Args:
        large: square of side ``EXPANSION * size``.
        size: side S of a view.
        draws: where random numbers come from.
        random_shift: views that are mirrored, blurred or rotated are also moved, by up to half of
            this share of their side on each axis.
    """

    def moved() -> Shift:
        y, x = (int((draw - 0.5) * size * random_shift) for draw in draws.uniform(2))
        return y, x

    yield View(pixels=_middle(large, size, (0, 0)), shift=(0, 0))
    far = int(RELATIVE_SHIFT * (size // 2))
    for shift in ((far, far), (-far, far), (far, -far), (-far, -far)):
        yield View(pixels=_middle(large, size, shift), shift=shift)
    shift = moved()
    yield View(pixels=_middle(np.ascontiguousarray(large[:, ::-1]), size, shift), shift=shift)
    for sigma_yx in BLURS:
        shift = moved()
        wide = _middle(large, size + 2 * _BLUR_MARGIN, shift)
        inner = slice(_BLUR_MARGIN, -_BLUR_MARGIN)
        yield View(pixels=blurred(wide, sigma_yx=sigma_yx)[inner, inner], shift=shift)
    for angle in ROTATIONS:
        shift = moved()
        yield View(pixels=_rotated(large, angle, size, shift), shift=shift)


def _middle(large: Picture, size: int, shift: Shift) -> Picture:
    top, left = ((side - size) // 2 - by for side, by in zip(large.shape, shift, strict=False))
    return crop_repeated(large, top=top, left=left, height=size, width=size)


def _rotated(large: Picture, angle: float, size: int, shift: Shift) -> Picture:
    """Turn about the middle; only what is seen is computed."""
    turn = np.deg2rad(angle)
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    middle = (np.array(large.shape[1::-1]) - 1) / 2
    start = (np.array(large.shape[1::-1]) - size) // 2 - np.array(shift[::-1])
    offset = middle - rotation @ middle - start
    matrix = np.concatenate([rotation, offset[:, None]], axis=1)
    turned = cv2.warpAffine(
        large, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return turned  # type: ignore[no-any-return]
