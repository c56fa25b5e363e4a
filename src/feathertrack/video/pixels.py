"""Any pixels become RGB uint8 (H, W, 3): grey, alpha, 16 bits, fractions of 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.errors import SourceError
from feathertrack.video.frames import Image


def rgb_uint8(pixels: NDArray[Any], *, what: str) -> Image:
    """Return RGB uint8 (H, W, 3), contiguous; the very same array where it is that already.

    16-bit values are scaled by their full range, 65535 to 255, and floats from 0..1 to 0..255, both
    rounded to the nearest. Transparent pixels are laid over black.

    Args:
        pixels: uint8, uint16 or float in 0..1; (H, W), or (H, W, C) with 1 grey, 2 grey and
            alpha, 3 RGB or 4 RGB and alpha.
        what: the name of the picture in error messages.

    Raises:
        SourceError: another shape or type, or floats outside 0..1.
    """
    _check_shape(pixels, what=what)
    planes = _to_uint8(pixels if pixels.ndim == 3 else pixels[..., None], what=what)
    channels = planes.shape[2]
    if channels in (2, 4):
        planes = over_black(planes)
    if channels < 3:
        planes = np.repeat(planes, 3, axis=2)
    return np.ascontiguousarray(planes)


def over_black(pixels: Image) -> Image:
    """Lay pixels over black by their last channel, the alpha: uint8 (H, W, C) -> (H, W, C - 1).

    >>> over_black(np.uint8([[[200, 100, 50, 128]]])).tolist()
    [[[100, 50, 25]]]
    """
    alpha = pixels[..., -1:].astype(np.uint16)
    return ((pixels[..., :-1] * alpha + 127) // 255).astype(np.uint8)


def _check_shape(pixels: NDArray[Any], *, what: str) -> None:
    shape = pixels.shape
    if pixels.size and (pixels.ndim == 2 or (pixels.ndim == 3 and shape[2] in (1, 2, 3, 4))):
        return
    hint = ""
    if pixels.ndim == 3 and shape[0] in (1, 3, 4):
        hint = "; its channels seem to come first: np.moveaxis(image, 0, 2) puts them last"
    raise SourceError(
        f"{what} has shape {shape}; a picture is (H, W) or (H, W, 3), with 1, 2 or 4 channels "
        f"where it is grey or has alpha{hint}"
    )


def _to_uint8(pixels: NDArray[Any], *, what: str) -> Image:
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.uint16:
        return ((pixels.astype(np.uint32) + 128) // 257).astype(np.uint8)
    if not np.issubdtype(pixels.dtype, np.floating):
        raise SourceError(
            f"{what} holds {pixels.dtype} values; give uint8, uint16, or floats in 0..1"
        )
    low, high = float(pixels.min()), float(pixels.max())
    if not (low >= 0 and high <= 1):  # also false for NaN
        raise SourceError(
            f"{what} holds floats from {low:.6g} to {high:.6g}; floats must lie in 0..1: "
            f"divide by the largest possible value, or convert to uint8"
        )
    scaled: Image = np.rint(pixels * pixels.dtype.type(255)).astype(np.uint8)
    return scaled
