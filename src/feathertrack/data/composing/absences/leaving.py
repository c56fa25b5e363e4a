"""A camera that pans away from a target, onto another photograph, and back."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.data.composing.absences.footage import Footage
from feathertrack.data.composing.absences.schedule import Absence, eased, seen_share
from feathertrack.data.composing.catalogue import Catalogue
from feathertrack.data.composing.cutouts import Unusable, read_scene
from feathertrack.data.composing.placing import streak
from feathertrack.video.frames import Image

_DIRECTIONS = {"right": (1, 0), "left": (-1, 0), "down": (0, 1), "up": (0, -1)}
_NEARLY = 1.3  # of the ways out those are drawn from that are so much longer at most
_BEYOND = 4  # pixels by which a target is further away than it must be
_FADE = 0.15  # share of the frame over which it goes over into the photograph
_SHUTTER = 0.5
_ATTEMPTS = 50


@dataclass(frozen=True, kw_only=True, eq=False)
class Pan:
    """One pan away and back.

    Attributes:
        direction: where the camera turns.
        offsets: int64 (N,) pixels by which it has turned in each frame.
        beyond: what is there, RGB uint8, as large as the frames.
        picture: number of that photograph.
    """

    direction: str
    offsets: NDArray[np.int64]
    beyond: Image
    picture: int

    def shifts(self) -> NDArray[np.float64]:
        """(N, 2) by which things move in the frame."""
        return np.multiply(-self.offsets[:, None], _DIRECTIONS[self.direction], dtype=np.float64)

    def view(self, image: Image, frame: int) -> Image:
        """What the turned camera sees, RGB uint8 of the size of the frame."""
        offset = int(self.offsets[frame])
        if not offset:
            return image
        upright = self.direction in ("right", "left")
        first, beyond = (one if upright else one.transpose(1, 0, 2) for one in (image, self.beyond))
        if self.direction in ("left", "up"):
            first, beyond = first[:, ::-1], beyond[:, ::-1]
        seen = _panned(first, beyond, offset)
        kernel = streak((_SHUTTER * self._speed(frame), 0.0))
        if kernel is not None:
            seen = np.asarray(cv2.filter2D(seen, -1, kernel), np.uint8)
        if self.direction in ("left", "up"):
            seen = seen[:, ::-1]
        return np.ascontiguousarray(seen if upright else seen.transpose(1, 0, 2))

    def _speed(self, frame: int) -> float:
        first, last = max(frame - 1, 0), min(frame + 1, len(self.offsets) - 1)
        return float(self.offsets[last] - self.offsets[first]) / max(last - first, 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Leaving:
    """A camera that loses the target of a sequence, again and again.

    Attributes:
        pans: one after the other.
        boxes: (N, 4) of the target as the camera turns, also beyond the frame.
    """

    pans: tuple[Pan, ...]
    boxes: Boxes

    @property
    def pictures(self) -> tuple[int, ...]:
        """Numbers of the photographs that are beyond the frame."""
        return tuple(pan.picture for pan in self.pans)

    def shown(self, image: Image, frame: int) -> tuple[Image, float]:
        """What the camera sees in a frame, and the share of the target's box that is in it."""
        for pan in self.pans:
            image = pan.view(image, frame)
        clear = np.ones(image.shape[:2], np.float32)
        return image, seen_share(clear, self.boxes[frame])


def draw_leaving(
    rng: np.random.Generator,
    catalogue: Catalogue,
    footage: Footage,
    absences: tuple[Absence, ...],
    *,
    like: Image,
    skipped: dict[str, str],
) -> Leaving:
    """Draw where the camera turns in each absence: to one of the sides that are soon reached.

    Args:
        rng: the sequence's own numbers.
        catalogue: where the photographs come from.
        footage: the sequence.
        absences: when the target is out of view.
        like: a frame of the sequence.
        skipped: photographs that cannot be used, and why, are added.

    Raises:
        Unusable: hardly any photograph can be read.
    """
    height, width = like.shape[:2]
    known, boxes, pans = footage.known, footage.boxes.copy(), []
    for absence in absences:
        direction, way = _way_out(rng, known[absence.hidden], width=width, height=height)
        scene, number = _scenery(rng, catalogue, like, skipped)
        turned = np.rint(way * eased(absence, len(footage))).astype(np.int64)
        pan = Pan(direction=direction, offsets=turned, beyond=scene, picture=number)
        boxes[:, :2] += pan.shifts()
        pans.append(pan)
    return Leaving(pans=tuple(pans), boxes=boxes)


def _way_out(
    rng: np.random.Generator, boxes: Boxes, *, width: int, height: int
) -> tuple[str, float]:
    """A side, and how far the camera must turn there until no box is seen: a frame at most."""
    x, y, w, h = boxes.T
    sides = {"right": width, "left": width, "down": height, "up": height}
    out = {
        "right": (x + w).max(),
        "left": width - x.min(),
        "down": (y + h).max(),
        "up": height - y.min(),
    }
    ways = {one: float(np.clip(out[one] + _BEYOND, 8, sides[one])) for one in sides}
    least = min(ways[one] / sides[one] for one in sides)
    near = [one for one in sides if ways[one] / sides[one] <= max(_NEARLY * least, least + 0.05)]
    direction = near[int(rng.integers(len(near)))]
    return direction, ways[direction]


def _scenery(
    rng: np.random.Generator, catalogue: Catalogue, like: Image, skipped: dict[str, str]
) -> tuple[Image, int]:
    """A photograph of the size of a frame, in about its light."""
    height, width = like.shape[:2]
    for _ in range(_ATTEMPTS):
        number = int(np.searchsorted(catalogue.scene_odds, rng.random(), side="right"))
        number = min(number, len(catalogue.pictures) - 1)
        try:
            image = read_scene(catalogue, catalogue.pictures[number])
        except Unusable as error:
            skipped[error.name] = error.reason
            continue
        factor = max(width / image.shape[1], height / image.shape[0])
        size = (
            max(round(image.shape[1] * factor), width),
            max(round(image.shape[0] * factor), height),
        )
        way = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
        large = cv2.resize(image, size, interpolation=way)
        left = (size[0] - width) // 2
        top = (size[1] - height) // 2
        cut = large[top : top + height, left : left + width].astype(np.float32)
        gains = (like.mean((0, 1)) + 10) / (cut.mean((0, 1)) + 10)
        cut *= np.clip(gains, 0.5, 1.8) ** 0.8
        return np.clip(np.rint(cut), 0, 255).astype(np.uint8), number
    raise Unusable(catalogue.root.name, "hardly any photograph of it can be read")


def _panned(image: Image, beyond: Image, offset: int) -> Image:
    """What is seen ``offset`` pixels to the right, where the photograph follows on the frame.

    The frame goes on as its own mirror image, which fades into the photograph.
    """
    height, width = image.shape[:2]
    seen = np.empty((height, width, 3), np.uint8)
    seen[:, : width - offset] = image[:, offset:]
    new = beyond[:, :offset].astype(np.float32)
    fade = min(max(round(_FADE * width), 1), offset)
    share = (1 - (np.arange(fade) + 0.5) / max(round(_FADE * width), 1))[:, None]
    new[:, :fade] += share * (image[:, ::-1][:, :fade] - new[:, :fade])
    seen[:, width - offset :] = np.rint(new)
    return seen
