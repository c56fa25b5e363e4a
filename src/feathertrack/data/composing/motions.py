"""Smooth motions of objects and of the camera over the frames of a clip."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_DIRECTIONS = 6
_BEYOND = 0.1  # share of the frame's sides by which the middle of a path may leave it


@dataclass(frozen=True, kw_only=True, eq=False)
class Motion:
    """Where an object is in each of N frames.

    Attributes:
        centers: (N, 2) of its middle, pixels of the frame.
        scales: (N, 2) pixels of the frame by pixel of the photograph, along the object's x and y.
        angles: (N,) turns clockwise, radians.
        size: mean side of the object in the first frame, pixels.
    """

    centers: Floats
    scales: Floats
    angles: Floats
    size: float

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.centers)

    @property
    def speeds(self) -> Floats:
        """(N, 2) pixels a frame."""
        return slopes(self.centers)


def slopes(values: Floats) -> Floats:
    """Change from frame to frame (N, ...), 0 for a single frame.

    >>> slopes(np.array([1.0, 2.0, 4.0])).tolist()
    [1.0, 1.5, 2.0]
    """
    if len(values) < 2:
        return np.zeros_like(values)
    return np.asarray(np.gradient(values, axis=0))


def times(frames: int) -> Floats:
    """0 to 1 over the frames."""
    return np.linspace(0.0, 1.0, frames)


def swing(rng: np.random.Generator, *, frames: int, size: float) -> Floats:
    """A smooth curve (N,) that starts at 0 and drifts and sways by about ``size``."""
    drift, sway, waves, phase = rng.normal(), rng.normal(), rng.uniform(0.4, 1.2), rng.random()
    angle = 2 * np.pi * (waves * times(frames) + phase)
    curve = drift * times(frames) + 0.4 * sway * (np.sin(angle) - np.sin(2 * np.pi * phase))
    return np.asarray(size * curve)


def draw_path(
    rng: np.random.Generator, *, frames: int, start: Floats, reach: float, frame_wh: Floats
) -> Floats:
    """A bent path (N, 2) from ``start``, about ``reach`` long, that hardly leaves the frame.

    Of some directions the one is taken that leads out of the frame least.
    """
    angles = rng.uniform(0, 2 * np.pi, _DIRECTIONS)
    ends = start + reach * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    inside = np.clip(ends, -_BEYOND * frame_wh, (1 + _BEYOND) * frame_wh)
    end = inside[np.linalg.norm(ends - inside, axis=1).argmin()]
    way = end - start
    time = times(frames) ** np.exp(rng.uniform(-0.5, 0.5))
    aside = np.array([-way[1], way[0]]) * rng.uniform(-0.25, 0.25)
    bend = np.sin(np.pi * times(frames))
    return np.asarray(start + time[:, None] * way + bend[:, None] * aside)


def draw_camera(
    rng: np.random.Generator, *, frames: int, scene_wh: Floats, frame_wh: Floats
) -> Floats:
    """How the camera sees a still scene: (N, 2, 3) maps of its pixels to those of the frames.

    The camera pans, zooms and tilts, each often not at all, and stays inside the scene.
    """
    widest = float((scene_wh / frame_wh).min())
    zoom = rng.uniform(0.0, np.log(1.7))
    moves = rng.random(3) < (0.7, 0.5, 0.4)
    zooms = zoom + moves[1] * swing(rng, frames=frames, size=0.12)
    units = widest / np.exp(np.clip(zooms, 0.0, np.log(2.2)))  # scene pixels by frame pixel
    angles = moves[2] * swing(rng, frames=frames, size=0.04)
    half = 0.5 * units[:, None] * frame_wh
    room = np.maximum(scene_wh - 2 * half, 0.0)
    places = rng.random(2) + moves[0] * np.stack(
        [swing(rng, frames=frames, size=0.5), swing(rng, frames=frames, size=0.3)], axis=1
    )
    middles = half + room * np.clip(places, 0.0, 1.0)
    return _maps(middles, units, angles, frame_wh)


def _maps(middles: Floats, units: Floats, angles: Floats, frame_wh: Floats) -> Floats:
    """Maps that put ``middles`` of the scene in the middle of the frame."""
    turned = np.stack(
        [
            np.stack([np.cos(angles), -np.sin(angles)], axis=1),
            np.stack([np.sin(angles), np.cos(angles)], axis=1),
        ],
        axis=1,
    )
    linear = turned / units[:, None, None]
    shift = 0.5 * frame_wh - np.einsum("nij,nj->ni", linear, middles)
    return np.concatenate([linear, shift[..., None]], axis=2)


def carried(camera: Floats, place: Floats) -> tuple[Floats, Floats]:
    """Where a thing that rests in the scene is seen, and how much larger than in the first frame.

    Args:
        camera: (N, 2, 3) maps of the scene to the frames.
        place: (2,) where it is in the first frame.

    Returns:
        (N, 2) places and (N,) factors, the first of them 1.
    """
    linear, shift = camera[:, :, :2], camera[:, :, 2]
    in_scene = np.linalg.solve(linear[0], place - shift[0])
    sizes = np.sqrt(np.abs(np.linalg.det(linear)))
    return np.einsum("nij,j->ni", linear, in_scene) + shift, sizes / sizes[0]
