"""The pictures and boxes of the benchmark ``synthetic``, computed alike on every machine.

Only integer arithmetic and table look-ups paint, so that the bytes do not depend on a library.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.video.frames import Image

WIDTH, HEIGHT, LENGTH = 160, 120, 40


@dataclass(frozen=True, kw_only=True)
class Scene:
    """How a target moves.

    Attributes:
        name: of the sequence.
        seed: of the textures.
        start: x, y of its first box.
        speed: pixels a frame.
        size: w, h of its first box.
        growth: pixels of width a frame.
        swing: pixels that it goes up and down.
        pan: pixels that the background moves a frame.
        hidden: frames in which it is out of view.
        covered: frames in which a bar covers half of it.
        dimming: what the brightness loses in a hundredth a frame.
        attributes: of the sequence.
    """

    name: str
    seed: int
    start: tuple[int, int]
    speed: tuple[float, float]
    size: tuple[int, int]
    growth: float = 0.0
    swing: float = 0.0
    pan: float = 0.0
    hidden: range = range(0)
    covered: range = range(0)
    dimming: float = 0.0
    attributes: frozenset[str] = frozenset()


SCENES = (
    Scene(
        name="drift",
        seed=1,
        start=(20, 40),
        speed=(2.0, 0.5),
        size=(28, 24),
        attributes=frozenset({"BC"}),
    ),
    Scene(
        name="growth",
        seed=2,
        start=(56, 44),
        speed=(-0.5, -0.25),
        size=(20, 26),
        growth=0.75,
        pan=1.0,
        attributes=frozenset({"SV", "CM"}),
    ),
    Scene(
        name="hiding",
        seed=3,
        start=(12, 60),
        speed=(2.5, 0.0),
        size=(30, 22),
        swing=8.0,
        hidden=range(18, 24),
        covered=range(14, 18),
        attributes=frozenset({"OCC", "OV"}),
    ),
    Scene(
        name="dusk",
        seed=4,
        start=(110, 20),
        speed=(-2.25, 1.25),
        size=(24, 30),
        swing=4.0,
        dimming=1.25,
        attributes=frozenset({"IV", "FM"}),
    ),
)


def boxes(scene: Scene) -> Boxes:
    """The box of every frame, whole pixels from 0, NaN where the target is out of view."""
    frames = np.arange(LENGTH)
    width = np.floor(scene.size[0] + scene.growth * frames)
    height = np.floor(scene.size[1] + scene.growth * frames)
    # A triangle wave instead of a sine: exact everywhere.
    wave = np.abs((frames % 16) - 8) / 8 * scene.swing
    x = np.floor(scene.start[0] + scene.speed[0] * frames)
    y = np.floor(scene.start[1] + scene.speed[1] * frames + wave)
    rows = np.stack([x, y, width, height], axis=1)
    rows[np.isin(frames, scene.hidden)] = np.nan
    return rows


def render(scene: Scene, frame: int) -> Image:
    """A frame, RGB uint8 (120, 160, 3): textured target on textured ground."""
    ground = _texture(scene.seed, low=60, high=150)
    shift = int(scene.pan * frame)
    rows, columns = np.arange(HEIGHT) % 128, (np.arange(WIDTH) + shift) % 128
    image = ground[rows[:, None], columns]
    box = boxes(scene)[frame]
    if not np.isnan(box[0]):
        _paint_target(image, box.astype(int), seed=scene.seed)
        if frame in scene.covered:
            x, y, w, h = box.astype(int)
            image[y : y + h, max(0, x) : x + w // 2] = (90, 90, 96)
    brightness = 10000 - int(100 * scene.dimming) * frame
    return (image.astype(np.int64) * brightness // 10000).astype(np.uint8)


def _paint_target(image: Image, box: NDArray[np.int_], *, seed: int) -> None:
    """Paint a texture of its own, scaled with the box."""
    x, y, w, h = box
    skin = _texture(seed + 100, low=110, high=255)[:32, :32]
    rows = np.arange(max(0, y), min(HEIGHT, y + h))
    columns = np.arange(max(0, x), min(WIDTH, x + w))
    image[rows[:, None], columns] = skin[((rows - y) * 32 // h)[:, None], (columns - x) * 32 // w]


def _texture(seed: int, *, low: int, high: int) -> Image:
    """Blotches of 8 pixels with finer ones in them: (128, 128, 3), the same from edge to edge."""
    coarse = _noise(seed, 16).repeat(8, axis=0).repeat(8, axis=1)
    fine = _noise(seed + 50, 64).repeat(2, axis=0).repeat(2, axis=1)
    mixed = (3 * coarse + fine) // 4
    return (low + mixed * (high - low) // 255).astype(np.uint8)


def _noise(seed: int, side: int) -> NDArray[np.int64]:
    """Numbers 0 to 255 out of a hash of their place (Knuth's multiplicative one, then folded)."""
    places = np.arange(side * side * 3, dtype=np.uint64) + np.uint64(seed * 1_000_003)
    mixed = (places * np.uint64(2654435761)) & np.uint64(0xFFFFFFFF)
    mixed = ((mixed ^ (mixed >> np.uint64(15))) * np.uint64(2246822519)) & np.uint64(0xFFFFFFFF)
    mixed ^= mixed >> np.uint64(13)
    return (mixed >> np.uint64(16) & np.uint64(255)).astype(np.int64).reshape(side, side, 3)
