"""Words on a picture, in a size that goes with it and on a ground of their own."""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from feathertrack.video.frames import Image

Color = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_SMALLEST = 0.3
BLACK: Color = (16, 16, 16)
WHITE: Color = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Lettering:
    """A size of text.

    Attributes:
        scale: OpenCV's font scale.
        thickness: pixels of a stroke.
        ascent: pixels above the base line.
        descent: pixels below it.
    """

    scale: float
    thickness: int
    ascent: int
    descent: int

    @property
    def pad(self) -> int:
        """Pixels of ground around the text."""
        return max(1, self.ascent // 4)

    @property
    def height(self) -> int:
        """Pixels of a line with its ground."""
        return self.ascent + self.descent + 2 * self.pad

    def width(self, text: str) -> int:
        """Pixels of a text without its ground."""
        return int(cv2.getTextSize(text, _FONT, self.scale, self.thickness)[0][0])

    def write(self, image: Image, text: str, *, left: int, top: int, color: Color) -> None:
        """Write into ``image``, in place; (left, top) is the corner of the ground."""
        at = (left + self.pad, top + self.pad + self.ascent)
        cv2.putText(image, text, at, _FONT, self.scale, color, self.thickness, cv2.LINE_AA)


def lettering_for(image: Image, *, text: str = "") -> Lettering:
    """A size that goes with the frame, smaller where ``text`` is too long for it."""
    height, width = image.shape[:2]
    scale = 0.25 + 0.0011 * min(height, width)
    letters = _lettering(scale)
    room = max(width - 2 * letters.pad - 2, 1)
    if text and letters.width(text) > room:
        letters = _lettering(max(scale * room / letters.width(text), _SMALLEST))
    return letters


def _lettering(scale: float) -> Lettering:
    thickness = max(1, round(scale * 1.6))
    (_, ascent), descent = cv2.getTextSize("Ag|", _FONT, scale, thickness)
    return Lettering(scale, thickness, int(ascent), int(descent))


def contrast(ground: Color) -> Color:
    """Black or white, whichever is read better on a colour."""
    red, green, blue = ground
    return BLACK if 0.299 * red + 0.587 * green + 0.114 * blue > 130 else WHITE
