"""One object in one frame: its colours and its alpha, where they lie, and how they are laid on.

Places are continuous, the middle of the first pixel is at 0.5.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.data.composing.cutouts import CutOut
from feathertrack.data.composing.motions import Motion

Floats = NDArray[np.float32]
Vector = tuple[float, float]

_LONGEST_STREAK = 14.0  # pixels; longer ones take long, and little can be seen of the object
_SHORTEST_STREAK = 1.2
_MOST_PIXELS = 4_000_000  # of a patch; an object that is larger is sampled where the frame is


@dataclass(frozen=True, kw_only=True)
class Bend:
    """A wave that runs through an object: what is not stiff.

    Attributes:
        size: of the wave, as a share of the object's mean side; 0 for none.
        waves: over its length.
        phase: radians in the first frame.
        turn: radians by frame.
    """

    size: float = 0.0
    waves: float = 1.0
    phase: float = 0.0
    turn: float = 0.0


@dataclass(frozen=True, eq=False)
class Patch:
    """A rectangle of pixels to be laid on a frame.

    Attributes:
        left: column of the frame, or outside of it, where the patch begins.
        top: row.
        pixels: float32 (h, w, 4): red, green, blue times alpha, and alpha, 0 to 1.
    """

    left: int
    top: int
    pixels: Floats

    @property
    def alpha(self) -> Floats:
        """(h, w), 0 to 1."""
        return self.pixels[..., 3]

    def box(self) -> Boxes:
        """x, y, w, h around what is opaque, also beyond the frame; NaN where nothing is."""
        opaque = self.alpha >= 0.5
        columns, rows = np.flatnonzero(opaque.any(0)), np.flatnonzero(opaque.any(1))
        if not len(columns):
            return np.full(4, np.nan)
        corner = (self.left + columns[0], self.top + rows[0])
        return np.array([*corner, np.ptp(columns) + 1, np.ptp(rows) + 1], np.float64)

    def span(self, width: int, height: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """Rows and columns of a frame that the patch meets, and the same in the patch."""
        rows, columns = self.pixels.shape[:2]
        first = (max(self.top, 0), max(self.left, 0))
        last = (min(self.top + rows, height), min(self.left + columns, width))
        there = tuple(slice(a, max(a, b)) for a, b in zip(first, last, strict=True))
        here = tuple(
            slice(one.start - corner, one.stop - corner)
            for one, corner in zip(there, (self.top, self.left), strict=True)
        )
        return (there[0], there[1]), (here[0], here[1])

    def lay_on(self, frame: Floats) -> None:
        """Cover a frame, float32 (H, W, 3), where the patch is opaque."""
        there, here = self.span(frame.shape[1], frame.shape[0])
        pixels = self.pixels[here]
        frame[there] *= 1 - pixels[..., 3:]
        frame[there] += pixels[..., :3]


def place(cut: CutOut, motion: Motion, frame: int, *, bend: Bend, frame_wh: Vector) -> Patch | None:
    """An object as it is in a frame, the parts beyond its border too; None where it is far away.

    An object much larger than the frame is sampled near the frame only.
    """
    height, width = cut.alpha.shape
    angle = float(motion.angles[frame])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn * (motion.scales[frame] / cut.density)
    wave = bend.size * float(np.sqrt(width * height))
    half = np.array([0.5 * width + wave, 0.5 * height + wave])
    reach = np.abs(linear) @ half + 1
    center = motion.centers[frame]
    first, last = np.floor(center - reach).astype(int), np.ceil(center + reach).astype(int)
    if (last - first).astype(float).prod() > _MOST_PIXELS:
        first, last = np.maximum(first, -64), np.minimum(last, np.add(frame_wh, 64).astype(int))
    if (last - first).min() < 1:
        return None
    back = np.linalg.inv(linear)
    columns = np.arange(first[0], last[0]) + (0.5 - center[0])
    rows = np.arange(first[1], last[1])[:, None] + (0.5 - center[1])
    u = back[0, 0] * columns + back[0, 1] * rows + 0.5 * width
    v = back[1, 0] * columns + back[1, 1] * rows + 0.5 * height
    if wave:
        phase = bend.phase + bend.turn * frame
        beat = 2 * np.pi * bend.waves
        u, v = (
            u + wave * np.sin(beat * v / height + phase),
            v + wave * np.sin(beat * u / width + 1.7 * phase),
        )
    pixels = cv2.remap(
        np.dstack([cut.pixels * cut.alpha[..., None], cut.alpha]),
        (u - 0.5).astype(np.float32),
        (v - 0.5).astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
    )
    return Patch(int(first[0]), int(first[1]), pixels)


def streaked(patch: Patch, way: Vector) -> Patch:
    """The patch as it is seen while it moves by ``way`` pixels: motion blur, centred."""
    kernel = streak(way)
    if kernel is None:
        return patch
    room = kernel.shape[0] // 2
    wide = cv2.copyMakeBorder(patch.pixels, *(room,) * 4, cv2.BORDER_CONSTANT)
    blurred = cv2.filter2D(wide, -1, kernel, borderType=cv2.BORDER_CONSTANT)
    return Patch(patch.left - room, patch.top - room, blurred)


def streak(way: Vector) -> Floats | None:
    """A line of weights that add up to one, odd and square; None for less than a pixel or so.

    >>> streak((4.0, 0.0)).shape
    (5, 5)
    """
    length = float(np.hypot(*way))
    if length < _SHORTEST_STREAK:
        return None
    along = np.asarray(way) * min(1.0, _LONGEST_STREAK / length)
    reach = int(np.ceil(np.abs(along).max() / 2))
    steps = (np.arange(64) + 0.5) / 64 - 0.5
    places = steps[:, None] * along + reach
    # Each point of the line weighs on the four pixels around it.
    low = np.floor(places).astype(int)
    share = places - low
    kernel = np.zeros((2 * reach + 2, 2 * reach + 2))
    for dx, dy in ((0, 0), (0, 1), (1, 0), (1, 1)):
        weights = np.abs(1 - dx - share[:, 0]) * np.abs(1 - dy - share[:, 1])
        np.add.at(kernel, (low[:, 1] + dy, low[:, 0] + dx), weights)
    kernel = kernel[:-1, :-1]
    return np.asarray(kernel / kernel.sum(), np.float32)
