"""Every random number of a clip: who is in it, how all move, and what the camera does.

Two steps: ``draw_cast`` says which photographs and objects are needed; when these are read, and
their sizes known, ``draw_scene`` draws the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from feathertrack.data.composing.catalogue import Catalogue
from feathertrack.data.composing.cutouts import CutOut
from feathertrack.data.composing.lights import Film, Look, draw_film, draw_look
from feathertrack.data.composing.motions import (
    Motion,
    carried,
    draw_camera,
    draw_path,
    swing,
    times,
)
from feathertrack.data.composing.placing import Bend

Floats = NDArray[np.float64]
Role = Literal["target", "distractor", "occluder"]

SMALLEST, LARGEST = 20.0, 150.0
"""Mean side of a target in pixels of the frame."""

_OF_FRAME = 0.6  # share of the frame's shorter side that a target has at most
_BLOW_UP = 1.6  # pixels of the frame by pixel of the photograph, for targets
_LARGE = 0.7  # exponent below 1 that favours large targets


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Who is in a clip.

    Attributes:
        scene: number of the photograph that it plays in.
        mirrored: whether that is turned left to right.
        target: number of an outline.
        distractors: of outlines of the same category; the target's own number is its mirror image.
        occluders: of outlines.
    """

    scene: int
    mirrored: bool
    target: int
    distractors: tuple[int, ...]
    occluders: tuple[int, ...]

    @property
    def outlines(self) -> tuple[int, ...]:
        """Every outline once."""
        return tuple(dict.fromkeys((self.target, *self.distractors, *self.occluders)))


@dataclass(frozen=True, kw_only=True, eq=False)
class Layer:
    """One object of a clip.

    Attributes:
        role: what it is there for.
        outline: its number.
        mirrored: whether it is turned left to right.
        motion: where it is.
        look: its colours.
        bend: how it changes its shape.
        blend: how far its brightness goes to that of the scene, 0 to 1.
    """

    role: Role
    outline: int
    mirrored: bool
    motion: Motion
    look: Look
    bend: Bend
    blend: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """What happens in a clip.

    Attributes:
        frame_wh: width and height of the frames.
        camera: (N, 2, 3) maps of the photograph to the frames.
        layers: the objects, the last one in front.
        film: light and faults of the camera.
    """

    frame_wh: tuple[int, int]
    camera: Floats
    layers: tuple[Layer, ...]
    film: Film


def draw_cast(rng: np.random.Generator, catalogue: Catalogue) -> Cast:
    """Draw who is in a clip: half of them have distractors, a third something in front."""
    target = int(catalogue.targets[_drawn(rng, catalogue.target_odds)])
    alike = catalogue.of_category.get(catalogue.outlines[target].category, np.array([target]))
    others = []
    for _ in range(int(rng.choice(4, p=(0.45, 0.3, 0.15, 0.1)))):
        copied = rng.random() < 0.25
        others.append(target if copied else int(alike[rng.integers(len(alike))]))
    hiding = int(rng.choice(3, p=(0.62, 0.26, 0.12)))
    return Cast(
        scene=_drawn(rng, catalogue.scene_odds),
        mirrored=bool(rng.random() < 0.5),
        target=target,
        distractors=tuple(others),
        occluders=tuple(rng.integers(len(catalogue.outlines), size=hiding).tolist()),
    )


def _drawn(rng: np.random.Generator, odds: Floats) -> int:
    """A place in a list of cumulative odds, the last of which is 1."""
    return min(int(np.searchsorted(odds, rng.random(), side="right")), len(odds) - 1)


def draw_scene(
    rng: np.random.Generator,
    cast: Cast,
    *,
    cuts: Mapping[int, CutOut],
    scene_wh: tuple[int, int],
    frames: int,
    long_side: int,
) -> Scene:
    """Draw what happens in a clip.

    Args:
        rng: the clip's own numbers.
        cast: who is in it.
        cuts: the objects by number of their outline.
        scene_wh: size of the photograph that it plays in.
        frames: how many there are.
        long_side: of the frames, pixels.
    """
    drawing = _Drawing(rng, cuts, frames, scene_wh, long_side)
    film = draw_film(rng, frames=frames)
    target = drawing.target(cast.target, blow_up=_BLOW_UP / film.detail)
    behind: list[Layer] = []
    before: list[Layer] = []
    for number in cast.distractors:
        layer = drawing.distractor(number, target)
        (before if rng.random() < 0.3 else behind).append(layer)
    before += [drawing.occluder(number, target) for number in cast.occluders]
    return Scene(
        frame_wh=drawing.frame_wh,
        camera=drawing.camera,
        layers=(*behind, target, *before),
        film=film,
    )


