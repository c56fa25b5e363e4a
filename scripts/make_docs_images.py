"""Make the pictures of the documentation from the packaged clip: ``docs/images``.

python scripts/make_docs_images.py --tracker default
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np

import feathertrack as ft
from feathertrack.cli._pixel_grid import pixel_grid
from feathertrack.demo import clip_boxes, clip_path
from feathertrack.tracking import follow
from feathertrack.video import Image, draw_result

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
STILL = 40
SHOWN = (60, 84, 130)  # in the open, behind the rocket, in the open again


def main() -> None:
    """Track the clip and join three of its frames side by side; draw a grid over a fourth."""
    parser = argparse.ArgumentParser(description="Make the pictures of the documentation.")
    parser.add_argument("--tracker", default="default", help="as in feathertrack track")
    tracker = ft.create_tracker(parser.parse_args().tracker)
    IMAGES.mkdir(parents=True, exist_ok=True)
    drawn = []
    with ft.open_source(clip_path()) as source:
        for frame, result in follow(source, tracker, box=clip_boxes()[0]):
            if frame.index in SHOWN and result is not None:
                drawn.append(draw_result(frame.image, result))
            if frame.index == STILL:
                save("still.jpg", pixel_grid(frame.image)[0], quality=75)
    save("demo.jpg", np.concatenate(drawn, axis=1), quality=90)


def save(name: str, image: Image, *, quality: int) -> None:
    """Write an RGB picture as JPEG."""
    _, encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    (IMAGES / name).write_bytes(encoded.tobytes())


if __name__ == "__main__":
    main()
