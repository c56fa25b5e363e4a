"""Make the packaged demo clip: a space shuttle flies past a launch pad at dusk.

Needs scikit-image, of which only two public-domain photographs are read:

    pip install scikit-image
    python scripts/make_demo_clip.py

It writes ``clip.mp4`` and the true boxes, ``clip.csv``, into ``src/feathertrack/demo``, whose
``SOURCES.md`` says where the photographs come from. Nothing is left to chance: the same versions of
NumPy, OpenCV and FFmpeg write the same bytes.
"""

from __future__ import annotations

import argparse
import csv
import importlib.resources
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Picture = NDArray[np.float32]

WIDTH, HEIGHT, FPS, NUM_FRAMES = 480, 270, 25, 180
SEED = 20
SHUTTER = 0.6  # share of the frame's time during which the shutter is open
EXPOSURES = 7  # pictures that are averaged over that time: motion blur

# Outlines in pixels of the photographs, clockwise.
SHUTTLE = [
    (404, 1), (420, 0), (426, 4), (431, 13), (435, 26), (437, 46), (441, 42), (446, 42), (451, 50),
    (454, 62), (454, 208), (455, 222), (455, 232), (453, 238), (454, 248), (458, 262), (447, 268),
    (436, 263), (438, 250), (437, 236), (430, 231), (424, 238), (414, 238), (412, 249), (407, 252),
    (404, 266), (390, 262), (386, 252), (370, 271), (369, 262), (378, 229), (366, 229), (357, 226),
    (356, 214), (359, 206), (369, 195), (378, 183), (379, 112), (381, 94), (381, 66), (385, 54),
    (388, 43), (392, 50), (396, 62), (397, 40), (399, 24), (401, 10),
]  # fmt: skip
ROCKET = [
    (322, 127), (328, 133), (333, 147), (334, 176), (335, 184), (334, 250), (331, 260), (331, 406),
    (311, 406), (311, 260), (310, 184), (311, 176), (311, 147), (316, 133),
]  # fmt: skip

