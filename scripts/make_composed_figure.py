"""Make the picture of composed clips in the documentation: ``docs/images/composed.jpg``.

    python scripts/make_composed_figure.py --images ../shared/images

Only sources whose photographs have a permissive licence are used; the credits are printed.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from feathertrack.data.composing import Clip, ClipSettings, compose_clip, open_catalogue
from feathertrack.data.made_sets import write_jpeg
from feathertrack.errors import FeathertrackError
from feathertrack.video import Image
from feathertrack.video.drawing import draw_boxes

OUTPUT = Path(__file__).resolve().parent.parent / "docs" / "images" / "composed.jpg"
SOURCES = "caltech101_flat,caltech101_gc,cards,cartucho_map,raccoon"
CLIPS = "1,5,6,17,23,27"
SHOWN = (0, 1, 3, 5)
TILE_HEIGHT = 130
YELLOW = (255, 220, 0)


def main() -> int:
    """Compose the clips, join some frames of each, and print what they were made of."""
    parser = argparse.ArgumentParser(description="Make the picture of composed clips.")
    parser.add_argument("--images", type=Path, required=True, help="photographs with masks")
    parser.add_argument("--sources", default=SOURCES, help="whose photographs are used")
    parser.add_argument("--clips", default=CLIPS, help="numbers of the clips")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="a JPEG file")
    given = parser.parse_args()
    try:
        catalogue = open_catalogue(given.images, sources=given.sources.split(","))
        numbers = [int(word) for word in given.clips.split(",")]
        clips = [compose_clip(catalogue, ClipSettings(), number) for number in numbers]
    except (FeathertrackError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    save(given.output, sheet([strip(clip) for clip in clips]))
    used = {name for clip in clips for name in clip.pictures}
    known = {one.name: one for one in catalogue.pictures}
    for line in sorted({f"{known[name].source}: {known[name].licence}" for name in used}):
        print(line)
    return 0


def strip(clip: Clip) -> Image:
    """Some frames of a clip side by side, with the box of the target where there is one."""
    tiles = []
    for number in SHOWN:
        box = clip.boxes[number]
        boxes = [] if np.isnan(box[0]) else [(box, YELLOW)]
        drawn = draw_boxes(clip.frames[number], boxes)
        width = round(drawn.shape[1] * TILE_HEIGHT / drawn.shape[0])
        tiles.append(cv2.resize(drawn, (width, TILE_HEIGHT), interpolation=cv2.INTER_AREA))
    return np.concatenate(tiles, axis=1)


def sheet(strips: list[Image]) -> Image:
    """Strips in two columns, on white."""
    width = max(one.shape[1] for one in strips)
    wide = [
        np.pad(one, ((0, 6), (0, width + 6 - one.shape[1]), (0, 0)), constant_values=255)
        for one in strips
    ]
    rows = [np.concatenate(wide[n : n + 2], axis=1) for n in range(0, len(wide) - 1, 2)]
    return np.concatenate(rows, axis=0)


def save(path: Path, image: Image) -> None:
    """Write an RGB picture as JPEG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_jpeg(path, image, quality=78)


if __name__ == "__main__":
    sys.exit(main())
