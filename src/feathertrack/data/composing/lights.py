"""Light, colour and the faults of cameras: of single objects and of whole frames."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.data.composing.cutouts import CutOut
from feathertrack.data.composing.motions import swing
from feathertrack.video.frames import Image

Floats = NDArray[np.float64]

_LUMA = np.array([0.299, 0.587, 0.114])


@dataclass(frozen=True, kw_only=True, eq=False)
class Look:
    """How an object differs from its photograph.

    Attributes:
        gains: (3,) factors of red, green and blue.
        gamma: exponent of all.
        drift: (N,) further factor of each frame.
    """

    gains: Floats
    gamma: float
    drift: Floats


def draw_look(rng: np.random.Generator, *, frames: int) -> Look:
    """Draw small changes of colour, and a brightness that drifts in some clips."""
    sway = (rng.random() < 0.3) * swing(rng, frames=frames, size=0.15)
    return Look(
        gains=np.exp(rng.normal(0.0, 0.1) + rng.normal(0.0, 0.05, 3)),
        gamma=float(np.exp(rng.normal(0.0, 0.12))),
        drift=np.exp(np.clip(sway, -0.5, 0.4)),
    )


def lit(cut: CutOut, look: Look, *, like: float, share: float) -> CutOut:
    """An object in other light.

    Args:
        cut: the object.
        look: changes of its colours.
        like: brightness of the place it comes to, 0 to 255.
        share: how far its brightness goes there, 0 to 1.
    """
    weight = max(float(cut.alpha.sum()), 1.0)
    own = float((cut.pixels @ _LUMA.astype(np.float32) * cut.alpha).sum()) / weight
    to_place = float(np.clip((like + 10) / (own + 10), 0.4, 2.0)) ** share
    pixels = 255 * (cut.pixels / 255) ** np.float32(look.gamma)
    pixels *= (look.gains * to_place).astype(np.float32)
    return CutOut(np.clip(pixels, 0, 255), cut.alpha, cut.density)


def brightness(image: Image) -> float:
    """Mean brightness of an RGB picture, 0 to 255."""
    return float(np.dot(cv2.mean(image)[:3], _LUMA))


@dataclass(frozen=True, kw_only=True, eq=False)
class Film:
    """What a camera makes of what it sees.

    Attributes:
        tables: uint8 (N, 256, 3), what becomes of each value of red, green and blue.
        grain: standard deviation of the noise, 0 to 255.
        detail: share of the resolution that is left, 1 for all.
        quality: of the JPEG files, 1 to 100.
        shutter: share of the time between two frames in which light falls on the film.
    """

    tables: NDArray[np.uint8]
    grain: float
    detail: float
    quality: int
    shutter: float


def draw_film(rng: np.random.Generator, *, frames: int) -> Film:
    """Draw a camera; most are good, some are dark, noisy, unsharp or press too hard."""
    gamma = np.exp(rng.normal(0.0, 0.15) * (rng.random() < 0.5))
    gains = np.exp(min(rng.normal(-0.04, 0.14), 0.12) + rng.normal(0.0, 0.04, 3))
    drift = (rng.random() < 0.4) * swing(rng, frames=frames, size=0.2)
    levels = np.arange(256) / 255.0
    factors = np.exp(np.clip(drift, -0.7, 0.2))[:, None, None] * gains
    values = 255 * levels[:, None] ** gamma * factors
    poor = rng.random(3) < (0.25, 0.15, 0.12)
    return Film(
        tables=np.rint(np.clip(values, 0, 255)).astype(np.uint8),
        grain=float(poor[0] * rng.uniform(1.0, 9.0)),
        detail=float(np.exp(rng.uniform(np.log(0.28), np.log(0.7)))) if poor[1] else 1.0,
        quality=int(rng.integers(18, 45) if poor[2] else rng.integers(62, 88)),
        shutter=float((rng.random() < 0.6) * rng.uniform(0.1, 0.8)),
    )


def developed(frame: Image, film: Film, number: int, noise: NDArray[np.float32]) -> Image:
    """A frame, RGB uint8 (H, W, 3), as the camera gives it.

    Args:
        frame: what it sees.
        film: the camera.
        number: of the frame.
        noise: (H, W) of deviation 1, other noise in every frame.
    """
    height, width = frame.shape[:2]
    seen = frame
    if film.detail < 1:
        size = (max(round(width * film.detail), 8), max(round(height * film.detail), 8))
        seen = np.asarray(cv2.resize(seen, size, interpolation=cv2.INTER_AREA), np.uint8)
        seen = np.asarray(cv2.resize(seen, (width, height), interpolation=cv2.INTER_CUBIC))
    seen = np.asarray(cv2.LUT(seen, film.tables[number][None]), np.uint8)
    if film.grain:
        noisy = seen + film.grain * noise[..., None]
        seen = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    return seen