class _Drawing:
    """A scene while its numbers are drawn."""

    def __init__(
        self,
        rng: np.random.Generator,
        cuts: Mapping[int, CutOut],
        frames: int,
        scene_wh: tuple[int, int],
        long_side: int,
    ) -> None:
        self._rng, self._cuts, self._frames = rng, cuts, frames
        shape = np.clip(scene_wh[0] / scene_wh[1] * np.exp(rng.normal(0, 0.1)), 9 / 16, 16 / 9)
        factor = long_side / max(float(shape), 1.0)
        width, height = round(factor * float(shape) / 2) * 2, round(factor / 2) * 2
        self.frame_wh = (width, height)
        self._wh = np.array([width, height], np.float64)
        scene = np.array(scene_wh, np.float64)
        self.camera = draw_camera(rng, frames=frames, scene_wh=scene, frame_wh=self._wh)

    def target(self, number: int, *, blow_up: float) -> Layer:
        """The object to be followed: in the frame at first, as fast as a dart or at rest."""
        rng, side = self._rng, self._cuts[number].side
        most = min(LARGEST, _OF_FRAME * self._wh.min(), max(blow_up * side, SMALLEST))
        size = float(SMALLEST * (most / SMALLEST) ** rng.random() ** _LARGE)
        start = self._wh * rng.uniform(0.12, 0.88, 2)
        if rng.random() < 0.2:
            centers, growth = carried(self.camera, start)
        else:
            speed = np.exp(rng.uniform(np.log(0.02), np.log(0.8))) * size
            centers = draw_path(
                rng,
                frames=self._frames,
                start=start,
                reach=float(speed * (self._frames - 1)),
                frame_wh=self._wh,
            )
            growth = np.exp(swing(rng, frames=self._frames, size=0.25))
        sides = np.clip(size * growth, SMALLEST, max(most, SMALLEST))
        return self._layer("target", number, centers, sides)

    def distractor(self, number: int, target: Layer) -> Layer:
        """Another of the kind, about as large; the same one is turned left to right."""
        rng, frames = self._rng, self._frames
        size = target.motion.size * float(np.exp(rng.normal(0, 0.25)))
        size = min(size, 3.0 * self._cuts[number].side)
        start = self._wh * rng.uniform(0.05, 0.95, 2)
        if rng.random() < 0.3:  # close by
            angle = rng.uniform(0, 2 * np.pi)
            away = rng.uniform(0.7, 1.4) * target.motion.size
            start = target.motion.centers[0] + away * np.array([np.cos(angle), np.sin(angle)])
        centers, growth = carried(self.camera, start)
        if rng.random() < 0.6:
            reach = np.exp(rng.uniform(np.log(0.1), np.log(4.0))) * size
            centers = draw_path(
                rng, frames=frames, start=start, reach=float(reach), frame_wh=self._wh
            )
        mirrored = not target.mirrored if number == target.outline else None
        return self._layer("distractor", number, centers, size * growth, mirrored=mirrored)

    def occluder(self, number: int, target: Layer) -> Layer:
        """Something in front that meets the target in one of the frames."""
        rng, frames = self._rng, self._frames
        size = target.motion.size * float(rng.uniform(0.5, 1.6))
        size = min(size, 3.0 * self._cuts[number].side)
        meeting = int(rng.integers(frames))
        angle, heading = rng.uniform(0, 2 * np.pi, 2)
        aside = rng.uniform(0.1, 0.7) * target.motion.size
        place = target.motion.centers[meeting] + aside * np.array([np.cos(angle), np.sin(angle)])
        speed = np.exp(rng.uniform(np.log(0.03), np.log(0.8))) * target.motion.size
        way = speed * np.array([np.cos(heading), np.sin(heading)])
        centers = place + (times(frames) * (frames - 1) - meeting)[:, None] * way
        return self._layer("occluder", number, centers, np.full(frames, size))

    def _layer(
        self,
        role: Role,
        number: int,
        centers: Floats,
        sides: Floats,
        *,
        mirrored: bool | None = None,
    ) -> Layer:
        rng, frames = self._rng, self._frames
        stretch = rng.normal(0, 0.06) + swing(rng, frames=frames, size=0.1)
        scale = (sides / self._cuts[number].side)[:, None]
        scales = scale * np.exp(np.stack([stretch, -stretch], axis=1).clip(-0.35, 0.35))
        wild = rng.random() < 0.12
        turns = rng.normal(0, 0.08) + swing(rng, frames=frames, size=0.9 if wild else 0.15)
        soft = rng.random() < 0.4
        return Layer(
            role=role,
            outline=number,
            mirrored=bool(rng.random() < 0.5) if mirrored is None else mirrored,
            motion=Motion(centers=centers, scales=scales, angles=turns, size=float(sides[0])),
            look=draw_look(rng, frames=frames),
            bend=Bend(
                size=float(soft * rng.uniform(0.01, 0.05)),
                waves=float(rng.uniform(0.4, 1.0)),
                phase=float(rng.uniform(0, 2 * np.pi)),
                turn=float(rng.normal(0, 0.6)),
            ),
            blend=float(rng.uniform(0.0, 0.6)),
        )
