"""Cut-outs that slide over a target, hide all of its box, follow it, and slide away."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.data.composing.absences.footage import Footage
from feathertrack.data.composing.absences.schedule import Absence, seen_share
from feathertrack.data.composing.catalogue import Catalogue
from feathertrack.data.composing.cutouts import CutOut, Unusable, cut_out
from feathertrack.data.composing.lights import brightness, draw_look, lit
from feathertrack.data.composing.motions import Motion
from feathertrack.data.composing.placing import Bend, Patch, place, streaked
from feathertrack.video.frames import Image

Floats = NDArray[np.float64]

_CANDIDATES = 12
_SLACK = 1.25  # an occluder hides so much more than the box: many boxes leave limbs out
_CALM = 4  # frames over which its size is smoothed, to either side
_SECOND = 0.3  # share of the absences with a second occluder
_SHUTTER = 0.4
_OPAQUE = 0.98
_ANALYSED = 96  # pixels of the longer side of the mask in which a rectangle is looked for


@dataclass(frozen=True, kw_only=True, eq=False)
class Cover:
    """One thing in front of a target.

    Attributes:
        cut: what it looks like.
        motion: where it is in every frame of the sequence.
        picture: number of the photograph that it was cut out of.
    """

    cut: CutOut
    motion: Motion
    picture: int

    def patch(self, frame: int, frame_wh: tuple[int, int]) -> Patch | None:
        """What is laid on a frame; None where the thing is elsewhere."""
        height, width = self.cut.alpha.shape
        reach = float(np.hypot(width, height)) * float(self.motion.scales[frame].max()) + 20
        middle = self.motion.centers[frame]
        if (middle < -reach).any() or (middle > np.add(frame_wh, reach)).any():
            return None
        patch = place(self.cut, self.motion, frame, bend=Bend(), frame_wh=frame_wh)
        if patch is None:
            return None
        x, y = (_SHUTTER * self.motion.speeds[frame]).tolist()
        return streaked(patch, (x, y))


@dataclass(frozen=True, kw_only=True, eq=False)
class Covering:
    """All that hides the target of a sequence.

    Attributes:
        covers: the things, the last one in front.
        boxes: (N, 4) of the target.
    """

    covers: tuple[Cover, ...]
    boxes: Boxes

    @property
    def pictures(self) -> tuple[int, ...]:
        """Numbers of the photographs that it is made of."""
        return tuple(cover.picture for cover in self.covers)

    def shown(self, image: Image, frame: int) -> tuple[Image, float]:
        """A frame with what is in front, and the share of the target's box that is still seen."""
        height, width = image.shape[:2]
        picture = image.astype(np.float32)
        clear = np.ones((height, width), np.float32)
        for cover in self.covers:
            patch = cover.patch(frame, (width, height))
            if patch is None:
                continue
            patch.lay_on(picture)
            there, here = patch.span(width, height)
            clear[there] *= 1 - patch.alpha[here]
        share = seen_share(clear, self.boxes[frame])
        return np.clip(np.rint(picture), 0, 255).astype(np.uint8), share


def draw_covering(
    rng: np.random.Generator,
    catalogue: Catalogue,
    footage: Footage,
    absences: tuple[Absence, ...],
    *,
    like: Image,
    skipped: dict[str, str],
) -> Covering:
    """Draw what hides a target in its absences.

    Args:
        rng: the sequence's own numbers.
        catalogue: where the cut-outs come from.
        footage: the sequence.
        absences: when the target is hidden.
        like: a frame, whose light is taken over.
        skipped: photographs that cannot be used, and why, are added.

    Raises:
        Unusable: hardly any photograph can be read.
    """
    boxes, light = footage.known, brightness(like)
    covers = []
    for absence in absences:
        for size in (1.0, 0.85) if rng.random() < _SECOND else (1.0,):
            outline, cut, hole = _best(rng, catalogue, boxes[absence.hidden], skipped)
            made = lit(cut, draw_look(rng, frames=1), like=light, share=float(rng.uniform(0, 0.5)))
            motion = _sliding(rng, absence, boxes, cut=made, hole=hole, size=size)
            covers.append(Cover(cut=made, motion=motion, picture=outline))
    return Covering(covers=tuple(covers), boxes=footage.boxes)


@dataclass(frozen=True, kw_only=True)
class Hole:
    """A rectangle within a cut-out in which it is opaque.

    Attributes:
        center: x, y in pixels of the cut-out.
        sides: width and height.
    """

    center: tuple[float, float]
    sides: tuple[float, float]


