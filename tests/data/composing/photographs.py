"""A small set of photographs with masks: coloured discs on striped ground, in the form of COCO."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

WIDTH, HEIGHT = 200, 150
RADIUS = 30
RED = (220, 30, 30)


def ground(number: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Stripes of greens and blues, of another width in every photograph."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    stripes = ((rows + 2 * columns) // (5 + number)) % 2
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[..., 1] = 90 + 70 * stripes
    picture[..., 2] = 160 - 90 * stripes
    return picture


def disc(center: tuple[float, float], *, radius: float = RADIUS, corners: int = 48) -> list[float]:
    angles = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    points = np.stack([center[0] + radius * np.cos(angles), center[1] + radius * np.sin(angles)], 1)
    return [round(float(value), 2) for value in points.reshape(-1)]


def write_photographs(
    root: Path,
    *,
    count: int = 6,
    licensed: bool = True,
    backgrounds: int = 0,
    without_mask: Sequence[int] = (),
) -> Path:
    """Photographs with one red disc each, ``a.json`` and ``SOURCES.md``."""
    (root / "photos").mkdir(parents=True, exist_ok=True)
    images, annotations = [], []
    for number in range(count):
        picture, center = ground(number), (80.0 + 5 * number, 70.0)
        polygon = disc(center)
        corners = np.array(polygon, np.float32).reshape(-1, 2).round().astype(np.int32)
        cv2.fillPoly(picture, [corners], RED)
        name = f"photos/{number}.png"
        cv2.imwrite(str(root / name), picture[..., ::-1])
        images.append(
            {
                "id": number,
                "file_name": name,
                "width": WIDTH,
                "height": HEIGHT,
                "source": "even" if number % 2 == 0 else "odd",
                "licensed": licensed,
            }
        )
        box = [center[0] - RADIUS, 70 - RADIUS, 2 * RADIUS, 2 * RADIUS]
        row = {"id": number, "image_id": number, "bbox": box, "category_id": 1, "iscrowd": 0}
        annotations.append(row if number in without_mask else {**row, "segmentation": [polygon]})
    content = {
        "images": images,
        "annotations": annotations,
        "categories": [{"id": 1, "name": "disc"}],
    }
    (root / "a.json").write_text(json.dumps(content))
    (root / "SOURCES.md").write_text(
        "# Origin\n\n| folder | images | licence, remarks |\n|---|---|---|\n"
        "| photos | 6 | CC0, drawn here |\n| backgrounds | 1 | MIT |\n"
    )
    for number in range(backgrounds):
        (root / "backgrounds").mkdir(exist_ok=True)
        cv2.imwrite(str(root / "backgrounds" / f"{number}.png"), ground(9 + number)[..., ::-1])
    return root
