"""Objects cut out of photographs, with soft edges and without a rim of what was behind them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.data.composing.catalogue import Catalogue, Picture
from feathertrack.data.composing.outlines import Outline
from feathertrack.errors import SourceError
from feathertrack.video.frames import Image
from feathertrack.video.pictures import read_picture

Floats = NDArray[np.float32]

_MARGIN = 3  # transparent pixels around an object
_LONGEST = 1280  # pixels of the longer side of a photograph; larger ones are shrunk
_SMALL = 48.0  # pixels of the mean side, below which a mask is not made narrower
_SOFT = 0.8  # pixels: sigma of the edge
_RIM = 5  # pixels: colours so near to the outline may be those of the background


class Unusable(SourceError):
    """A photograph that cannot be used.

    Args:
        name: of the photograph, below the root of its catalogue.
        reason: why not.
    """

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


@dataclass(frozen=True, eq=False)
class CutOut:
    """An object without its background.

    Attributes:
        pixels: RGB float32 (h, w, 3), 0 to 255; beyond the outline the colours go on.
        alpha: float32 (h, w), 0 to 1.
        density: pixels by pixel of the photograph, along x and y.
    """

    pixels: Floats
    alpha: Floats
    density: tuple[float, float] = (1.0, 1.0)

    @cached_property
    def side(self) -> float:
        """Geometric mean of the width and height of what is opaque, pixels of the photograph."""
        opaque = self.alpha >= 0.5
        rows, columns = np.flatnonzero(opaque.any(1)), np.flatnonzero(opaque.any(0))
        area = (np.ptp(rows) + 1) * (np.ptp(columns) + 1) if len(rows) else 1
        return float(np.sqrt(area / (self.density[0] * self.density[1])))

    def mirrored(self) -> CutOut:
        """The same seen in a mirror."""
        pixels, alpha = (np.ascontiguousarray(one[:, ::-1]) for one in (self.pixels, self.alpha))
        return CutOut(pixels, alpha, self.density)

    def shrunk(self, factor: float) -> CutOut:
        """The same with fewer pixels, without aliasing; as it is where that would be more."""
        height, width = self.alpha.shape
        size = (max(round(width * factor), 2), max(round(height * factor), 2))
        if size[0] >= width or size[1] >= height:
            return self
        pixels, alpha = (
            np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_AREA), np.float32)
            for one in (self.pixels, self.alpha)
        )
        along_x, along_y = self.density
        return CutOut(pixels, alpha, (along_x * size[0] / width, along_y * size[1] / height))


def read_scene(catalogue: Catalogue, picture: Picture) -> Image:
    """A photograph as RGB uint8 with at most 1280 pixels on the longer side.

    Raises:
        Unusable: it cannot be read, or is a strip.
    """
    image = _read(catalogue.root, picture)
    height, width = image.shape[:2]
    if min(height, width) < 64 or max(height, width) > 4 * min(height, width):
        raise Unusable(picture.name, f"{width}x{height} pixels are too few, or a strip")
    factor = _LONGEST / max(height, width)
    if factor < 1:
        size = (round(width * factor), round(height * factor))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    return image


def cut_out(catalogue: Catalogue, outline: Outline) -> CutOut:
    """An object of a photograph.

    Raises:
        Unusable: the photograph cannot be read, is not of the size that its json says, or nothing
            of the object is left.
    """
    picture = catalogue.pictures[outline.picture]
    image = _read(catalogue.root, picture)
    height, width = image.shape[:2]
    if picture.size_wh != (width, height):
        said = "x".join(str(side) for side in picture.size_wh or ())
        raise Unusable(picture.name, f"it has {width}x{height} pixels, and its json says {said}")
    x, y, w, h = outline.box
    left, top = max(int(x), 0), max(int(y), 0)
    right, bottom = min(int(np.ceil(x + w)), width), min(int(np.ceil(y + h)), height)
    if right - left < 4 or bottom - top < 4:
        raise Unusable(picture.name, f"nothing is left of annotation {outline.name}")
    patch = image[top:bottom, left:right]
    margins = (_MARGIN,) * 4
    pixels = cv2.copyMakeBorder(patch, *margins, cv2.BORDER_REPLICATE).astype(np.float32)
    mask = _mask(outline, corner=(left - _MARGIN, top - _MARGIN), shape=pixels.shape[:2])
    alpha = _softened(mask)
    if alpha.max() < 0.5:
        raise Unusable(picture.name, f"nothing is left of annotation {outline.name}")
    return CutOut(_without_rim(pixels, mask), alpha)


def _read(root: Path, picture: Picture) -> Image:
    try:
        return read_picture(root / picture.name, what="the file")
    except SourceError as error:
        raise Unusable(picture.name, str(error)) from None


def _mask(outline: Outline, *, corner: tuple[int, int], shape: tuple[int, ...]) -> Image:
    """0 and 255, smooth in between; polygons that lie on each other are one."""
    mask = np.zeros(shape[:2], np.uint8)
    for points in outline.polygons:
        # Corners are continuous, and OpenCV counts from pixel centres, in sixteenths here.
        fixed = np.rint((points - np.array(corner, np.float32) - 0.5) * 16).astype(np.int32)
        cv2.fillPoly(mask, [fixed], 255, cv2.LINE_AA, 4)
    return mask


def _softened(mask: Image) -> Floats:
    """A mask a pixel narrower, as outlines drawn by hand keep some background, and soft."""
    narrow = mask
    if np.sqrt(mask.size) > _SMALL:
        narrow = np.asarray(cv2.erode(mask, np.ones((3, 3), np.uint8)), np.uint8)
    soft = cv2.GaussianBlur(narrow, (0, 0), _SOFT).astype(np.float32) / 255
    soft[[0, -1]] = 0
    soft[:, [0, -1]] = 0
    return np.asarray(soft, np.float32)


def _without_rim(pixels: Floats, mask: Image) -> Floats:
    """Colours near and beyond the outline, taken from further inside."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_RIM, _RIM))
    core = np.where(cv2.erode(mask, disc) >= 250, np.float32(1), np.float32(0))
    if core.sum() < 0.2 * (mask > 127).sum():
        return pixels  # too thin to tell its colours from those behind it
    weight = cv2.GaussianBlur(core, (0, 0), 2.0)
    inner = cv2.GaussianBlur(pixels * core[..., None], (0, 0), 2.0)
    known = (weight > 1e-3)[..., None]
    spread = np.where(known, inner / np.maximum(weight, 1e-3)[..., None], pixels)
    return np.asarray(np.where(core[..., None] > 0, pixels, spread), np.float32)
