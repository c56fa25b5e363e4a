"""What the network saw and what it answered, beside the frame: ``--debug-view``."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.video.frames import Image

_GAP = 4
_BACKGROUND = 24


def debug_picture(
    image: Image, search: NDArray[np.uint8] | None, score: NDArray[np.float32] | None
) -> Image:
    """The frame, and right of it the middle search region above the score map.

    Args:
        image: the frame as it is drawn, RGB uint8 (H, W, 3).
        search: search regions uint8 (S, h, w, 3), None on a frame without.
        score: score map float32 (M, N), None on a frame without.

    Returns:
        RGB uint8 with the frame's height; the width depends on the frame's size alone.
    """
    side = max((image.shape[0] - _GAP) // 2, 1)
    panel = np.full((image.shape[0], side + _GAP, 3), _BACKGROUND, np.uint8)
    if search is not None:
        region = search[len(search) // 2]
        panel[:side, _GAP:] = cv2.resize(region, (side, side), interpolation=cv2.INTER_AREA)
    if score is not None:
        panel[side + _GAP : 2 * side + _GAP, _GAP:] = _heat(score, side)
    return np.concatenate([image, panel], axis=1)


def _heat(score: NDArray[np.float32], side: int) -> Image:
    """The map from its lowest to its highest value in colours, with a mark on the highest."""
    low, high = float(score.min()), float(score.max())
    share = (score - low) / (high - low) if high > low else np.zeros_like(score)
    colored = cv2.applyColorMap((share * 255).astype(np.uint8), cv2.COLORMAP_VIRIDIS)[..., ::-1]
    picture = np.ascontiguousarray(cv2.resize(colored, (side, side)))
    row, column = np.unravel_index(int(score.argmax()), score.shape)
    center = (int((column + 0.5) * side / score.shape[1]), int((row + 0.5) * side / score.shape[0]))
    cv2.drawMarker(picture, center, (255, 255, 255), cv2.MARKER_CROSS, max(side // 12, 5))
    return picture
