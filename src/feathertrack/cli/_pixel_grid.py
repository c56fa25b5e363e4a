"""A frame with rulers and a grid, to read a box off it."""

from __future__ import annotations

import math

import cv2
import numpy as np

from feathertrack.video.frames import Image

_WIDE_ENOUGH = 1200
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_PAPER = (250, 250, 250)
_INK = (20, 20, 20)
_LINE = (255, 220, 0)
_LINE_ON_BRIGHT = (150, 0, 90)
_BRIGHT = 150


def pixel_grid(image: Image) -> tuple[Image, int]:
    """A frame between rulers whose numbers are box coordinates: 0 is the frame's left or top edge.

    Small frames are enlarged by a whole factor, without smoothing, so that pixels can be counted.

    Args:
        image: RGB uint8 (H, W, 3).

    Returns:
        The picture, RGB uint8, and the factor by which the frame is enlarged in it.
    """
    height, width = image.shape[:2]
    factor = max(1, math.ceil(_WIDE_ENOUGH / max(width, height)))
    enlarged = np.repeat(np.repeat(image, factor, axis=0), factor, axis=1)
    text = max(enlarged.shape[0], enlarged.shape[1]) / _WIDE_ENOUGH  # of the usual size
    step = _step(84 * text / factor)
    _draw_lines(enlarged, step=step, factor=factor)
    margin = round(56 * text), round(30 * text)
    page = cv2.copyMakeBorder(
        enlarged, margin[1], margin[1], margin[0], margin[0], cv2.BORDER_CONSTANT, value=_PAPER
    )
    _label(page, (width, height), step=step, factor=factor, margin=margin, text=text)
    return np.asarray(page, dtype=np.uint8), factor


def _step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... that is not below ``least``.

    >>> [_step(least) for least in (0.3, 4.2, 60, 101)]
    [1, 5, 100, 200]
    """
    magnitude = int(10 ** math.floor(math.log10(max(least, 1))))
    return next(
        step for step in (magnitude, 2 * magnitude, 5 * magnitude, 10 * magnitude) if step >= least
    )


def _draw_lines(picture: Image, *, step: int, factor: int) -> None:
    """Draw a line at every step, and fainter ones between, where pixels begin."""
    between = next((step // parts for parts in (5, 2) if step % parts == 0), step)
    thick = max(1, round(max(picture.shape) / _WIDE_ENOUGH / 2))
    for spacing, strength in ((between, 0.22), (step, 0.6)):
        for axis in (0, 1):
            starts = np.arange(0, picture.shape[axis], spacing * factor)
            places = (starts[:, None] + np.arange(thick)).ravel()
            index = (places[places < picture.shape[axis]],)
            lines = picture[index] if axis == 0 else picture[:, index[0]]
            bright = lines.mean(axis=-1, keepdims=True) > _BRIGHT
            color = np.where(bright, _LINE_ON_BRIGHT, _LINE)
            mixed = (lines * (1 - strength) + color * strength).astype(np.uint8)
            if axis == 0:
                picture[index] = mixed
            else:
                picture[:, index[0]] = mixed


def _label(
    page: Image,
    size: tuple[int, int],
    *,
    step: int,
    factor: int,
    margin: tuple[int, int],
    text: float,
) -> None:
    """Write the coordinates of the lines on all four sides; each ruler ends in the frame's size."""
    scale, thick = 0.5 * text, max(1, round(1.2 * text))
    for axis, length in enumerate(size):
        marks = [*range(0, length, step), length]
        if len(marks) > 2 and length - marks[-2] < (0.6, 0.25)[axis] * step:
            marks.pop(-2)  # its label would touch the last one
        for mark in marks:
            (wide, high), _ = cv2.getTextSize(str(mark), _FONT, scale, thick)
            at = margin[axis] + mark * factor
            gap = round(6 * text)
            if axis == 0:
                left = min(max(at - wide // 2, 0), page.shape[1] - wide)
                corners = [(left, margin[1] - gap), (left, page.shape[0] - margin[1] + high + gap)]
            else:
                base = at + high // 2
                corners = [
                    (margin[0] - wide - gap, base),
                    (page.shape[1] - margin[0] + gap, base),
                ]
            for corner in corners:
                cv2.putText(page, str(mark), corner, _FONT, scale, _INK, thick, cv2.LINE_AA)