# Key frames, joined by smooth curves: time as a share of the clip, then the values.
# The shuttle: centre in pixels of the launch photograph, scale, degrees.
PATH = [
    (0.00, 120, 282, 0.70, -4), (0.14, 170, 230, 0.76, -9), (0.28, 235, 262, 0.86, 3),
    (0.40, 285, 246, 0.94, 9), (0.47, 322, 232, 1.00, 7), (0.54, 362, 222, 1.06, 2),
    (0.66, 430, 252, 1.18, -7), (0.76, 500, 205, 1.28, -10), (0.88, 440, 150, 1.36, -2),
    (1.00, 372, 128, 1.40, 6),
]  # fmt: skip
# The camera: centre in pixels of the launch photograph, zoom, degrees.
CAMERA = [
    (0.00, 214, 285, 1.12, 0.0), (0.20, 236, 270, 1.16, 1.2), (0.40, 290, 255, 1.20, -1.0),
    (0.60, 380, 240, 1.18, 0.8), (0.80, 440, 195, 1.14, -1.5), (1.00, 405, 165, 1.10, 0.5),
]  # fmt: skip
# The light: exposure, width of the lens blur in pixels.
LIGHT = [
    (0.0, 1.00, 0.4), (0.2, 0.80, 0.4), (0.35, 0.95, 1.2), (0.5, 1.25, 0.5), (0.7, 0.85, 0.4),
    (0.85, 1.10, 1.5), (1.0, 1.00, 0.5),
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The cut-outs: colours 0..1, (H, W, 3), and soft masks 0..1, (H, W)."""

    pad: Picture
    rocket_mask: Picture
    shuttle: Picture
    shuttle_mask: Picture


def load_scene() -> Scene:
    """Cut the shuttle out of one photograph and find the rocket of the other."""
    pad = _photograph("rocket.jpg")
    portrait = _photograph("astronaut.png")
    shrink = 0.5  # near the size at which it is drawn, so that drawing it does not alias
    top, bottom, left, right = 0, 280, 345, 470
    crop, mask = portrait[top:bottom, left:right], _mask(SHUTTLE, portrait)[top:bottom, left:right]
    dusk = np.array([0.86, 0.90, 1.0]) * np.linspace(1.0, 0.8, bottom)[:, None, None]
    size = (round(crop.shape[1] * shrink), round(crop.shape[0] * shrink))
    return Scene(
        pad=pad,
        rocket_mask=_mask(ROCKET, pad),
        shuttle=_as_picture(cv2.resize(crop * dusk, size, interpolation=cv2.INTER_AREA)),
        shuttle_mask=_as_picture(cv2.resize(mask, size, interpolation=cv2.INTER_AREA)),
    )


def _photograph(name: str) -> Picture:
    data = (importlib.resources.files("skimage.data") / name).read_bytes()
    bgr = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    return _as_picture(cv2.cvtColor(np.asarray(bgr), cv2.COLOR_BGR2RGB)) / np.float32(255)


def _mask(outline: list[tuple[int, int]], photograph: Picture) -> Picture:
    """One inside the outline and zero outside, soft over about two pixels."""
    mask = np.zeros(photograph.shape[:2], dtype=np.float32)
    cv2.fillPoly(mask, [np.array(outline, dtype=np.int32)], 1.0, lineType=cv2.LINE_8)
    mask = cv2.erode(mask, np.ones((3, 3), dtype=np.uint8))
    return _as_picture(cv2.GaussianBlur(mask, (0, 0), 0.8))


def _as_picture(array: object) -> Picture:
    return np.asarray(array, dtype=np.float32)


def curve(keys: Sequence[tuple[float, ...]], when: float) -> Floats:
    """Values of the key frames at a time 0..1, by a Catmull-Rom spline."""
    table = np.array(keys, dtype=np.float64)
    times, values = table[:, 0], table[:, 1:]
    slopes = np.gradient(values, times, axis=0)
    index = int(np.clip(np.searchsorted(times, when, side="right") - 1, 0, len(times) - 2))
    span = times[index + 1] - times[index]
    u = (when - times[index]) / span
    start, end = values[index], values[index + 1]
    pull, push = slopes[index] * span, slopes[index + 1] * span
    result: Floats = (
        (2 * u**3 - 3 * u**2 + 1) * start
        + (u**3 - 2 * u**2 + u) * pull
        + (3 * u**2 - 2 * u**3) * end
        + (u**3 - u**2) * push
    )
    return result


def placement(center: Floats, *, scale: float, degrees: float, anchor: Floats) -> Floats:
    """3x3 map that turns and scales about ``anchor`` and takes it to ``center``."""
    angle = np.deg2rad(degrees)
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = center - linear @ anchor
    return matrix


def expose(scene: Scene, when: float, shake: Floats) -> tuple[Picture, Picture]:
    """One instant: the picture, and the mask of the whole shuttle, hidden parts included."""
    *middle, zoom, roll = curve(CAMERA, when)
    camera = placement(
        np.array([WIDTH / 2, HEIGHT / 2]) + shake, scale=zoom, degrees=roll, anchor=np.array(middle)
    )
    *place, scale, turn = curve(PATH, when)
    height, width = scene.shuttle_mask.shape
    shuttle = camera @ placement(
        np.array(place), scale=0.78 * scale, degrees=turn, anchor=np.array([width / 2, height / 2])
    )
    picture = _warp(scene.pad, camera, border=cv2.BORDER_REFLECT)
    rocket = _warp(scene.rocket_mask, camera)
    mask = _warp(scene.shuttle_mask, shuttle)
    visible = (mask * (1 - rocket))[..., None]
    return picture * (1 - visible) + _warp(scene.shuttle, shuttle) * visible, mask


def _warp(picture: Picture, matrix: Floats, *, border: int = cv2.BORDER_CONSTANT) -> Picture:
    size = (WIDTH, HEIGHT)
    return _as_picture(cv2.warpAffine(picture, matrix[:2], size, borderMode=border))


def frames(scene: Scene) -> Iterator[tuple[NDArray[np.uint8], Floats]]:
    """Every frame, RGB uint8, with the true box x, y, w, h of the whole shuttle."""
    rng = np.random.default_rng(SEED)
    wobble = np.cumsum(rng.normal(0, 0.6, (NUM_FRAMES + 1, 2)), axis=0)
    wobble -= cv2.GaussianBlur(wobble, (1, 0), sigmaX=0.01, sigmaY=6)  # keep the fast part only
    for number in range(NUM_FRAMES):
        moments = np.linspace(-0.5, 0.5, EXPOSURES) * SHUTTER
        parts = []
        for moment in moments:
            when = float(np.clip((number + moment) / (NUM_FRAMES - 1), 0, 1))
            shake = wobble[number] + moment * (wobble[number + 1] - wobble[number])
            parts.append(expose(scene, when, shake))
        exposure, blur = curve(LIGHT, number / (NUM_FRAMES - 1))
        picture = np.mean([picture for picture, _ in parts], axis=0)
        picture = cv2.GaussianBlur(picture, (0, 0), float(blur)) * exposure
        grain = cv2.GaussianBlur(rng.normal(0, 0.022, picture.shape), (0, 0), 0.5)
        pixels = np.clip(np.rint((picture + grain) * 255), 0, 255).astype(np.uint8)
        yield pixels, _box(parts[EXPOSURES // 2][1])


def _box(mask: Picture) -> Floats:
    rows, columns = np.nonzero(mask > 0.5)
    left, top = columns.min(), rows.min()
    return np.array([left, top, columns.max() + 1 - left, rows.max() + 1 - top], dtype=np.float64)


def write(folder: Path) -> None:
    """Write the clip and its boxes; both appear complete or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    movie, table = folder / "clip.mp4", folder / "clip.csv"
    options = {"crf": "21", "preset": "slow", "threads": "1"}
    with (
        av.open(f"{movie}.part", "w", format="mp4", options={"movflags": "+faststart"}) as output,
        Path(f"{table}.part").open("w", newline="", encoding="utf-8") as file,
    ):
        stream = output.add_stream("libx264", rate=FPS, options=options)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["frame", "x", "y", "w", "h"])
        for number, (pixels, box) in enumerate(frames(load_scene())):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
            rows.writerow([number, *(int(value) for value in box)])
        output.mux(stream.encode(None))
    for path in (movie, table):
        path.with_name(f"{path.name}.part").replace(path)


def main() -> None:
    """Read the folder from the command line and write the clip there."""
    home = Path(__file__).resolve().parent.parent / "src" / "feathertrack" / "demo"
    parser = argparse.ArgumentParser(description="Make the packaged demo clip.")
    parser.add_argument("--folder", type=Path, default=home, help="where the two files go")
    write(parser.parse_args().folder)


if __name__ == "__main__":
    main()
