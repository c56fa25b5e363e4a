"""Results drawn into frames: the box, what the tracker says, and several results side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from feathertrack.results import Result, State
from feathertrack.video.frames import Frame, Image
from feathertrack.video.lettering import BLACK, WHITE, Color, contrast, lettering_for
from feathertrack.video.records import BoxTuple, TrackRow

Draw = Callable[[Frame, Result | None], Image]
"""What a picture output shows of a frame, RGB uint8; the result is None before the first box."""

STATE_COLORS: dict[State, Color] = {
    "tracking": (60, 220, 90),
    "uncertain": (255, 180, 0),
    "lost": (240, 60, 50),
}

PALETTE: tuple[Color, ...] = (
    (255, 255, 255),
    (230, 159, 0),
    (86, 180, 233),
    (240, 228, 66),
    (204, 121, 167),
    (0, 158, 115),
    (213, 94, 0),
    (0, 114, 178),
)
"""White, then the colours of Okabe and Ito, which colour-blind people tell apart too."""


@dataclass(frozen=True, slots=True)
class _Strip:
    """A filled rectangle of whole pixels, right and bottom excluded; it may lie outside a frame."""

    left: int
    top: int
    right: int
    bottom: int

    def fill(self, image: Image, color: Color, *, grow: int = 0) -> None:
        """Paint it onto an image, as far as it lies in it, ``grow`` pixels wider on each side."""
        left, top = max(self.left - grow, 0), max(self.top - grow, 0)
        image[top : max(self.bottom + grow, 0), left : max(self.right + grow, 0)] = color


def draw_result(image: Image, result: Result | TrackRow, *, label: str | None = None) -> Image:
    """A copy of ``image`` with the box in the colour of its state, the score and the state.

    The box is dashed where the target is lost; where it lies outside the frame, an arrow at the
    border points to it.

    Args:
        image: RGB uint8 (H, W, 3), not changed.
        result: what to draw; a row without a box only gets its words.
        label: what to call the target; None says nothing.
    """
    canvas = np.ascontiguousarray(image).copy()
    color = STATE_COLORS.get(result.state, PALETTE[0]) if result.state else PALETTE[0]
    box = _box_of(result)
    words = [label or "", "given" if result.given else (result.state or "")]
    if box is None:
        words = [label or "", "absent"]
    elif result.score is not None and not result.given:
        words.append(f"{result.score:.2f}")
    text = " ".join(word for word in words if word)
    if box is not None:
        box = _draw_box(canvas, box, color=color, dashed=result.state == "lost")
    if text:
        _draw_label(canvas, text, beside=box, color=color)
    return canvas


def draw_comparison(image: Image, results: Mapping[str, Result | TrackRow | None]) -> Image:
    """A copy of ``image`` with several results, each in a colour of its own, and a legend.

    Args:
        image: RGB uint8 (H, W, 3), not changed.
        results: name to result, in the order of the legend; None where one says nothing of the
            frame. Lost boxes are dashed. The first is white and drawn last, over the others.
    """
    canvas = np.ascontiguousarray(image).copy()
    entries: list[tuple[str, Color]] = []
    boxes: list[BoxTuple] = []
    for number, (name, result) in enumerate(results.items()):
        entries.append((_legend_text(name, result), PALETTE[number % len(PALETTE)]))
    for (_, color), result in reversed(list(zip(entries, results.values(), strict=True))):
        box = None if result is None else _box_of(result)
        if result is not None and box is not None:
            _draw_box(canvas, box, color=color, dashed=result.state == "lost")
            boxes.append(box)
    if entries:
        _draw_legend(canvas, entries, boxes)
    return canvas


def draw_boxes(image: Image, boxes: Sequence[tuple[NDArray[np.float64], Color]]) -> Image:
    """A copy of ``image`` with boxes and no words; a later box lies over the earlier ones.

    Args:
        image: RGB uint8 (H, W, 3), not changed.
        boxes: x, y, w, h in pixels from 0, and a colour; one that is not finite is left out.
    """
    canvas = np.ascontiguousarray(image).copy()
    for box, color in boxes:
        if np.isfinite(box).all():
            x, y, w, h = (float(value) for value in box)
            _draw_box(canvas, (x, y, w, h), color=color, dashed=False)
    return canvas


def _box_of(result: Result | TrackRow) -> BoxTuple | None:
    if result.box is None or not np.isfinite(result.box).all():
        return None
    x, y, w, h = (float(value) for value in result.box)
    return x, y, w, h


def _legend_text(name: str, result: Result | TrackRow | None) -> str:
    if result is None or result.box is None:
        return f"{name}: absent"
    words = ["lost"] if result.state == "lost" else []
    if result.score is not None:
        words.append(f"{result.score:.2f}")
    return f"{name}: {' '.join(words)}" if words else name


def _line_width(image: Image) -> int:
    return max(1, round(0.18 * math.sqrt(min(image.shape[:2]))))


def _draw_box(image: Image, box: BoxTuple, *, color: Color, dashed: bool) -> BoxTuple:
    """Draw, and return the place that was drawn at: the box, or the arrow to one outside."""
    height, width = image.shape[:2]
    line = _line_width(image)
    x, y, w, h = box
    if x >= width or y >= height or x + w <= 0 or y + h <= 0:
        return _draw_arrow(image, (x + w / 2, y + h / 2), color=color)
    strips = _edges(box, width=width, height=height, line=line)
    if dashed:
        strips = [dash for strip in strips for dash in _dashes(strip, length=4 * line)]
    for strip in strips:
        strip.fill(image, BLACK, grow=max(1, line // 3))
    for strip in strips:
        strip.fill(image, color)
    return box


def _edges(box: BoxTuple, *, width: int, height: int, line: int) -> list[_Strip]:
    """The four sides, centred on the border of the box; sides far outside stay outside."""
    margin = 8 * line
    x, y, w, h = box
    left, right = (round(min(max(v, -margin), width + margin)) for v in (x, x + w))
    top, bottom = (round(min(max(v, -margin), height + margin)) for v in (y, y + h))
    half = line // 2
    left, top, right, bottom = left - half, top - half, right + half, bottom + half
    return [
        _Strip(left, top, right, top + line),
        _Strip(left, bottom - line, right, bottom),
        _Strip(left, top, left + line, bottom),
        _Strip(right - line, top, right, bottom),
    ]


def _dashes(strip: _Strip, *, length: int) -> list[_Strip]:
    """A strip cut into dashes of about ``length``, gaps alike; both ends are dashes."""
    along = strip.right - strip.left >= strip.bottom - strip.top
    start, stop = (strip.left, strip.right) if along else (strip.top, strip.bottom)
    num_gaps = max(round(((stop - start) / length - 1) / 2), 1)
    cuts = np.linspace(start, stop, 2 * num_gaps + 2).round().astype(int).tolist()
    pieces = list(zip(cuts[::2], cuts[1::2], strict=True))
    if along:
        return [_Strip(begin, strip.top, end, strip.bottom) for begin, end in pieces]
    return [_Strip(strip.left, begin, strip.right, end) for begin, end in pieces]


def _draw_arrow(image: Image, center_xy: tuple[float, float], *, color: Color) -> BoxTuple:
    """A triangle at the border of the frame, pointing to a place outside it; returns its box."""
    height, width = image.shape[:2]
    size = max(4.0, 0.1 * min(height, width))
    place = np.array(center_xy)
    edge = 1.0 + _line_width(image)
    tip = np.clip(place, edge, np.maximum([width - edge, height - edge], edge))
    toward = place - tip
    toward = toward / max(float(np.hypot(*toward)), 1e-9)
    side = np.array([-toward[1], toward[0]])
    base = tip - toward * size
    corners: NDArray[np.int32] = np.rint(
        [tip, base + side * size * 0.5, base - side * size * 0.5]
    ).astype(np.int32)
    cv2.fillConvexPoly(image, corners, color, cv2.LINE_AA)
    cv2.polylines(image, [corners], True, BLACK, _line_width(image) // 2 + 1, cv2.LINE_AA)
    x, y, w, h = cv2.boundingRect(corners)
    return x, y, w, h


def _draw_label(image: Image, text: str, *, beside: BoxTuple | None, color: Color) -> None:
    letters = lettering_for(image, text=text)
    height, width = image.shape[:2]
    size = letters.width(text) + 2 * letters.pad, letters.height
    left, top = (0, 0) if beside is None else _label_place(beside, size, width=width, height=height)
    _Strip(left, top, left + size[0], top + size[1]).fill(image, color)
    letters.write(image, text, left=left, top=top, color=contrast(color))


def _label_place(
    box: BoxTuple, size: tuple[int, int], *, width: int, height: int
) -> tuple[int, int]:
    """Above the box, else below it, else inside at its top; always within the frame."""
    gap = max(2, round(0.2 * min(width, height) ** 0.5))
    x, y, _, h = box
    above, below = y - size[1] - gap, y + h + gap
    if above >= 0:
        top = above
    elif below + size[1] <= height and below >= 0:
        top = below
    else:
        top = y + gap
    left = min(max(x - gap // 2, 0.0), max(width - size[0], 0))
    return round(left), round(min(max(top, 0.0), max(height - size[1], 0)))


def _draw_legend(
    image: Image, entries: Sequence[tuple[str, Color]], boxes: Sequence[BoxTuple]
) -> None:
    """Names beside their colours in the corner where they cover least of the boxes."""
    longest = max((text for text, _ in entries), key=len)
    letters = lettering_for(image, text="MM" + longest)
    swatch = letters.height
    size = (
        swatch + max(letters.width(text) for text, _ in entries) + 3 * letters.pad,
        letters.height * len(entries),
    )
    left, top = _legend_place(size, boxes, width=image.shape[1], height=image.shape[0])
    panel = image[top : top + size[1], left : left + size[0]]
    panel[:] = (panel * 0.3).astype(np.uint8)
    for number, (text, color) in enumerate(entries):
        row = top + number * letters.height
        pad = max(letters.pad, letters.height // 3)
        middle = row + letters.height // 2
        half = max(1, letters.height // 8)
        _Strip(left + pad // 2, middle - half, left + swatch, middle + half).fill(image, color)
        letters.write(image, text, left=left + swatch, top=row, color=WHITE)


def _legend_place(
    size: tuple[int, int], boxes: Sequence[BoxTuple], *, width: int, height: int
) -> tuple[int, int]:
    right, bottom = max(width - size[0], 0), max(height - size[1], 0)

    def covered(corner: tuple[int, int]) -> float:
        left, top = corner
        return sum(
            max(0.0, min(x + w, left + size[0]) - max(x, left))
            * max(0.0, min(y + h, top + size[1]) - max(y, top))
            for x, y, w, h in boxes
        )

    return min([(0, bottom), (right, bottom), (0, 0), (right, 0)], key=covered)