def largest_hole(alpha: NDArray[np.float32], aspect: float) -> Hole | None:
    """The largest opaque rectangle of a proportion; None where hardly anything is opaque.

    Args:
        alpha: (h, w), 0 to 1.
        aspect: width by height of the rectangle.
    """
    height, width = alpha.shape
    # Squeezed so that the rectangle is a square, and the distance in the chessboard's metric,
    # which OpenCV counts to the nearest pixel that is not opaque, is half of its side.
    along = width / aspect
    factor = _ANALYSED / max(along, height)
    size = (max(round(along * factor), 3), max(round(height * factor), 3))
    small = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA)
    opaque = np.pad((small > _OPAQUE).astype(np.uint8), 1)
    distance = cv2.distanceTransform(opaque, cv2.DIST_C, 3)[1:-1, 1:-1]
    half = float(distance.max()) - 0.5
    if half < 2:
        return None
    row, column = np.unravel_index(int(distance.argmax()), distance.shape)
    units = (width / size[0], height / size[1])
    return Hole(
        center=((column + 0.5) * units[0], (row + 0.5) * units[1]),
        sides=(2 * half * units[0], 2 * half * units[1]),
    )


def _best(
    rng: np.random.Generator, catalogue: Catalogue, boxes: Boxes, skipped: dict[str, str]
) -> tuple[int, CutOut, Hole]:
    """Of some cut-outs the one that hides the target with the least beside it."""
    width, height = boxes[:, 2:].max(0).tolist()
    found: list[tuple[float, int, CutOut, Hole]] = []
    for _ in range(20 * _CANDIDATES):
        outline = catalogue.outlines[int(rng.choice(catalogue.targets))]
        try:
            cut = cut_out(catalogue, outline)
        except Unusable as error:
            skipped[error.name] = error.reason
            continue
        hole = largest_hole(cut.alpha, width / height)
        if hole is None:
            continue
        scale = width / hole.sides[0]
        waste = cut.alpha.size / (hole.sides[0] * hole.sides[1])
        found.append((waste * max(1.0, scale / 2.5), outline.picture, cut, hole))
        if len(found) == _CANDIDATES:
            break
    if not found:
        raise Unusable(catalogue.root.name, "no object in it can hide a target")
    found.sort(key=lambda one: one[0])
    _, picture, cut, hole = found[int(rng.integers(min(3, len(found))))]
    return picture, cut, hole


def _sliding(
    rng: np.random.Generator,
    absence: Absence,
    boxes: Boxes,
    *,
    cut: CutOut,
    hole: Hole,
    size: float,
) -> Motion:
    """The way of an occluder: on in a line, with the target, and on in another line."""
    length = len(boxes)
    needed = _SLACK * size * (boxes[:, 2:] / hole.sides).max(1)
    steady = _steady(needed)
    hidden = np.arange(length)
    scale = steady[np.clip(hidden, absence.first, absence.last)]
    height, width = cut.alpha.shape
    middle = np.array([0.5 * width, 0.5 * height])
    targets = boxes[:, :2] + 0.5 * boxes[:, 2:]
    # The hole, not the middle of the cut-out, lies on the target.
    centers = targets + (middle - hole.center) * scale[:, None]
    before = slice(max(absence.first - absence.before, 0), absence.first + 1)
    after = slice(absence.last, absence.last + absence.after + 1)
    for edge, span, ahead in (
        (absence.first, before, absence.first - hidden),
        (absence.last, after, hidden - absence.last),
    ):
        angle = rng.choice(4) * np.pi / 2 + rng.normal(0, 0.3)
        way = np.array([np.cos(angle), np.sin(angle)])
        sides = np.array([width, height]) * scale[edge] + boxes[span, 2:].max(0)
        # In as many frames as it has for that, it is clear of the target; it goes on as fast.
        frames = absence.before if edge == absence.first else absence.after
        distance = 0.5 * float(np.abs(way) @ sides)
        centers += np.maximum(ahead, 0)[:, None] / frames * distance * way
    return Motion(
        centers=centers,
        scales=np.stack([scale, scale], axis=1),
        angles=np.zeros(length),
        size=float(scale[absence.first] * cut.side),
    )


def _steady(values: Floats) -> Floats:
    """A smooth curve that is nowhere below the values: the mean of the largest ones nearby."""
    wide = np.pad(values, 2 * _CALM, mode="edge")
    spans = np.lib.stride_tricks.sliding_window_view(wide, 2 * _CALM + 1)
    largest = spans.max(1)
    return np.asarray(
        np.lib.stride_tricks.sliding_window_view(largest, 2 * _CALM + 1).mean(1), np.float64
    )
