"""Outlines of objects: the polygons of a json file in COCO's form, checked, and what they suit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Polygon = NDArray[np.float32]

_MOST_POINTS = 20_000
_NEAR_BORDER = 2.5  # pixels; annotators stop that far from the border of the picture
_CUT_OFF = 0.1  # share of the outline's length, above which the object goes on outside
_SMALLEST_SIDE = 12.0  # pixels
_TARGET_SIDE = 28.0  # pixels; smaller ones are only good for crowds
_THIN = 0.25  # share of its box that an object fills: below are wires, ropes and frames
_LONGEST = 4.0  # the longer side of a target by its shorter one


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Outline:
    """One object of a photograph.

    Attributes:
        name: of its annotation.
        picture: number of the photograph in the catalogue.
        category: what it is, "" where nobody says.
        polygons: float32 (n, 2) each, x and y of corners in pixels of the photograph.
        suits_target: whole, compact and large enough to be followed; others may hide targets.
    """

    name: str
    picture: int
    category: str
    polygons: tuple[Polygon, ...]
    suits_target: bool

    @property
    def box(self) -> tuple[float, float, float, float]:
        """x, y, w, h around all polygons."""
        points = np.concatenate(self.polygons)
        (left, top), (right, bottom) = points.min(0).tolist(), points.max(0).tolist()
        return left, top, right - left, bottom - top


def polygons_of(value: object, *, width: int, height: int) -> tuple[Polygon, ...]:
    """The polygons that ``segmentation`` of an annotation holds, cut off at the picture's border.

    Run lengths, which COCO uses for crowds, and polygons of fewer than three corners are none.

    >>> polygons_of([[0, 0, 9, 0, 9, 99]], width=20, height=10)[0].tolist()
    [[0.0, 0.0], [9.0, 0.0], [9.0, 10.0]]
    """
    if not isinstance(value, list):
        return ()
    found = []
    for one in value:
        if not isinstance(one, list) or not 6 <= len(one) <= _MOST_POINTS or len(one) % 2:
            continue
        if not all(isinstance(number, int | float) and abs(number) < 1e6 for number in one):
            continue
        points = np.array(one, np.float32).reshape(-1, 2)
        found.append(np.clip(points, 0, np.array([width, height], np.float32)))
    return tuple(found)


def area(polygons: Sequence[Polygon]) -> float:
    """Pixels inside, as if no two of the polygons lay on each other.

    >>> area([np.array([[0, 0], [4, 0], [4, 3]], np.float32)])
    6.0
    """
    return float(sum(abs(_twice_area(points)) for points in polygons) / 2)


def _twice_area(points: Polygon) -> float:
    after = np.roll(points, -1, axis=0)
    return float((points[:, 0] * after[:, 1] - points[:, 1] * after[:, 0]).sum())


def can_be_cut_out(polygons: Sequence[Polygon]) -> bool:
    """Whether something is left of an object when its edges are softened."""
    sides = np.ptp(np.concatenate(polygons), axis=0)
    return bool(sides.min() >= _SMALLEST_SIDE and area(polygons) >= _SMALLEST_SIDE**2)


def suits_target(polygons: Sequence[Polygon], *, width: int, height: int) -> bool:
    """Whether an object is whole, compact and large enough to be followed."""
    points = np.concatenate(polygons)
    sides = np.ptp(points, axis=0)
    box_area = float(sides.prod())
    if box_area < _TARGET_SIDE**2 or sides.max() > _LONGEST * sides.min():
        return False
    if area(polygons) < _THIN * box_area:
        return False
    return border_share(polygons, width=width, height=height) < _CUT_OFF


def border_share(polygons: Sequence[Polygon], *, width: int, height: int) -> float:
    """Share of the length of an outline that runs along the border of its picture."""
    along = total = 0.0
    for points in polygons:
        after = np.roll(points, -1, axis=0)
        lengths = np.linalg.norm(after - points, axis=1)
        edges = np.zeros(len(points), np.bool_)
        for axis, size in ((0, width), (1, height)):
            for line in (0, size):
                near = np.abs(points[:, axis] - line) <= _NEAR_BORDER
                edges |= near & (np.abs(after[:, axis] - line) <= _NEAR_BORDER)
        along += float(lengths[edges].sum())
        total += float(lengths.sum())
    return along / total if total else 1.0
